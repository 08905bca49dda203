package restore_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/restore"
	"github.com/drillgres/drillgres/drill/sandbox"
	"github.com/drillgres/drillgres/fixtures/images"
)

// serverError is a failure seen in the field, provoked on a server of every major.
// The texts differ; the code must not.
type serverError struct {
	name  string
	sql   string // fails once, with its last statement
	state string // empty: it differs between majors
	want  outcome.Code
}

const asSomebody = "create role somebody; set session authorization somebody; "

var serverErrors = []serverError{
	{name: "ROLE_EXISTS", sql: "create role twice; create role twice", state: "42710", want: outcome.ObjectExists},
	{name: "ROLE_MISSING newline", sql: "create table r(a int); alter table r owner to \"new\nline\"", state: "42704", want: outcome.RoleMissing},
	{name: "SET_ROLE_DENIED", sql: "create role master; " + asSomebody + "set role master", state: "42501", want: outcome.RestoreFailed},
	{name: "GUC_UNKNOWN", sql: "set no_such_timeout = 0", state: "42704", want: outcome.VersionSkew},
	{name: "GUC_PREFIX", sql: "select current_setting('cron.database_name')", state: "42704", want: outcome.PreloadMissing},
	{name: "GUC_VALUE", sql: "set xmloption = newer", state: "22023", want: outcome.VersionSkew},
	{name: "EXT_MISSING", sql: "create extension nothing", want: outcome.ExtensionUnavailable},
	{name: "EXT_VERSION", sql: "create extension hstore version '9.9'", state: "22023", want: outcome.ExtensionUnavailable},
	{name: "EXT_DEP", sql: "create extension earthdistance", state: "42704", want: outcome.RestoreFailed},
	{name: "CITUS_AM", sql: "set default_table_access_method = columnar", state: "22023", want: outcome.ExtensionUnavailable},
	{name: "AM", sql: "create table am(a int); create index on am using hnsw (a)", state: "42704", want: outcome.ExtensionUnavailable},
	{name: "TYPE_MISSING", sql: "create table v(a vector)", state: "42704", want: outcome.RestoreFailed},
	{name: "FDW_MISSING", sql: "create server s foreign data wrapper postgres_fdw", state: "42704", want: outcome.RestoreFailed},
	{name: "LANG_MISSING", sql: "create function f() returns int language plpython3u as ''", state: "42704", want: outcome.LibraryMissing},
	{name: "LIB_MISSING", sql: "create function f() returns int language c as '$libdir/vectors', 'f'", state: "58P01", want: outcome.LibraryMissing},
	{name: "TSEARCH_FILE", sql: "create text search dictionary d (template = ispell, dictfile = klingon, afffile = klingon)", state: "F0000", want: outcome.LibraryMissing},
	{name: "TABLESPACE", sql: "create table ts(a int) tablespace fast", state: "42704", want: outcome.TablespaceMissing},
	{name: "TABLESPACE default", sql: "set default_tablespace = fast", state: "22023", want: outcome.TablespaceMissing},
	{name: "COLLATION_MISSING", sql: "create table c(a text collate \"tlh_KX.utf8\")", state: "42704", want: outcome.CollationMissing},
	{name: "COLLATION_MISSING create", sql: "create collation c (locale = 'tlh_KX.utf8')", want: outcome.CollationMissing},
	{name: "DB_LOCALE", sql: "create database d template template0 lc_collate 'tlh_KX.utf8'", want: outcome.CollationMissing},
	{name: "DB_LOCALE provider", sql: "create database d template template0 locale_provider future", want: outcome.VersionSkew},
	{name: "BUILTIN_LOCALE", sql: "create database d template template0 builtin_locale2 'C'", state: "42601", want: outcome.VersionSkew},
	{name: "ENCODING_DB", sql: "create database d template template0 encoding 'LATIN1' lc_collate 'C.UTF-8' lc_ctype 'C.UTF-8'", want: outcome.CollationMissing},
	{name: "SEARCH_PATH inlining", sql: inliner + "set search_path = ''; select public.g(public.w.a) from public.w", want: outcome.SearchPathDependency},
	{name: "SEARCH_PATH type", sql: "set check_function_bodies = off; create function public.ty() returns int language plpgsql as $$ declare x nowhere; begin return 1; end $$; select public.ty()", state: "42704", want: outcome.SearchPathDependency},
	{name: "SEARCH_PATH domain", sql: `create table dk(k int); create function dknown(i int) returns bool language plpgsql as 'begin return exists (select from dk where k = i); end';
		create domain dom as int check (dknown(value)); create table dt(a dom); set search_path = ''; copy public.dt (a) from stdin;` + "\n1\n\\.\n", state: "42P01", want: outcome.SearchPathDependency},
	{name: "GENERATED_INSERT", sql: "create table ge(a int, b int generated always as (a) stored); insert into ge values (1, 2)", want: outcome.CopyFailed},
	{name: "GENERATED_IDENTITY", sql: "create table gi(a int generated always as identity); insert into gi values (1)", state: "428C9", want: outcome.CopyFailed},
	{name: "GENERATED_COPY", sql: "create table gc(a int, b int generated always as (a) stored); copy gc (a, b) from stdin;\n1\t2\n\\.\n", state: "42P10", want: outcome.CopyFailed},
	{name: "UNIQUE in COPY", sql: "create table un(a text primary key); copy un (a) from stdin;\nsecret\nsecret\n\\.\n", state: "23505", want: outcome.ConstraintViolated},
	{name: "EXCLUSION", sql: "create table ex(r int4range, exclude using gist (r with &&)); insert into ex values ('[1,9]'), ('[2,3]')", state: "23P01", want: outcome.ConstraintViolated},
	{name: "NOTNULL", sql: "create table nn(a int); insert into nn values (null); alter table nn alter a set not null", state: "23502", want: outcome.ConstraintViolated},
	{name: "PARTITION", sql: "create table pa(a int) partition by range (a); copy pa (a) from stdin;\n4711\n\\.\n", state: "23514", want: outcome.ConstraintViolated},
	{name: "ENCODING_DATA", sql: "set client_encoding = 'UTF8'; create table en(a text); copy en (a) from stdin;\nsecret\xe9\n\\.\n", state: "22021", want: outcome.EncodingInvalid},
	{name: "COPY_TYPE", sql: "create table ct(a int); copy ct (a) from stdin;\nsecret\n\\.\n", state: "22P02", want: outcome.CopyFailed},
	{name: "COPY_RANGE", sql: "create table cr(a int); copy cr (a) from stdin;\n99999999999\n\\.\n", state: "22003", want: outcome.CopyFailed},
	{name: "COPY_DATE", sql: "create table cd(a date); copy cd (a) from stdin;\n2026-99-99\n\\.\n", state: "22008", want: outcome.CopyFailed},
	{name: "COPY_JSON", sql: "create table cj(a jsonb); copy cj (a) from stdin;\n{secret\n\\.\n", state: "22P02", want: outcome.CopyFailed},
	{name: "COPY_LENGTH", sql: "create table cl(a varchar(3)); copy cl (a) from stdin;\nsecret\n\\.\n", state: "22001", want: outcome.CopyFailed},
	{name: "COPY_ENUM", sql: "create type mood as enum ('ok'); create table ce(a mood); copy ce (a) from stdin;\nsecret\n\\.\n", state: "22P02", want: outcome.CopyFailed},
	{name: "COPY_BYTEA", sql: "create table cb(a bytea); copy cb (a) from stdin;\n\\\\xabc\n\\.\n", state: "22023", want: outcome.CopyFailed},
	{name: "COPY_COLUMNS", sql: "create table cc(a int); copy cc (a) from stdin;\n1\t4711\n\\.\n", state: "22P04", want: outcome.CopyFailed},
	{name: "PLAIN_TRUNCATED_ROW", sql: "create table tr(a int, b int); copy tr (a, b) from stdin;\n4711\n\\.\n", state: "22P04", want: outcome.CopyFailed},
	{name: "PLAIN_TRUNCATED_STMT", sql: "do $$ begin execute 'create table x ('; end $$", state: "42601", want: outcome.RestoreFailed},
	{name: "ALREADY_EXISTS table", sql: "create table ae(a int); create table ae(a int)", state: "42P07", want: outcome.ObjectExists},
	{name: "ALREADY_EXISTS schema", sql: "create schema public", state: "42P06", want: outcome.ObjectExists},
	{name: "ALREADY_EXISTS function", sql: "create function af() returns int language sql as 'select 1'; create function af() returns int language sql as 'select 1'", state: "42723", want: outcome.ObjectExists},
	{name: "ALREADY_EXISTS key", sql: "create table ak(a int primary key); alter table ak add primary key (a)", state: "42P16", want: outcome.ObjectExists},
	{name: "ALREADY_EXISTS policy", sql: "create table ap(a int); create policy p on ap; create policy p on ap", state: "42710", want: outcome.ObjectExists},
	{name: "EXT_OWNER", sql: asSomebody + "comment on extension plpgsql is 'x'", state: "42501", want: outcome.RestoreFailed},
	{name: "SUPERUSER_ONLY", sql: "create function et() returns event_trigger language plpgsql as 'begin end'; " + asSomebody + "create event trigger e on ddl_command_end execute function et()", state: "42501", want: outcome.RestoreFailed},
	{name: "LOCKS", sql: "select pg_advisory_xact_lock(g) from generate_series(1, 1000000) g", state: "53200", want: outcome.SharedMemoryTooSmall},
	{name: "RAISE", sql: "create function ra() returns int language plpgsql as $$ begin raise exception 'secret'; end $$; select ra()", state: "P0001", want: outcome.RestoreFailed},
	{name: "ASSERT", sql: "create function asserts() returns int language plpgsql as $$ begin assert false, 'secret'; end $$; select asserts()", state: "P0004", want: outcome.RestoreFailed},
	{name: "RAISE with the SQLSTATE of another", sql: "create function rs() returns int language plpgsql as $$ begin raise exception using errcode = '22P02', message = 'of secret'; end $$; select rs()", state: "22P02", want: outcome.RestoreFailed},
	{name: "TERMINATED", sql: "select pg_terminate_backend(pg_backend_pid())", state: "57P01", want: outcome.SandboxLost},
}

