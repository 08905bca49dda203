package inspect

import (
	"fmt"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/layers"
)

// head and tail are the frame of a dump.
const (
	outlineHead = "--\n-- PostgreSQL database dump\n--\n\nSET standard_conforming_strings = on;\nSELECT pg_catalog.set_config('search_path', '', false);\n"
	outlineTail = "--\n-- PostgreSQL database dump complete\n--\n\n"
	outlineBody = `CREATE TABLE public.a (id integer, note text);
CREATE TABLE public.b (id integer, a integer);
CREATE TABLE public.p (id integer) PARTITION BY RANGE (id);
COPY public.a (id, note) FROM stdin;
1	one; two
2	\\.
\.
COPY public.b (id, a) FROM stdin;
\.
COPY public.b (id, a) FROM stdin;
1	1
\.
COPY public.p (id) FROM stdin;
\.
SELECT pg_catalog.setval('public.s', 1, true);
ALTER TABLE ONLY public.a ADD CONSTRAINT a_pkey PRIMARY KEY (id);
SET default_tablespace = fast;
CREATE INDEX a_note ON public.a USING btree (note);
CREATE UNIQUE INDEX b_call ON public.b USING btree (public.shout(id)) WHERE (a > 0);
CREATE INDEX p_id ON ONLY public.p USING btree (id);
CREATE INDEX other ON public.elsewhere USING btree (id);
ALTER TABLE ONLY public.b ADD CONSTRAINT b_fk FOREIGN KEY (a) REFERENCES public.a(id);
ALTER TABLE ONLY public.b ADD CONSTRAINT b_p FOREIGN KEY (a) REFERENCES public.p(id);
ALTER TABLE ONLY public.b ADD CONSTRAINT b_check CHECK ((a > 0)) NOT VALID;
`
)

