package restore_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
)

// fieldCase is a failure seen in the field, provoked on a real server.
type fieldCase struct {
	name   string
	dump   string // a plain dump; or
	source string // what makes a database that is dumped as a custom archive
	spoil  func([]byte) []byte
	blind  bool
	config config.Restore
	both   bool // also on 13, whose log is in another format; else on 15 alone
	want   outcome.Code
	says   []string // in message, statement or remedy
	never  string   // a value that must show nowhere
}

var fieldCases = []fieldCase{
	{
		name: "a role that nobody made", both: true, dump: "create table t(a int); alter table t owner to app_owner;", blind: true,
		want: outcome.RoleMissing, says: []string{`role "app_owner" does not exist (SQLSTATE 42704)`, "alter table t owner to app_owner;"},
	},
	{
		name: "a setting of a newer major", both: true, dump: "SET transaction_timeout = 0;",
		want: outcome.VersionSkew, says: []string{`"transaction_timeout"`, "SET transaction_timeout = 0;"},
	},
	{
		name: "search_path in an index", both: true, want: outcome.SearchPathDependency, says: []string{"function public.key(text) relies on search_path", "CREATE INDEX"},
		source: `create function helper(t text) returns text language sql immutable as 'select lower(t)';
			create function key(t text) returns text language plpgsql immutable as 'begin return helper(t); end';
			create table t(a text); insert into t values ('x'); create index on t (key(a));`,
	},
	{
		name: "search_path in a check", want: outcome.SearchPathDependency, says: []string{"function public.known(integer) relies on search_path"},
		source: `create table kinds(k int); insert into kinds values (1);
			create function known(i int) returns bool language plpgsql as 'begin return exists (select from kinds where k = i); end';
			create table t(a int check (known(a))); insert into t values (1);`,
	},
	{
		name: "search_path in a generated column", want: outcome.SearchPathDependency, says: []string{"function public.key(text) relies on search_path", "row 1 of t", "function helper(text)"},
		source: `create function helper(t text) returns text language sql immutable as 'select lower(t)';
			create function key(t text) returns text language plpgsql immutable as 'begin return helper(t); end';
			create table t(a text, b text generated always as (key(a)) stored); insert into t values ('x');`,
	},
	{
		name: "search_path in a materialised view", want: outcome.SearchPathDependency, says: []string{"function public.total() relies on search_path: relation"},
		source: `create table t(a int); insert into t values (1);
			create function total() returns bigint language plpgsql as 'begin return (select count(*) from t); end';
			create materialized view v as select total();`,
	},
	{
		name: "unique", both: true, dump: "create table u(a text);\nCOPY u (a) FROM stdin;\nbob\nbob\n\\.\nALTER TABLE ONLY u ADD CONSTRAINT u_pkey PRIMARY KEY (a);",
		want: outcome.ConstraintViolated, says: []string{`could not create unique index "u_pkey"`}, never: "bob",
	},
	{
		name: "foreign key", dump: "create table p(a int primary key); create table c(a int); insert into c values (4711); alter table c add foreign key (a) references p;",
		want: outcome.ConstraintViolated, says: []string{`violates foreign key constraint "c_a_fkey"`}, never: "4711",
	},
	{
		name: "check", dump: "create table c(a int); insert into c values (4711); alter table c add constraint cc check (a < 9);",
		want: outcome.ConstraintViolated, says: []string{`check constraint "cc"`}, never: "4711",
	},
	{
		name: "not null", dump: "create table c(a int not null, b int);\nCOPY c (a, b) FROM stdin;\n\\N\t4711\n\\.\n",
		want: outcome.ConstraintViolated, says: []string{`null value in column "a"`}, never: "4711",
	},
	{
		name: "bytes of another encoding", both: true, dump: "SET client_encoding = 'UTF8'; create table t(a text);\nCOPY t (a) FROM stdin;\ncaf\xe9\n\\.\n",
		want: outcome.EncodingInvalid, says: []string{"row 1 of t"}, never: "caf",
	},
	{
		name: "a value of the wrong type", both: true, dump: "create table t(a int);\nCOPY t (a) FROM stdin;\n1\nbob\n\\.\n",
		want: outcome.CopyFailed, says: []string{"row 2 of t, column a: invalid input syntax for type integer"}, never: "bob",
	},
	{
		name: "a row with too many columns", dump: "create table t(a int);\nCOPY t (a) FROM stdin;\n1\t4711\n\\.\n",
		want: outcome.CopyFailed, says: []string{"row 1 of t: extra data after last expected column"}, never: "4711",
	},
	{name: "bytea with odd hex", dump: "create table t(a bytea);\nCOPY t (a) FROM stdin;\n\\\\xabc\n\\.\n", want: outcome.CopyFailed},
	{name: "a collation that the image lacks", dump: "create collation c (locale = 'tlh_KX.utf8');", want: outcome.CollationMissing},
	{name: "a tablespace", dump: "create table t(a int) tablespace fast;", want: outcome.TablespaceMissing, says: []string{`tablespace "fast"`}},
	{name: "a default tablespace", dump: "SET default_tablespace = fast;", want: outcome.TablespaceMissing},
	{name: "a C library", dump: "create function f() returns int language c as '$libdir/vectors', 'f';", want: outcome.LibraryMissing, says: []string{"$libdir/vectors"}},
	{name: "a language", dump: "create function f() returns int language plnothing as '';", want: outcome.LibraryMissing},
	{name: "a dictionary", dump: "create text search dictionary d (template = ispell, dictfile = klingon, afffile = klingon);", want: outcome.LibraryMissing},
	{name: "an extension that inspect did not see", both: true, dump: "create extension nothing;", blind: true, want: outcome.ExtensionUnavailable},
	{name: "an object twice", dump: "create table t(a int); create table t(a int);", want: outcome.ObjectExists, says: []string{`relation "t" already exists`}},
	{name: "a schema that is there", dump: "create schema public;", blind: true, want: outcome.ObjectExists},
	{
		name: "pg_cron without its library", both: true, dump: "create extension pg_cron;", blind: true,
		want: outcome.PreloadMissing, says: []string{"pg_cron must be in shared_preload_libraries", `shared_preload_libraries: "pg_cron"`},
	},
	{name: "a provider of labels", dump: "create table t(a int); security label for anon on table t is 'x';", want: outcome.PreloadMissing, says: []string{"anon must be in shared_preload_libraries"}},
	{
		name: "a value that is a time zone", both: true, dump: "create table t(z text); insert into t values ('secret'); select now() at time zone z from t;",
		want: outcome.LibraryMissing, says: []string{"time zone … not recognized"}, never: "secret",
	},
	{
		name: "a value that is a name", dump: "create table t(r regclass);\nCOPY t (r) FROM stdin;\nsecret\n\\.\n",
		want: outcome.RestoreFailed, says: []string{"relation … does not exist (SQLSTATE 42P01)", "row 1 of t, column r"}, never: "secret",
	},
	{
		name: "an exception with the SQLSTATE of a lost connection", both: true, dump: "do $$ begin raise exception using errcode = '08006', message = 'client secret'; end $$;",
		want: outcome.RestoreFailed, says: []string{"text hidden", "08006"}, never: "secret",
	},
	{
		name: "an exception with the SQLSTATE of damage, in an archive", source: `create table t(a int); insert into t values (1);
			create function guard(i int) returns bool language plpgsql as $$ begin if current_database() <> 'source' then raise exception using errcode = 'XX001', message = 'client secret'; end if; return true; end $$;
			alter table t add check (guard(a));`,
		want: outcome.RestoreFailed, says: []string{"text hidden", "XX001"}, never: "secret",
	},
	{
		name: "a row whose partition depends on the locale", both: true, want: outcome.CollationMissing, says: []string{"SQLSTATE 23514", "the sandbox uses en_US.utf8", "postgres.locale"}, never: "é",
		dump: "create table p(a text) partition by range (a); create table p_z partition of p for values from ('z') to (maxvalue);\nCOPY p_z (a) FROM stdin;\né\n\\.\n",
	},
	{
		name: "a check that orders text", want: outcome.CollationMissing, says: []string{"SQLSTATE 23514", "orders", "the sandbox uses en_US.utf8", "postgres.locale"}, never: "Z9",
		dump: "create table c(a text, constraint below check (a < 'a'));\nCOPY c (a) FROM stdin;\nZ9\n\\.\n",
	},
	{
		name: "a check that orders numbers", want: outcome.ConstraintViolated, never: "4711",
		dump: "create table c(a int, b text, constraint below check (a < 1 and b <> 'x'));\nCOPY c (a, b) FROM stdin;\n4711\ty\n\\.\n",
	},
	{
		name: "partitions that overlap in another locale", want: outcome.CollationMissing, says: []string{"SQLSTATE 42P17", "postgres.locale"},
		dump: "create table p(a text) partition by range (a); create table p_1 partition of p for values from ('A') to ('Z'); create table p_2(a text); alter table only p attach partition p_2 for values from ('a') to ('z');",
	},
	{
		name: "a row whose partition no locale orders", want: outcome.ConstraintViolated, never: "4711",
		dump: "create table p(a int) partition by range (a); create table p_1 partition of p for values from (1) to (9);\nCOPY p_1 (a) FROM stdin;\n4711\n\\.\n",
	},
	{
		name: "a row whose partition has its own locale", want: outcome.ConstraintViolated, never: "é",
		dump: "create table p(a text collate \"C\") partition by range (a); create table p_z partition of p for values from ('a') to ('z');\nCOPY p_z (a) FROM stdin;\né\n\\.\n",
	},
	{name: "any other error", both: true, dump: "select 1/0;", want: outcome.RestoreFailed, says: []string{"division by zero (SQLSTATE 22012)"}},
	{name: "an exception of a function", dump: "do $$ begin raise exception 'bob owes 4711'; end $$;", want: outcome.RestoreFailed, says: []string{"P0001"}, never: "4711"},
	{
		name: "rows whose COPY line is lost", both: true, dump: "\\restrict x\ncreate table t(a int, b text);\n1\tbob\t\\N\n\\.\n\\unrestrict x\n",
		want: outcome.CopyFailed, says: []string{"found a row of a table where SQL was expected"}, never: "bob",
	},
	{name: "a command of psql", both: true, dump: "\\restrict x\nselect 1;\n\\! touch /tmp/owned\n\\unrestrict x\n", want: outcome.DumpHostile},
	{name: "another key at the end", dump: "\\restrict x\nselect 1;\n\\unrestrict y\n", want: outcome.DumpHostile},
	{name: "an archive with a damaged block", both: true, source: "create table t as select md5(g::text) a from generate_series(1, 20000) g", spoil: flipByte, want: outcome.DumpCorrupt},
	{
		name: "an archive cut short", source: "create table t as select md5(g::text) a from generate_series(1, 20000) g",
		spoil: func(b []byte) []byte { return b[:len(b)*2/3] }, want: outcome.DumpTruncated,
	},
	{
		name: "longer than it may take", dump: "select pg_sleep(60);", config: config.Restore{Timeout: config.Duration(time.Second)},
		want: outcome.RestoreTimeout, says: []string{"within 1s"},
	},
	{
		name: "an error behind many notices", dump: "do $$ begin for i in 1..20000 loop raise notice 'bob %', i; end loop; end $$; select 1/0;",
		want: outcome.RestoreFailed, says: []string{"22012"}, never: "bob",
	},
	{
		name: "an error in a statement longer than what is read of the log", both: true, dump: "select length('" + strings.Repeat("bob", 2<<20) + "') / 0;",
		want: outcome.RestoreFailed, says: []string{"22012"}, never: "bob",
	},
}

