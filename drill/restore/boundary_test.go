package restore

import (
	"io"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
)

// TestBoundary checks what psql reads instead of a dump: its own commands are gone, and
// every key of ours is used once.
func TestBoundary(t *testing.T) {
	const dump = `--
\restrict theirs
select 1;
\unrestrict theirs
\encoding SQL_ASCII
\connect -reuse-previous=on "dbname='it\'s a ""shop""'"
\restrict theirs
copy t from stdin;
a\N
\.
\unrestrict theirs`
	contents, err := inspect.Scan(t.Context(), strings.NewReader(dump), layers.Opener{})
	if err != nil && contents.Source.Splices == nil {
		t.Fatal(err)
	}
	for name, read := range map[string]func(io.Reader) io.Reader{
		"whole": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader, "with the end": iotest.DataErrReader,
	} {
		got, err := io.ReadAll(read(newBoundary(read(strings.NewReader(dump)), contents.Source.Splices, "ours")))
		if err != nil {
			t.Fatal(err)
		}
		want := `--

select 1;

\unrestrict ours
\encoding SQL_ASCII
\restrict KEY1
\unrestrict KEY1
\connect -reuse-previous=on "dbname='it\'s a ""shop""'"
\restrict KEY2

copy t from stdin;
a\N
\.
`
		keys := regexp.MustCompile(`\\restrict ([A-Z0-9]{26})`).FindAllStringSubmatch(string(got), -1)
		text := string(got)
		for i, k := range keys {
			text = strings.ReplaceAll(text, k[1], "KEY"+string(rune('1'+i)))
		}
		if text != want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, text, want)
		}
	}
}

