package verify

import (
	"testing"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
)

// TestNamesWithoutSchema looks up by name what the dump names without a schema.
func TestNamesWithoutSchema(t *testing.T) {
	s := restored(t, `create schema app; create schema other;
create table app.t (id int primary key); insert into app.t values (1), (2); create index t_id on app.t (id);
create table app.twice (id int); create table other.twice (id int); create sequence app.s; create function app.f() returns int language sql as 'select 1'`)
	object := func(kind inspect.Kind, name, table string) inspect.Object {
		return inspect.Object{Kind: kind, Name: name, Table: table}
	}
	objects := []inspect.Object{
		object(inspect.KindTable, "t", ""), object(inspect.KindConstraint, "t_pkey", "t"), object(inspect.KindIndex, "t_id", "t"),
		object(inspect.KindSequence, "s", ""), object(inspect.KindFunction, "f", ""),
	}
	rows := func(name string, n int64, columns ...string) inspect.Promise {
		return inspect.Promise{Objects: objects, Tables: []inspect.Table{{Name: name, Rows: n, Data: true, Columns: columns}}}
	}
	for _, c := range []struct {
		name    string
		promise inspect.Promise
		code    outcome.Code
		text    string
		status  outcome.CheckStatus // of the rows
	}{
		{"all there", rows("t", 2, "id"), "", "", outcome.CheckPassed},
		{"fewer rows", rows("t", 3), outcome.ContentIncomplete, "app.t: 3 rows promised, 2 restored", outcome.CheckFailed},
		{"a missing column", rows("t", 2, "gone"), outcome.ContentIncomplete, "column gone on t is missing", outcome.CheckPassed},
		{"a missing table", rows("u", 1, "id"), outcome.ContentIncomplete, "table u is missing", outcome.CheckUnknown},
		{"a table of the system", rows("pg_class", 1), outcome.ContentIncomplete, "table pg_class is missing", outcome.CheckUnknown},
		{"two tables of the name", rows("twice", 5), "", "", outcome.CheckUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			report, code, text := verifyAll(t, Verifier{}, s, c.promise)
			want(t, "code", code, c.code)
			want(t, "text", text, c.text)
			want(t, "rows", named(t, report, "rows").Status, c.status)
		})
	}
}

// TestUnreadNames lets the server convert the names that only a server can.
func TestUnreadNames(t *testing.T) {
	s := restored(t, `create table "가" ("나" int); insert into "가" values (1); create table "ㄱ" (id int)`)
	promise := inspect.Promise{
		Objects: []inspect.Object{{Kind: inspect.KindTable, Schema: "public", Name: "\xb0\xa1"}},
		Tables:  []inspect.Table{{Schema: "public", Name: "\xb0\xa1", Rows: 1, Data: true, Columns: []string{"\xb3\xaa"}}},
		Unread:  inspect.UnreadNames{Encoding: "UHC", Bytes: map[string]string{"\xb0\xa1": "\xb0\xa1", "\xb3\xaa": "\xb3\xaa"}},
	}
	report, code, text := verifyAll(t, Verifier{}, s, promise)
	want(t, "code", code, "")
	want(t, "text", text, "")
	want(t, "objects", named(t, report, "objects").Saw, "2 of 2")
	want(t, "rows", named(t, report, "rows").Status, outcome.CheckPassed)
	want(t, "the promise", promise.Tables[0].Columns[0], "\xb3\xaa")

	promise.Tables[0].Columns = []string{"\xb0\xa1"}
	_, code, text = verifyAll(t, Verifier{}, s, promise)
	want(t, "code of a missing column", code, outcome.ContentIncomplete)
	want(t, "text of a missing column", text, `column "가" on public."가" is missing`)

	for _, encoding := range []string{"EUC_TW", "no such encoding"} {
		promise.Objects = []inspect.Object{{Kind: inspect.KindTable, Schema: "public", Name: "\xb0\xa1"}, {Kind: inspect.KindSchema, Name: "public"}}
		promise.Unread = inspect.UnreadNames{Encoding: encoding, Bytes: map[string]string{"\xb0\xa1": "\xff"}}
		report, code, text = verifyAll(t, Verifier{}, s, promise)
		want(t, "code of a name that nothing converts", code, "")
		want(t, "text of a name that nothing converts", text, "")
		want(t, "its check", named(t, report, "objects").Status, outcome.CheckUnknown)
	}
}

// TestDataIsCounted counts the rows that could not be counted in the dump.
func TestDataIsCounted(t *testing.T) {
	const empty = "the dump is complete, but its tables have no rows after the restore"
	unknown := inspect.Promise{Tables: []inspect.Table{{Schema: "public", Name: "a", Rows: -1, Data: true}}}
	opaque := inspect.Promise{Opaque: true, Tables: []inspect.Table{{Schema: "public", Name: "a"}}}
	s := restored(t, "")
	for name, c := range map[string]struct {
		script  string
		promise inspect.Promise
		code    outcome.Code
	}{
		"no rows from a query":  {`create table a (id int)`, unknown, outcome.DumpNoData},
		"rows from a query":     {`create table a (id int); insert into a values (1)`, unknown, ""},
		"no rows from a block":  {`create table a (id int)`, opaque, outcome.DumpNoData},
		"only large objects":    {`create table a (id int); select lo_create(0)`, opaque, ""},
		"rows of an extension":  {`create table a (id int); create extension hstore; create table x (id int); insert into x values (1); alter extension hstore add table x`, opaque, outcome.DumpNoData},
		"known rows":            {`create table a (id int)`, inspect.Promise{Tables: []inspect.Table{{Schema: "public", Name: "a"}}}, ""},
		"rows in another table": {`create table a (id int); create schema b; create table b.b (id int); insert into b.b values (1)`, unknown, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s.refill(t, "select lo_unlink(oid) from pg_largeobject_metadata; drop schema if exists b cascade; drop extension if exists hstore; "+c.script)
			_, code, text := verifyAll(t, Verifier{}, s, c.promise)
			want(t, "code", code, c.code)
			if code != "" {
				want(t, "text", text, empty)
			}
			var allowed Verifier
			allowed.Config.AllowEmpty = true
			_, code, _ = verifyAll(t, allowed, s, c.promise)
			want(t, "code where no rows are allowed", code, "")
		})
	}
}
