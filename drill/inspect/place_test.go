package inspect_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/inspect"
)

// The lines in which statements end are those that psql 13 to 18 reports for errors.
func TestPlaceOf(t *testing.T) {
	lines := func(l ...string) string { return strings.Join(l, "\n") + "\n" }
	long := strings.Repeat("x", 300_000)
	for _, c := range []struct {
		name, dump string
		line, row  int64
		want       inspect.Place
		unknown    bool
	}{
		{name: "a function of several lines", dump: lines("select 1;", "", "-- CREATE", "CREATE FUNCTION f()", " AS $$", "select ';'", "$$;", "select 2;"), line: 7, want: inspect.Place{Begins: 4}},
		{name: "the only line", dump: "select 1/0;", line: 1, want: inspect.Place{Begins: 1}},
		{name: "behind a byte order mark", dump: "\ufeffselect\n1/0;", line: 2, want: inspect.Place{Begins: 1}},
		{name: "behind another on its line", dump: lines("select 1; select", "1/0;"), line: 2, want: inspect.Place{Begins: 1}},
		{name: "two on one line", dump: lines("select 1;", "select 1; select 1/0;"), line: 2, want: inspect.Place{Begins: 2}},
		{name: "two that end on one line", dump: lines("select", "1; select 1/0;"), line: 2, unknown: true},
		{name: "carriage returns", dump: "select 1;\r\n\r\nselect\r\n1/0;\r\n", line: 4, want: inspect.Place{Begins: 3}},
		{name: "cut by the end of the file", dump: lines("select 1;", "select", "1/0", ""), line: 4, want: inspect.Place{Begins: 2}},
		{name: "a line in which nothing ends", dump: lines("select 1;", "", "select 2;"), line: 2, unknown: true},
		{name: "a line behind the dump", dump: lines("select 1;"), line: 9, unknown: true},
		{name: "behind a hostile command", dump: lines(`\! id`, "select 1;"), line: 2, unknown: true},
		{name: "a row", dump: lines("select 1;", "COPY t (a) FROM stdin;", "1", "2", "3", `\.`, "select 2;"), line: 6, row: 2, want: inspect.Place{Begins: 2, Row: 4}},
		{name: "the last row", dump: lines("COPY t (a) FROM stdin;", "1", "2", `\.`), line: 4, row: 2, want: inspect.Place{Begins: 1, Row: 3}},
		{name: "a row that is not there", dump: lines("COPY t (a) FROM stdin;", "1", "2", `\.`), line: 4, row: 3, want: inspect.Place{Begins: 1}},
		{name: "a row of the second of two", dump: lines("COPY t (a) FROM stdin;", "1", `\.`, "COPY u FROM stdin;", "1", "2", `\.`), line: 7, row: 2, want: inspect.Place{Begins: 4, Row: 6}},
		{name: "the end of a COPY", dump: lines("COPY t (a) FROM stdin;", "1", `\.`, "select 1;"), line: 4, row: 1, want: inspect.Place{Begins: 4}},
		{name: "behind rows longer than any buffer", dump: lines("COPY t (a) FROM stdin;", long, long, "bob", `\.`), line: 5, row: 3, want: inspect.Place{Begins: 1, Row: 4}},
		{name: "behind rows with hidden line ends", dump: lines("COPY t (a) FROM stdin;", `a\`, `b\\`, `c\\\`, long+`\`, "d", "e", `\.`), line: 8, row: 3, want: inspect.Place{Begins: 1, Row: 7}},
		{name: "an end marker behind a hidden line end", dump: lines("COPY t (a) FROM stdin;", `a\`, `\.`, "select 1;"), line: 3, row: 1, want: inspect.Place{Begins: 1, Row: 2}},
		{name: "CSV", dump: lines("COPY t FROM stdin WITH (FORMAT csv);", `"a\`, `b",1`, "x,y", `\.`), line: 5, row: 3, want: inspect.Place{Begins: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := inspect.PlaceOf(context.Background(), strings.NewReader(c.dump), c.line, c.row)
			if ok == c.unknown || ok && got != c.want {
				t.Errorf("got %+v, %t; want %+v", got, ok, c.want)
			}
		})
	}
}

// Every row and every statement of real dumps is found.
func TestPlaceOfRowsOfRealDumps(t *testing.T) {
	for _, name := range []string{"plain-13.sql", "plain-18.sql", "root-18.sql"} {
		content := load(t, name)
		var copies, begins int64
		for i, line := range strings.Split(string(content), "\n") {
			number := int64(i + 1)
			switch {
			case strings.HasPrefix(line, "COPY ") && strings.HasSuffix(line, "FROM stdin;"):
				begins = number
			case line == `\.` && begins > 0:
				place, ok := inspect.PlaceOf(context.Background(), bytes.NewReader(content), number, 1)
				want := inspect.Place{Begins: begins}
				if number > begins+1 {
					want.Row = begins + 1
				}
				if !ok || place != want {
					t.Errorf("%s: COPY of line %d: %+v, %t, want %+v", name, begins, place, ok, want)
				}
				copies, begins = copies+1, 0
			}
		}
		if copies == 0 {
			t.Errorf("%s has no COPY", name)
		}
	}
}

func TestSubject(t *testing.T) {
	for sql, want := range map[string]string{
		"COPY public.t (a, b) FROM stdin;":   "public.t",
		`COPY "Odd S"."T,b" (a) FROM stdin;`: `"Odd S"."T,b"`,
		"COPY t FROM stdin":                  "t",
		"-- a comment\nCREATE FUNCTION public.f(a int) RETURNS int\n AS $$ sele":        "public.f",
		"CREATE OR REPLACE PROCEDURE s.p() LANGUAGE sql BEGIN ATOMIC SELECT 1; END;":    "s.p",
		"CREATE TABLE public.orders (id integer);":                                      "public.orders",
		"CREATE UNLOGGED TABLE IF NOT EXISTS public.\"Qu\"\"ote\" (id integer);":        `public."Qu""ote"`,
		"CREATE UNIQUE INDEX i ON ONLY s.t USING btree (a);":                            "s.i",
		"CREATE INDEX ON s.t (a);":                                                      "s.t",
		"CREATE MATERIALIZED VIEW public.v AS SELECT 1":                                 "public.v",
		"CREATE TRIGGER x BEFORE INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION f()":  "public.t",
		"CREATE CONSTRAINT TRIGGER x AFTER INSERT ON public.t":                          "public.t",
		"CREATE POLICY p ON public.t USING (true);":                                     "public.t",
		"CREATE RULE r AS ON DELETE TO public.t DO INSTEAD NOTHING":                     "public.t",
		"CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;":                    "pg_trgm",
		"CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION public.f();":        "e",
		"CREATE SERVER s FOREIGN DATA WRAPPER w":                                        "s",
		"CREATE CAST (a AS b) WITHOUT FUNCTION":                                         "",
		"CREATE ROLE bob":                                                               "",
		"ALTER TABLE ONLY public.c ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES p(a);":   "public.c",
		"ALTER TABLE IF EXISTS ONLY public.c OWNER TO o;":                               "public.c",
		"ALTER DEFAULT PRIVILEGES FOR ROLE a GRANT SELECT ON TABLES TO b":               "",
		"ALTER FUNCTION public.f(integer) OWNER TO o;":                                  "public.f",
		"ALTER DATABASE shop SET search_path = a":                                       "shop",
		"REFRESH MATERIALIZED VIEW public.v;":                                           "public.v",
		"INSERT INTO public.t VALUES (1, 'bob');":                                       "public.t",
		"GRANT SELECT ON TABLE public.t TO bob;":                                        "public.t",
		"GRANT SELECT ON public.t TO bob;":                                              "public.t",
		"REVOKE ALL ON FUNCTION public.f(integer) FROM PUBLIC;\nGRANT ALL ON FUNCTION ": "public.f",
		"GRANT SELECT ON ALL TABLES IN SCHEMA public TO bob":                            "",
		"GRANT admin TO bob":                                                            "",
		"COMMENT ON COLUMN public.t.a IS 'bob';":                                        "public.t",
		"COMMENT ON CONSTRAINT c ON public.t IS 'bob';":                                 "public.t",
		"COMMENT ON EXTENSION plpgsql IS 'bob';":                                        "plpgsql",
		"SELECT pg_catalog.setval('public.\"T_id_seq\"', 17, true);":                    `public."T_id_seq"`,
		"SELECT pg_catalog.set_config('search_path', '', false);":                       "",
		"SET transaction_timeout = 0;":                                                  "",
		"select 1/0":                                                                    "",
		"17\tbob\tbob@example.com":                                                      "",
		"do $$ begin raise 'bob'; end $$":                                               "",
		"CREATE TABLE \"new\nline\" (":                                                  `"new?line"`,
		"":                                                                              "",
	} {
		if got := inspect.Subject(sql); got != want {
			t.Errorf("%s\n got %q\nwant %q", sql, got, want)
		}
	}
	if got := inspect.Subject("COPY " + strings.Repeat("x", 1<<20)); len(got) > 200 {
		t.Errorf("a name of %d bytes", len(got))
	}
}

func TestBlockOf(t *testing.T) {
	for _, name := range []string{"custom-13.dump", "custom-15.dump", "custom-18.dump", "level0-13.dump", "lz4-18.dump"} {
		content := load(t, name)
		for _, table := range []string{"sales.orders", "public.users"} {
			statement := copyOf(t, content, table)
			at := inspect.BlockOf(context.Background(), bytes.NewReader(content), statement)
			if at <= 0 || at >= int64(len(content)) || content[at] != 1 { // a block of rows begins with its kind
				t.Fatalf("%s: the rows of %s begin at %d", name, table, at)
			}
		}
		if at := inspect.BlockOf(context.Background(), bytes.NewReader(content), "COPY public.nothing FROM stdin;"); at != 0 {
			t.Errorf("%s: a table that it does not contain is at %d", name, at)
		}
	}
	for _, name := range []string{"root-17.dump", "plain-15.sql", "tar-15.tar"} {
		content := load(t, name)
		if at := inspect.BlockOf(context.Background(), bytes.NewReader(content), copyOf(t, content, "public.events")); at != 0 && name != "root-17.dump" {
			t.Errorf("%s: %d", name, at)
		}
	}
}

// copyOf returns the COPY statement of a table as stored in the archive.
func copyOf(t *testing.T, content []byte, table string) string {
	t.Helper()
	i := bytes.Index(content, []byte("COPY "+table+" "))
	if i < 0 {
		return "COPY " + table
	}
	return string(content[i : i+bytes.IndexByte(content[i:], ';')+1])
}

func TestBlockOfStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	content := slices.Clone(load(t, "custom-15.dump"))
	if at := inspect.BlockOf(ctx, bytes.NewReader(content), copyOf(t, content, "public.users")); at != 0 {
		t.Errorf("got %d", at)
	}
}

// A place is always within the lines that psql has read.
func FuzzPlaceOf(f *testing.F) {
	for _, file := range dumps(f) {
		f.Add(load(f, file), int64(40), int64(2))
	}
	f.Add([]byte("COPY t FROM stdin;\na\\\nb\n\\.\nselect\n1;"), int64(4), int64(1))
	f.Fuzz(func(t *testing.T, dump []byte, line, row int64) {
		ctx := context.Background()
		place, ok := inspect.PlaceOf(ctx, bytes.NewReader(dump), line, row)
		if ok && (place.Begins < 1 || place.Begins > line || place.Row != 0 && (place.Row <= place.Begins || place.Row >= line)) {
			t.Errorf("line %d, row %d: %+v", line, row, place)
		}
		if at := inspect.BlockOf(ctx, bytes.NewReader(dump), "COPY public.users (id, email, note) FROM stdin;"); at < 0 || at > int64(len(dump)) {
			t.Errorf("a block at byte %d of %d", at, len(dump))
		}
		if subject := inspect.Subject(string(dump)); strings.ContainsAny(subject, "\n\x1b") || len(subject) > 1000 {
			t.Errorf("subject %q", subject)
		}
	})
}
