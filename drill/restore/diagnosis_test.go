package restore_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
)

// diagnosis is a broken backup of a real database, and the place that its failure
// must name.
type diagnosis struct {
	name   string
	dump   string   // a plain dump; or
	source string   // what makes the database that is dumped
	args   []string // of pg_dump
	spoil  func([]byte) []byte
	jobs   int
	blind  bool // inspect would have refused it
	old    bool // also on 13, whose log has another format

	code     outcome.Code
	state    string
	object   string
	function string
	line     string // beginning of the line that must be reported; empty: no line
	block    string // beginning of the block that must be reported; empty: no block
	never    string // a value that must show nowhere
}

const big = `create table numbers (a int, b text); insert into numbers select g, 'secret' || g from generate_series(1, 30000) g;
	create table "Odd S, line 7" (a int, b text); insert into "Odd S, line 7" select g, 'secret' || g from generate_series(1, 30000) g;`

const family = `create table parents (a int primary key); insert into parents values (1);
	create table children (a int); insert into children values (1), (4711);
	alter table children add constraint children_fk foreign key (a) references parents not valid;
	update pg_constraint set convalidated = true where conname = 'children_fk';`

const lost = `create function helper(t text) returns text language sql immutable as 'select lower(t)';
	create function key(t text) returns text language plpgsql immutable as 'begin return helper(t); end';
	create table t(a text); create index t_key on t (key(a)); insert into t values ('secret');`

const raising = `create table t(a int); insert into t values (1), (4711);
	create function guard(i int) returns bool language plpgsql as $$ begin if i > 9 then raise exception 'secret %', i; end if; return true; end $$;
	alter table t add check (guard(a)) not valid;`

var (
	asCustom = []string{"--format=custom"}
	unpacked = []string{"--format=custom", "--compress=0"}
)

var diagnoses = []diagnosis{
	{
		name: "a syntax error in a function of several lines", source: big + "create function f(a int) returns int language sql as $$ select\n\n1;\n$$;",
		spoil: replace("\n    LANGUAGE sql\n", "\n    LANGUAGE\n  17 sql\n"),
		code:  outcome.RestoreFailed, state: "42601", object: "public.f", line: "CREATE FUNCTION public.f(",
	},
	{
		name: "a row in the middle of a big table", old: true, source: big, spoil: replace("\n15000\tsecret15000\n", "\n15OOO\tsecret15000\n"),
		code: outcome.CopyFailed, state: "22P02", object: `public."Odd S, line 7"`, line: "15OOO\t", never: "15OOO",
	},
	{
		name: "a row of a big table in an archive", old: true, source: big, args: unpacked, spoil: replaceLast("15000\tsecret15000\n", "15OOO\tsecret15000\n"),
		code: outcome.CopyFailed, state: "22P02", object: "public.numbers", block: "1\tsecret1\n", never: "15OOO",
	},
	{
		name: "a row of an archive in gzip", source: big, args: unpacked, blind: true,
		spoil: func(b []byte) []byte {
			return gzipOf(replaceLast("15000\tsecret15000\n", "15OOO\tsecret15000\n")(b))
		},
		code: outcome.CopyFailed, state: "22P02", object: "public.numbers", never: "15OOO",
	},
	{
		name: "a foreign key", old: true, source: family,
		code: outcome.ConstraintViolated, state: "23503", object: "public.children", line: "ALTER TABLE ONLY public.children", never: "4711",
	},
	{
		name: "a foreign key in an archive", source: family, args: asCustom,
		code: outcome.ConstraintViolated, state: "23503", object: "public.children", never: "4711",
	},
	{
		name: "search_path in an index", old: true, source: lost,
		code: outcome.SearchPathDependency, state: "42883", object: "public.t_key", function: "public.key(text)", line: "CREATE INDEX t_key", never: "secret",
	},
	{
		name: "search_path in an index of an archive", source: lost, args: asCustom,
		code: outcome.SearchPathDependency, state: "42883", object: "public.t_key", function: "public.key(text)", never: "secret",
	},
	{
		name: "a function that raises", old: true, source: raising, spoil: replace(" NOT VALID", ""),
		code: outcome.RestoreFailed, state: "P0001", object: "public.t", function: "public.guard(integer)", line: "ALTER TABLE public.t\n    ADD", never: "secret",
	},
	{
		name: "a damaged block of an archive", old: true, source: big, args: asCustom, spoil: flipByte, jobs: 1, blind: true,
		code: outcome.DumpCorrupt, object: `public."Odd S, line 7"`, block: "\x78",
	},
	{
		name: "an archive cut within a block", source: big, args: asCustom, spoil: func(b []byte) []byte { return b[:len(b)*3/4] }, jobs: 1, blind: true,
		code: outcome.DumpTruncated, object: "public.numbers", block: "\x78",
	},
	{
		name: "a row behind others with hidden line ends", dump: "create table t(a text, b int);\nCOPY t FROM stdin;\nx\\\ny\t1\nx\\\\\t2\nx\tsecret\n\\.\n", blind: true,
		code: outcome.CopyFailed, state: "22P02", object: "t", line: "x\tsecret", never: "secret",
	},
	{
		name: "a row of CSV, whose lines the server counts loosely", dump: "create table t(a text, b int);\nCOPY t FROM stdin WITH (FORMAT csv);\n\"x\\\ny\",1\nx,secret\n\\.\n", blind: true,
		code: outcome.CopyFailed, state: "22P02", object: "t", line: "COPY t FROM", never: "secret",
	},
	{
		name: "a statement between others on its line", dump: "create table t(a int);\n\ncreate index\n on t (a); select 1; insert into t\n values ('secret');\nselect 1;\n", blind: true,
		code: outcome.RestoreFailed, state: "22P02", object: "t", line: " on t (a)", never: "secret",
	},
	{
		name: "a database to connect to", dump: "select 1;\n\n\\connect nowhere\nselect 1;\n", blind: true,
		code: outcome.RestoreFailed, state: "3D000", line: `\connect nowhere`,
	},
	{
		name: "rows whose COPY line is lost", source: big, spoil: replace("COPY public.numbers (a, b) FROM stdin;\n1\tsecret1", "\n\\N\tsecret1"), blind: true,
		code: outcome.CopyFailed, line: "\\N\tsecret1", never: "secret",
	},
	{
		name: "a command of psql", source: big, spoil: replace("\nCOPY public.numbers", "\n\\! id\nCOPY public.numbers"), blind: true,
		code: outcome.DumpHostile, line: `\! id`,
	},
}