// inliner creates an SQL function that Postgres inlines into the calling query.
const inliner = `create function inner_g(t text) returns text language sql immutable as 'select t';
	create function g(t text) returns text language sql as 'select inner_g(t)';
	create table w(a text); insert into w values ('x'); `

func TestErrorsOfEveryMajor(t *testing.T) {
	t.Parallel()
	for _, major := range images.Majors("13", "15", "17", "18") {
		t.Run(major, func(t *testing.T) {
			t.Parallel()
			l := sharedLab(t, major)
			s := l.server(t)
			l.session(t, s, everyError())
			log := l.inPod(t, s, []string{"cat", s.Log.Path}, "")
			got := restore.Classified(log, s.Log.Format, s.User, s.Major)
			for i, c := range serverErrors {
				check(t, c, got[application(i)])
			}
		})
	}
}

// everyError returns a script in which each case sets its name, fails, and is rolled
// back.
func everyError() string {
	var b strings.Builder
	for i, c := range serverErrors {
		undo := "begin;\n"
		if strings.HasPrefix(c.sql, "create database") { // which no transaction allows
			undo = ""
		}
		fmt.Fprintf(&b, "set application_name = '%s';\n%s%s", application(i), undo, c.sql)
		if !strings.HasSuffix(c.sql, "\n") {
			b.WriteString(";\n")
		}
		b.WriteString("set application_name = 'between';\nrollback;\n")
	}
	return b.String()
}