// TestBoundaryWithoutAKey: a psql without a restricted mode gets no key.
func TestBoundaryWithoutAKey(t *testing.T) {
	splices := []inspect.Splice{{Offset: 0, Length: 11}, {Offset: 12, Length: 13, Database: "shop"}}
	got, err := io.ReadAll(newBoundary(strings.NewReader("\\restrict x\n\\connect shop\n\\! id"), splices, ""))
	if want := "\n\\connect -reuse-previous=on \"dbname='shop'\"\n\\! id"; string(got) != want || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

// TestLineInDump maps every line that psql reads to its line in the dump.
func TestLineInDump(t *testing.T) {
	const dump = "one\n\\encoding SQL_ASCII\n\\connect shop\nfour\nfive\n\\connect shop\nseven"
	contents, _ := inspect.Scan(t.Context(), strings.NewReader(strings.NewReplacer("one", "--", "four", "--", "five", "--", "seven", "--").Replace(dump)), layers.Opener{})
	splices := contents.Source.Splices
	if len(splices) != 3 {
		t.Fatalf("splices %+v", splices)
	}
	for line, want := range []int64{1, 2, 2, 2, 3, 3, 3, 4, 5, 6, 6, 6, 7} {
		if got := lineInDump(splices, int64(line+1)); got != want {
			t.Errorf("line %d: %d, want %d", line+1, got, want)
		}
	}
}

// TestBoundaryRewrites checks the statements that would fail in a new database.
func TestBoundaryRewrites(t *testing.T) {
	const dump = `SET x = 1;
CREATE OR REPLACE VIEW s1.v AS
SELECT
    NULL::integer AS id;
CREATE OR REPLACE VIEW s1.other AS SELECT 1;
ALTER TABLE ONLY public.t DROP CONSTRAINT t_pkey;
ALTER TABLE public.t ALTER COLUMN id DROP DEFAULT;
ALTER TABLE ONLY public.p DETACH PARTITION public.t;
ALTER TABLE public.t DISABLE ROW LEVEL SECURITY;
ALTER FOREIGN TABLE s1.ft ALTER COLUMN id DROP DEFAULT;
ALTER FOREIGN TABLE IF EXISTS s1.ft DROP CONSTRAINT c;
ALTER DOMAIN public.d
  DROP CONSTRAINT c;
DROP TABLE public.t;
CREATE OR REPLACE VIEW public.w AS SELECT NULL::integer AS a;
DROP VIEW s1.v;
DROP VIEW IF EXISTS "public".w;
DROP MATERIALIZED VIEW "Public".m;
DROP TEXT SEARCH CONFIGURATION public.c;
DROP SCHEMA IF EXISTS app;
SELECT pg_catalog.lo_unlink('17');
DROP DATABASE shop;
CREATE SCHEMA public;
CREATE SCHEMA public;
DROP TABLE public.t;
ALTER TABLE public.t DROP CONSTRAINT x;
CREATE SERVER far FOREIGN DATA WRAPPER w;
REFRESH MATERIALIZED VIEW public.m;
REFRESH MATERIALIZED VIEW m;
`
	const want = `SET x = 1;



CREATE OR REPLACE VIEW s1.other AS SELECT 1;
ALTER TABLE IF EXISTS ONLY public.t DROP CONSTRAINT t_pkey;
ALTER TABLE IF EXISTS public.t ALTER COLUMN id DROP DEFAULT;
ALTER TABLE IF EXISTS ONLY public.p DETACH PARTITION public.t;
ALTER TABLE IF EXISTS public.t DISABLE ROW LEVEL SECURITY;
ALTER FOREIGN TABLE IF EXISTS s1.ft ALTER COLUMN id DROP DEFAULT;
ALTER FOREIGN TABLE IF EXISTS s1.ft DROP CONSTRAINT c;


DROP TABLE IF EXISTS public.t;

DROP VIEW IF EXISTS s1.v;
DROP VIEW IF EXISTS "public".w;
DROP MATERIALIZED VIEW IF EXISTS "Public".m;
DROP TEXT SEARCH CONFIGURATION IF EXISTS public.c;
DROP SCHEMA IF EXISTS app;

DROP DATABASE IF EXISTS shop;
CREATE SCHEMA IF NOT EXISTS public;
CREATE SCHEMA public;
DROP TABLE public.t;
ALTER TABLE public.t DROP CONSTRAINT x;
CREATE SERVER far FOREIGN DATA WRAPPER w;


`
	contents, err := inspect.Scan(t.Context(), strings.NewReader(dump), layers.Opener{})
	if err != nil {
		t.Fatal(err)
	}
	s := contents.Source
	if !s.DropsWithoutIfExists || s.Public == nil || len(s.Refreshes) != 2 || s.Refreshes[1] != (inspect.View{Schema: "public", Name: "m"}) {
		t.Errorf("drops %t, public %+v, refreshes %+v", s.DropsWithoutIfExists, s.Public, s.Refreshes)
	}
	got, err := io.ReadAll(newBoundary(strings.NewReader(dump), s.Splices, "ours"))
	if string(got) != want || err != nil {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestBoundaryKeepsWhatIsRight: a schema that the dump drops itself, and another's.
func TestBoundaryKeepsWhatIsRight(t *testing.T) {
	for dump, want := range map[string]string{
		"DROP SCHEMA public;\nCREATE SCHEMA public;":                       "DROP SCHEMA IF EXISTS public;\nCREATE SCHEMA public;",
		"DROP SCHEMA IF EXISTS app, public CASCADE;CREATE SCHEMA public;":  "",
		"CREATE SCHEMA IF NOT EXISTS public;":                              "",
		"CREATE SCHEMA app; CREATE SCHEMA \"Public\";":                     "",
		"CREATE SCHEMA public CREATE TABLE t ();":                          "",
		`CREATE SCHEMA public AUTHORIZATION "O""o"; SELECT 1;`:             `CREATE SCHEMA IF NOT EXISTS public AUTHORIZATION "O""o"; ALTER SCHEMA public OWNER TO "O""o"; SELECT 1;`,
		"CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'DROP TABLE t';":  "",
		"COPY t FROM stdin;\nDROP TABLE t;\n\\.\nDROP TABLE t;":            "",
		"ALTER TABLE t DISABLE TRIGGER ALL; ALTER TABLE t ADD UNIQUE (a);": "",
	} {
		contents, err := inspect.Scan(t.Context(), strings.NewReader(dump), layers.Opener{})
		if err != nil {
			t.Fatalf("%s: %v", dump, err)
		}
		if want == "" {
			want = dump
		}
		got, err := io.ReadAll(newBoundary(strings.NewReader(dump), contents.Source.Splices, "ours"))
		if string(got) != want || err != nil {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestCanRestrict(t *testing.T) {
	for version, want := range map[string]bool{
		"13.21": false, "13.22": true, "14.18": false, "15.14": true, "16.9": false, "17.6": true, "17.5 (Debian 17.5-1)": false,
		"18beta1": true, "18.0": true, "19devel": true, "12.22": false, "": true,
	} {
		if got := canRestrict(version); got != want {
			t.Errorf("%q: %t", version, got)
		}
	}
}

// FuzzBoundary checks that the splices of any dump are in order and within it, and that
// psql's last line is the dump's last line.
func FuzzBoundary(f *testing.F) {
	for _, dump := range []string{
		"\\restrict a\nDROP TABLE t;\n\\unrestrict a\n\\connect x\n\\restrict a\nCREATE SCHEMA public AUTHORIZATION \"a\nb\";\n\\unrestrict a",
		"ALTER DOMAIN d\nDROP CONSTRAINT c; SELECT lo_unlink('1');\nCREATE SERVER s; REFRESH MATERIALIZED VIEW a.b;", "\\encoding SQL_ASCII\n\\connect \"a\"\n",
		"COPY t FROM stdin;\nDROP TABLE t;\n\\.\n\\connect a",
	} {
		f.Add(dump)
	}
	f.Fuzz(func(t *testing.T, dump string) {
		contents, _ := inspect.Scan(t.Context(), strings.NewReader(dump), layers.Opener{})
		if len(contents.Source.Layers) > 0 || contents.Source.Format != inspect.Plain {
			return
		}
		var end int64
		for _, s := range contents.Source.Splices {
			if s.Offset < end || s.Length < 0 || s.Offset+s.Length > int64(len(dump)) {
				t.Fatalf("%q: splices %+v", dump, contents.Source.Splices)
			}
			end = s.Offset + s.Length
		}
		fed, err := io.ReadAll(newBoundary(strings.NewReader(dump), contents.Source.Splices, "ours"))
		if err != nil {
			t.Fatal(err)
		}
		lines, want := int64(strings.Count(string(fed), "\n")), int64(strings.Count(dump, "\n"))
		for _, s := range contents.Source.Splices {
			lines -= int64(strings.Count(s.SQL, "\n")) // of a quoted name
		}
		if got := lineInDump(contents.Source.Splices, lines+1); got != want+1 {
			t.Errorf("%q: the last line is %d, want %d", dump, got, want+1)
		}
	})
}