func TestDiagnosis(t *testing.T) {
	t.Parallel()
	for _, major := range []string{"13", "18"} {
		t.Run(major, func(t *testing.T) {
			t.Parallel()
			l := sharedLab(t, major)
			s := l.server(t)
			for _, d := range diagnoses {
				if major == "13" && !d.old {
					continue
				}
				t.Run(d.name, func(t *testing.T) { l.diagnose(t, s, d) })
			}
		})
	}
}

func (l *lab) diagnose(t *testing.T, s provision.Server, d diagnosis) {
	dump := []byte(d.dump)
	if d.source != "" {
		dump = l.source(t, s, d.source, d.args...)
	}
	if d.spoil != nil {
		dump = d.spoil(dump)
	}
	j := job{dump: dump, config: config.Restore{Jobs: d.jobs}}
	if d.blind {
		j.change = func(c *inspect.Contents) {
			if plain(c); len(d.args) > 0 {
				*c = inspect.Contents{Source: inspect.Source{Format: inspect.Custom}}
			}
			if bytes.HasPrefix(dump, []byte{0x1f, 0x8b}) {
				c.Source.Layers = []string{"gzip"}
			}
		}
	}
	_, _, f := l.drill(t, j)
	if f == nil {
		t.Fatal("the restore passed")
	}
	want := outcome.Failure{Code: d.code, SQLState: d.state, Object: d.object, Function: d.function, Line: lineOf(t, dump, d.line)}
	got := outcome.Failure{Code: f.Code, SQLState: f.SQLState, Object: f.Object, Function: f.Function, Line: f.Line}
	if got != want || f.Cascades != 0 {
		t.Errorf("%v (%s)\n got %+v\nwant %+v", f, f.Statement, got, want)
	}
	beginsAt(t, dump, f.Offset, d.block)
	if said := fmt.Sprint(f.Error(), f.Statement, f.Remedy(), f.Object); d.never != "" && strings.Contains(said, d.never) {
		t.Errorf("the value %q shows in %q", d.never, said)
	}
}

// lineOf returns the number of the first line with the given beginning.
func lineOf(t *testing.T, dump []byte, begins string) int64 {
	t.Helper()
	if begins == "" {
		return 0
	}
	at := bytes.Index(dump, []byte("\n"+begins))
	if at < 0 {
		t.Fatalf("no line begins with %q", begins)
	}
	return int64(bytes.Count(dump[:at+1], []byte("\n"))) + 1
}

// beginsAt checks that a block of rows begins at the offset: its kind, its number,
// the length of its first chunk, and the beginning of that chunk.
func beginsAt(t *testing.T, dump []byte, offset int64, first string) {
	t.Helper()
	const head = 1 + 5 + 5
	switch {
	case first == "" && offset != 0:
		t.Errorf("byte %d is reported for a failure without a block", offset)
	case first == "":
	case offset <= 0 || offset+head >= int64(len(dump)) || dump[offset] != 1 || !bytes.HasPrefix(dump[offset+head:], []byte(first)):
		t.Errorf("no block with %q begins at byte %d of %d", first, offset, len(dump))
	}
}

func replace(old, with string) func([]byte) []byte {
	return func(b []byte) []byte {
		if !bytes.Contains(b, []byte(old)) {
			panic("the dump does not hold " + old)
		}
		return bytes.Replace(b, []byte(old), []byte(with), 1)
	}
}

// replaceLast replaces the last occurrence. The length of the dump stays.
func replaceLast(old, with string) func([]byte) []byte {
	return func(b []byte) []byte {
		b = bytes.Clone(b)
		at := bytes.LastIndex(b, []byte(old))
		if at < 0 || len(old) != len(with) {
			panic("the dump does not hold " + old)
		}
		copy(b[at:], with)
		return b
	}
}