func application(i int) string { return fmt.Sprintf("case_%d", i) }

// session runs a script in psql to its end and ignores its errors.
func (l *lab) session(t *testing.T, s provision.Server, script string) {
	t.Helper()
	var complaints bytes.Buffer
	code, err := s.Exec(t.Context(), sandbox.Command{
		Args: []string{"psql", "-Xq", "--host=127.0.0.1", "--username=" + s.User, "--dbname=" + s.Database},
		Env:  []string{"PGPASSWORD=" + s.Password.Reveal()}, Stdin: strings.NewReader(script), Stderr: &complaints,
	})
	if err != nil || code != 2 { // the last case ends the connection
		t.Fatalf("psql: exit code %d, %v\n%s", code, err, complaints.String())
	}
}

func check(t *testing.T, c serverError, f *outcome.Failure) {
	t.Helper()
	if f == nil {
		t.Errorf("%s: no error", c.name)
		return
	}
	if f.Code != c.want || c.state != "" && f.SQLState != c.state {
		t.Errorf("%s: %s with %s, want %s with %s: %v", c.name, f.Code, f.SQLState, c.want, c.state, f)
	}
	for _, said := range []string{f.Error(), f.Statement, f.Remedy(), f.Object, f.Function} {
		for _, value := range []string{"secret", "4711", "2026-99", "9999999"} {
			if strings.Contains(said, value) {
				t.Errorf("%s: the value %q shows in %q", c.name, value, said)
			}
		}
	}
}