// plain sets the format of scripts that are too short for inspect to recognize.
func plain(c *inspect.Contents) { c.Source.Format = inspect.Plain }

func flipByte(b []byte) []byte {
	b = bytes.Clone(b)
	b[len(b)/2] ^= 0x55
	return b
}

func TestFieldFailures(t *testing.T) {
	t.Parallel()
	for _, major := range []string{"13", "15"} {
		t.Run(major, func(t *testing.T) {
			t.Parallel()
			l := sharedLab(t, major)
			first := l.server(t)
			for _, c := range fieldCases {
				if major != "15" && !c.both {
					continue
				}
				t.Run(c.name, func(t *testing.T) { l.provoke(t, first, c) })
			}
		})
	}
}

func (l *lab) provoke(t *testing.T, s provision.Server, c fieldCase) {
	j := job{dump: []byte(c.dump), config: c.config}
	if c.source != "" {
		j.dump = l.source(t, s, c.source, "--format=custom")
	}
	switch {
	case c.spoil != nil:
		j.dump = c.spoil(j.dump)
		j.change = func(c *inspect.Contents) { c.Source.Format = inspect.Custom }
	case c.blind:
		j.change = func(c *inspect.Contents) { *c = inspect.Contents{Source: inspect.Source{Format: inspect.Plain}} }
	case c.source == "":
		j.change = plain
	}
	_, _, f := l.drill(t, j)
	if f == nil {
		t.Fatalf("the restore passed, want %s", c.want)
	}
	shown := f.Error() + "\n" + f.Statement + "\n" + f.Remedy()
	if f.Code != c.want {
		t.Fatalf("code %s, want %s: %s", f.Code, c.want, shown)
	}
	for _, want := range c.says {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not in %q", want, shown)
		}
	}
	if c.never != "" && strings.Contains(shown, c.never) {
		t.Errorf("the value %q shows in %q", c.never, shown)
	}
}