// TestOutline finds the rows and the builds of a dump, wherever a buffer of the reader ends.
func TestOutline(t *testing.T) {
	dump := outlineHead + outlineBody + outlineTail
	c, err := Scan(t.Context(), iotest.OneByteReader(strings.NewReader(dump)), layers.Opener{})
	if err != nil || c.Source.Outline == nil {
		t.Fatalf("%v: %s", err, c.Source.NoOutline)
	}
	var got []string
	cut := func(s Span) string { return dump[s.At : s.At+s.Size] }
	for _, r := range c.Source.Outline.Rows {
		got = append(got, fmt.Sprintf("rows %s fresh=%t spreads=%t %q", r.Table.Name, r.Fresh, r.Spreads, cut(r.Data)))
		if !strings.HasPrefix(cut(r.Statement), "COPY") || !strings.HasSuffix(dump[:r.End], "\n\\.\n") {
			t.Errorf("%q ends with %q", cut(r.Statement), dump[r.Data.At:r.End])
		}
	}
	for _, b := range c.Source.Outline.Builds {
		got = append(got, fmt.Sprintf("%d %s %s tablespace=%q", b.Kind, b.Table.Name, b.Refers.Name, b.Tablespace))
		if cut(b.Statement) != b.SQL {
			t.Errorf("%q is not %q", b.SQL, cut(b.Statement))
		}
	}
	want := []string{
		`rows a fresh=true spreads=false "1\tone; two\n2\t\\\\.\n"`,
		`rows b fresh=false spreads=false ""`,
		`rows b fresh=false spreads=false "1\t1\n"`,
		`rows p fresh=false spreads=true ""`,
		`1 a  tablespace=""`,
		`0 a  tablespace="fast"`,
		`2 b a tablespace="fast"`,
		`2 b p tablespace="fast"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if c.Source.Outline.InOrder {
		t.Error("InOrder without a function")
	}
}

// TestNoOutline names what keeps a dump from being loaded over several sessions.
func TestNoOutline(t *testing.T) {
	for name, c := range map[string]struct{ more, why string }{
		"a DO block":            {"DO $$ begin end $$;", "it contains what pg_dump never writes: DO"},
		"a role":                {"SET SESSION AUTHORIZATION 'app';", "it changes the role of its session"},
		"an old pg_dump":        {"SET search_path = public, pg_catalog;", "an old pg_dump made it, which writes names without their schemas"},
		"strings":               {"SET standard_conforming_strings = off;", "standard_conforming_strings is off"},
		"another format":        {"COPY public.c FROM stdin WITH (FORMAT csv);\n1\n\\.\n", "a COPY has another format than that of pg_dump"},
		"a transaction":         {"BEGIN;", "it begins a transaction"},
		"a subscription":        {"CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p WITH (connect = false, slot_name = 's');", "it changes more than its database"},
		"another database":      {"CREATE DATABASE x;\n\\connect x\n", "it changes more than its database"},
		"an encoding":           {"COPY public.z FROM stdin;\n\\.\nSET client_encoding = 'LATIN1';", "it changes the settings of its session after the first rows"},
		"a search path":         {"COPY public.z FROM stdin;\n\\.\nSELECT pg_catalog.set_config('search_path', 'public', false);", "it changes the settings of its session after the first rows"},
		"letters of a language": {"COMMENT ON TABLE public.a IS 'café';\nCREATE VIEW public.v AS SELECT 'C:\\' AS a;", ""},
		"rows of a second dump": {outlineTail + outlineHead, "it is not one dump of pg_dump"},
	} {
		t.Run(name, func(t *testing.T) {
			got, _ := Scan(t.Context(), strings.NewReader(outlineHead+c.more+outlineBody+outlineTail), layers.Opener{})
			if got.Source.NoOutline != c.why || (got.Source.Outline == nil) != (c.why != "") {
				t.Errorf("got %q, want %q", got.Source.NoOutline, c.why)
			}
		})
	}
	for _, late := range []string{"ALTER TABLE public.a RENAME COLUMN id TO key;", "CREATE INDEX i ON public.a USING btree (id);"} {
		got, _ := Scan(t.Context(), strings.NewReader(outlineHead+outlineBody+late+"COPY public.a (id, note) FROM stdin;\n\\.\n"+outlineTail), layers.Opener{})
		if got.Source.NoOutline != "rows come after statements that need all rows" {
			t.Errorf("rows after %s: %q", late, got.Source.NoOutline)
		}
	}
	got, _ := Scan(t.Context(), strings.NewReader(outlineHead+"CREATE TABLE public.t ();\n"+outlineTail), layers.Opener{})
	if got.Source.NoOutline != "it has no COPY" {
		t.Errorf("without rows: %q", got.Source.NoOutline)
	}
}

// TestRowsInOrder finds expressions that may read the rows before.
func TestRowsInOrder(t *testing.T) {
	for sql, want := range map[string]bool{
		"CREATE TABLE public.t (a integer, CONSTRAINT c CHECK ((a > 0)));":                                        false,
		"CREATE TABLE public.t (a public.geometry(Point,4326) DEFAULT public.f());":                               false,
		"CREATE TABLE public.t (a integer, CONSTRAINT c CHECK (public.known(a)));":                                true,
		"CREATE TABLE public.t (a integer, b integer GENERATED ALWAYS AS (public.f(a)) STORED);":                  true,
		"CREATE TABLE public.t (a integer, CONSTRAINT c CHECK ((pg_catalog.length('') > 0)));":                    false,
		"ALTER TABLE ONLY public.a ADD CONSTRAINT c CHECK (public.known(id)) NOT VALID;":                          true,
		"ALTER TABLE public.a ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME public.s CACHE 1);": false,
		"CREATE TABLE public.t (a integer, CONSTRAINT c CHECK ((OPERATOR(public.?) a)));":                         true,
		"CREATE TABLE public.t (a integer, CONSTRAINT c CHECK (((a)::public.w IS NOT NULL)));":                    true,
		"CREATE TABLE public.t (a integer) PARTITION BY LIST (public.known(a));":                                  true,
		"CREATE TABLE public.t (a integer) PARTITION BY LIST (a);":                                                false,
		"CREATE DOMAIN public.d AS text CONSTRAINT c CHECK (public.valid(VALUE));":                                true,
		"CREATE CAST (public.d AS integer) WITH FUNCTION public.f(public.d);":                                     true,
		"CREATE CAST (public.d AS integer) WITHOUT FUNCTION;":                                                     false,
		"CREATE DOMAIN public.d AS character varying(10);":                                                        false,
		"CREATE VIEW public.v AS SELECT public.f(1);":                                                             false,
	} {
		checkInOrder(t, sql, want)
	}
}

// TestRowsOfEnums knows that a cast to an enum reads no rows.
func TestRowsOfEnums(t *testing.T) {
	for sql, want := range map[string]bool{
		"CREATE TABLE public.t (a public.e, CONSTRAINT c CHECK ((a = ANY (ARRAY['x'::public.e]))));": false,
		"CREATE TABLE public.t (a text, CONSTRAINT c CHECK ((public.e(a) = 'x'::public.e)));":        true,
		"CREATE TABLE public.t (a text, CONSTRAINT c CHECK ((a = 'x'::public.\"E\")));":              true,
		"CREATE TABLE public.t (a text, CONSTRAINT c CHECK ((a = 'x'::other.e)));":                   true,
		"CREATE CAST (text AS public.e) WITH FUNCTION public.f(text);":                               true,
	} {
		checkInOrder(t, "CREATE TYPE public.e AS ENUM ('x');\nCREATE TYPE public.\"E\" AS (x integer);\n"+sql, want)
	}
}

func checkInOrder(t *testing.T, sql string, want bool) {
	t.Helper()
	dump := outlineHead + "CREATE TABLE public.a (id integer);\n" + sql + "\nCOPY public.a (id) FROM stdin;\n\\.\n" + outlineTail
	c, err := Scan(t.Context(), strings.NewReader(dump), layers.Opener{})
	if err != nil || c.Source.Outline == nil || c.Source.Outline.InOrder != want {
		t.Errorf("%s: want %t, got %+v (%v, %s)", sql, want, c.Source.Outline, err, c.Source.NoOutline)
	}
}

// TestOvertaking lets a build begin early only if no statement in front of it may change its
// table.
func TestOvertaking(t *testing.T) {
	for between, want := range map[string]int{
		"":                                  4,
		"COMMENT ON TABLE public.a IS 'x';": 4,
		"ALTER TABLE ONLY public.a CLUSTER ON a_pkey;":                                                      4,
		"ALTER TABLE ONLY public.p ADD CONSTRAINT p_pkey PRIMARY KEY (id);":                                 4,
		"ALTER INDEX public.i ATTACH PARTITION public.j;":                                                   4,
		"ALTER TABLE ONLY public.a ALTER COLUMN note SET STATISTICS 10;":                                    4,
		"ALTER TABLE public.a RENAME COLUMN note TO text;":                                                  2,
		"ALTER TABLE ONLY public.a ALTER COLUMN note TYPE character varying;":                               2,
		"CREATE TRIGGER t BEFORE INSERT ON public.a EXECUTE FUNCTION public.f();":                           2,
		"ALTER TABLE public.a ADD CONSTRAINT c CHECK ((id > 0)), ALTER COLUMN note TYPE character varying;": 2,
		"TRUNCATE public.a;": 0, // pg_dump never writes it
		"CREATE INDEX a_text ON public.a USING btree (((id)::text));": 5,
	} {
		const first = "SELECT pg_catalog.setval('public.s', 1, true);\n"
		dump := outlineHead + strings.Replace(outlineBody, first, first+between+"\n", 1) + outlineTail
		c, err := Scan(t.Context(), strings.NewReader(dump), layers.Opener{})
		got := 0
		if c.Source.Outline != nil {
			got = len(c.Source.Outline.Builds)
		}
		if got != want {
			t.Errorf("after %q: %d builds, want %d (%v, %s)", between, got, want, err, c.Source.NoOutline)
		}
	}
}

// TestForeignKeysBehindOtherKeys keeps a foreign key in its place if the first foreign key is followed by a key
// that the main session adds: it may refer to that key.
func TestForeignKeysBehindOtherKeys(t *testing.T) {
	const first = "ALTER TABLE ONLY public.b ADD CONSTRAINT b_fk FOREIGN KEY (a) REFERENCES public.a(id);\n"
	for between, want := range map[string]int{
		"": 4,
		"ALTER TABLE ONLY public.a ADD CONSTRAINT a_note UNIQUE (note);":       5,
		"ALTER TABLE ONLY public.p ADD CONSTRAINT p_pkey PRIMARY KEY (id);":    3,
		"CREATE UNIQUE INDEX p_key ON ONLY public.p USING btree (id);":         3,
		"ALTER INDEX public.p_pkey ATTACH PARTITION public.p1_pkey;":           3,
		"ALTER TABLE ONLY public.b ADD CONSTRAINT b_id CHECK ((id > 0));":      4,
		"COMMENT ON CONSTRAINT b_fk ON public.b IS 'the unique primary key.';": 4,
	} {
		dump := outlineHead + strings.Replace(outlineBody, first, first+between+"\n", 1) + outlineTail
		c, err := Scan(t.Context(), strings.NewReader(dump), layers.Opener{})
		if err != nil || len(c.Source.Outline.Builds) != want {
			t.Errorf("after %q: %v: want %d builds, got %+v", between, err, want, c.Source.Outline)
		}
	}
}

// TestIndexBehindForeignKeys keeps an index in its place if a statement in front of it may change its table, also if
// a foreign key is between them: pg_dump writes none behind foreign keys, but a person may.
func TestIndexBehindForeignKeys(t *testing.T) {
	const drop, index = "ALTER TABLE public.a DROP COLUMN note;\n", "CREATE INDEX late ON public.a USING btree (note);\n"
	for name, c := range map[string]struct {
		body string
		want int
	}{
		"nothing changes":             {outlineBody + index, 5},
		"changed behind foreign keys": {outlineBody + drop + index, 4},
		"changed before foreign keys": {strings.Replace(outlineBody, "ALTER TABLE ONLY public.b", drop+"ALTER TABLE ONLY public.b", 1) + index, 4},
	} {
		found, err := Scan(t.Context(), strings.NewReader(outlineHead+c.body+outlineTail), layers.Opener{})
		if err != nil || len(found.Source.Outline.Builds) != c.want {
			t.Errorf("%s: %v: want %d builds, got %+v", name, err, c.want, found.Source.Outline)
		}
	}
}

// TestNoIndexOvertakesACast keeps an index in its place if it has a cast, and the dump creates casts
// that call a function: it may read other tables.
func TestNoIndexOvertakesACast(t *testing.T) {
	body := "CREATE CAST (public.color AS integer) WITH FUNCTION public.rank(public.color);\n" + outlineBody +
		"CREATE INDEX a_rank ON public.a USING btree (((note)::integer));\n"
	c, err := Scan(t.Context(), strings.NewReader(outlineHead+body+outlineTail), layers.Opener{})
	if err != nil || len(c.Source.Outline.Builds) != 4 {
		t.Errorf("%v: %+v", err, c.Source.Outline)
	}
}

// TestIndexesWithACast builds an index with a cast to a type of the dump early if the type is an
// enum. The input function of another type may read tables.
func TestIndexesWithACast(t *testing.T) {
	for create, want := range map[string]int{"AS ENUM ('x', 'y')": 5, "AS (x integer)": 4} {
		body := "CREATE TYPE public.kind " + create + ";\n" + outlineBody +
			"CREATE INDEX a_kind ON public.a USING btree (id) WHERE (note = ANY (ARRAY['x'::public.kind, 'y'::public.kind]));\n"
		c, err := Scan(t.Context(), strings.NewReader(outlineHead+body+outlineTail), layers.Opener{})
		if err != nil || len(c.Source.Outline.Builds) != want {
			t.Errorf("%s: %v: want %d builds, got %+v", create, err, want, c.Source.Outline)
		}
	}
}

// TestForeignKeys says which foreign keys may run beside others, which can be checked later, and which take turns.
func TestForeignKeys(t *testing.T) {
	const tables = `CREATE TABLE public.u (id integer);
CREATE TABLE public.p (id integer, u integer) PARTITION BY RANGE (id);
CREATE TABLE public.p1 (id integer, u integer) PARTITION BY RANGE (id);
ALTER TABLE ONLY public.p ATTACH PARTITION public.p1 FOR VALUES FROM (1) TO (9);
CREATE TABLE public.p2 (id integer, u integer);
ALTER TABLE ONLY public.p1 ATTACH PARTITION public.p2 FOR VALUES FROM (1) TO (9);
CREATE TABLE public.p3 (id integer, u integer);
ALTER TABLE ONLY public.p1 ATTACH PARTITION public.p3 FOR VALUES FROM (1) TO (9);
CREATE TABLE public."T" (u integer);
COPY public.u (id) FROM stdin;
\.
COPY public.p2 (id, u) FROM stdin;
\.
ALTER TABLE ONLY public.u ADD CONSTRAINT u_pkey PRIMARY KEY (id);
`
	foreign := func(table, name, more string) string {
		return "ALTER TABLE " + table + " ADD CONSTRAINT " + name + " FOREIGN KEY (u) REFERENCES public.u(id)" + more + ";\n"
	}
	p2, p3, tk := `ALTER TABLE ONLY "public"."p2" VALIDATE CONSTRAINT "k";`, `ALTER TABLE ONLY "public"."p3" VALIDATE CONSTRAINT "k";`, `ALTER TABLE ONLY "public"."T" VALIDATE CONSTRAINT "k";`
	toP := strings.ReplaceAll(foreign(`ONLY public."T"`, "l", ""), "REFERENCES public.u", "REFERENCES public.p")
	for name, c := range map[string]struct {
		sql  string
		want []string
	}{
		"ordinary":               {foreign(`ONLY public."T"`, `"a ""key"""`, ""), []string{`ALTER TABLE ONLY "public"."T" VALIDATE CONSTRAINT "a ""key""";`}},
		"a long name":            {foreign(`ONLY public."T"`, `"`+strings.Repeat("é", 32)+`"`, ""), []string{"at once"}},
		"with actions":           {foreign(`ONLY public."T"`, "k", " ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED"), []string{tk}},
		"not valid":              {foreign(`ONLY public."T"`, "k", " NOT VALID"), []string{"at once"}},
		"not enforced":           {foreign(`ONLY public."T"`, "k", " NOT ENFORCED"), []string{"at once"}},
		"of partitions":          {foreign("ONLY public.p2", "k", "") + foreign("ONLY public.p3", "k", ""), []string{p2, p3}},
		"of a partitioned table": {foreign("public.p", "k", "") + foreign("public.p", "l", ""), []string{"at once in turn of p", "at once in turn of p"}},
		"of both":                {foreign("public.p", "k", "") + foreign(`ONLY public."T"`, "k", "") + foreign("ONLY public.p2", "k", ""), []string{"at once in turn of p", tk, p2 + " in turn of p"}},
		"of two levels":          {foreign("public.p1", "k", "") + foreign("ONLY public.p2", "k", ""), []string{"at once in turn of p", p2 + " in turn of p"}},
		"to a partitioned table": {foreign(`ONLY public."T"`, "k", "") + toP + foreign("ONLY public.p2", "k", ""), []string{tk + " in turn of T", "at once in turn of T", p2}},
		"two at once":            {strings.TrimSuffix(foreign(`ONLY public."T"`, "k", ""), ";\n") + ", ADD CONSTRAINT l FOREIGN KEY (u) REFERENCES public.u(id);\n", nil},
		"a key at once":          {`ALTER TABLE ONLY public."T" ADD CONSTRAINT k PRIMARY KEY (u), ADD CONSTRAINT l FOREIGN KEY (u) REFERENCES public.u(id);` + "\n", nil},
		"of another table":       {foreign("ONLY public.elsewhere", "k", ""), nil},
	} {
		c1, err := Scan(t.Context(), strings.NewReader(outlineHead+tables+c.sql+outlineTail), layers.Opener{})
		if err != nil || c1.Source.Outline == nil {
			t.Errorf("%s: %v, %q", name, err, c1.Source.NoOutline)
			continue
		}
		var got []string
		for _, b := range c1.Source.Outline.Builds[1:] {
			how := "at once"
			if b.Later != "" {
				how = b.Check()
			}
			if b.Turn.Name != "" {
				how += " in turn of " + b.Turn.Name
			}
			got = append(got, how)
			if want := strings.TrimSuffix(c.sql, ";\n") + " NOT VALID;"; b.Later != "" && strings.Count(c.sql, ";") == 1 && b.Unchecked() != want {
				t.Errorf("%s: %q, want %q", name, b.Unchecked(), want)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if root := c1.Source.Outline.Rows[1].Root.Name; root != "p" {
			t.Errorf("%s: the root of the rows is %q", name, root)
		}
	}
}
