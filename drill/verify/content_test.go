package verify

import (
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
)

// everything creates one object of each kind that a dump names.
const everything = `
create schema shop;
create type shop.mood as enum ('ok'); create domain shop.amount as int constraint positive check (value > 0);
create table shop."Users" (id int generated always as identity primary key, email text constraint mail check (email <> ''));
create table shop.orders (id serial, user_id int, at date, primary key (id, at)) partition by range (at);
create table shop.orders_1 partition of shop.orders for values from ('2026-01-01') to ('2026-02-01');
create index orders_at on shop.orders (at);
alter table shop.orders add constraint orders_user foreign key (user_id) references shop."Users";
create view shop.v as select 1 as one; create materialized view shop.m as select 2 as two;
create function shop.f(int) returns int language sql as 'select $1';
create procedure shop.p() language sql as 'select 1';
create function shop.t() returns trigger language plpgsql as 'begin return new; end';
create trigger touch before insert on shop.orders for each row execute function shop.t();
create aggregate shop.total (int) (sfunc = int4pl, stype = int);
alter table shop."Users" enable row level security; create policy mine on shop."Users" using (true);
create function shop.e() returns event_trigger language plpgsql as 'begin end';
create event trigger watch on ddl_command_end execute function shop.e();
create publication pub for table shop."Users";
create foreign data wrapper w; create server far foreign data wrapper w;
create foreign table shop.remote (id int) server far;
insert into shop."Users" (email) values ('a'), ('b'); insert into shop.orders (user_id, at) values (1, '2026-01-05')`

func promised() []inspect.Object {
	shop := func(kind inspect.Kind, name, table string) inspect.Object {
		return inspect.Object{Kind: kind, Schema: "shop", Name: name, Table: table}
	}
	return []inspect.Object{
		{Kind: inspect.KindSchema, Name: "shop"},
		shop(inspect.KindType, "mood", ""), shop(inspect.KindType, "amount", ""),
		shop(inspect.KindConstraint, "positive", "amount"),
		shop(inspect.KindTable, "Users", ""), shop(inspect.KindTable, "orders", ""), shop(inspect.KindTable, "orders_1", ""),
		shop(inspect.KindSequence, "Users_id_seq", ""), shop(inspect.KindSequence, "orders_id_seq", ""),
		shop(inspect.KindConstraint, "Users_pkey", "Users"), shop(inspect.KindConstraint, "mail", "Users"),
		shop(inspect.KindConstraint, "orders_1_pkey", "orders_1"),
		shop(inspect.KindForeignKey, "orders_user", "orders"),
		shop(inspect.KindIndex, "orders_at", "orders"), shop(inspect.KindIndex, "orders_1_at_idx", "orders_1"),
		shop(inspect.KindView, "v", ""), shop(inspect.KindMaterializedView, "m", ""),
		shop(inspect.KindFunction, "f", ""), shop(inspect.KindFunction, "p", ""), shop(inspect.KindFunction, "total", ""),
		shop(inspect.KindFunction, "t()", ""),
		shop(inspect.KindTrigger, "touch", "orders"), shop(inspect.KindPolicy, "mine", "Users"),
		{Kind: inspect.KindEventTrigger, Name: "watch"},
		{Kind: inspect.KindPublication, Name: "pub"},
		{Kind: inspect.KindServer, Name: "far"},
		shop(inspect.KindForeignTable, "remote", ""),
	}
}

func TestContentComplete(t *testing.T) {
	s := restored(t, everything)
	c := inspect.Promise{
		Objects: promised(),
		Tables: []inspect.Table{
			{Schema: "shop", Name: "Users", Rows: 2, Data: true},
			{Schema: "shop", Name: "orders_1", Rows: 1, Data: true},
			{Schema: "shop", Name: "orders", Rows: 0},
			{Schema: "shop", Name: "remote", Rows: 3, Data: true},
		},
	}
	report, code, text := verifyAll(t, Verifier{}, s, c)
	if code != "" {
		t.Fatalf("%s: %s", code, text)
	}
	want(t, "objects", named(t, report, "objects").Saw, "27 of 27")
	want(t, "rows", named(t, report, "rows").Expect, "3 rows in 2 tables, as the dump promises")
	want(t, "findings", findings(report.Findings), nil)
}

// TestContentMissing removes one object of each kind. Each must be reported by name.
func TestContentMissing(t *testing.T) {
	s := restored(t, `create schema shop; create table shop.orders (id int primary key)`)
	c := inspect.Promise{Objects: promised()}
	report, code, text := verifyAll(t, Verifier{}, s, c)
	want(t, "code", code, outcome.ContentIncomplete)
	want(t, "text", text, `type shop.mood is missing; type shop.amount is missing; constraint positive on shop.amount is missing; and 22 more`)
	want(t, "saw", named(t, report, "objects").Saw, "2 of 27")
}

func TestNamesCompareExactly(t *testing.T) {
	s := restored(t, `create table "Orders" (id int); create table other (id int constraint c check (id > 0))`)
	_, code, text := verifyAll(t, Verifier{}, s, inspect.Promise{Objects: []inspect.Object{
		{Kind: inspect.KindTable, Schema: "public", Name: "orders"},
		{Kind: inspect.KindConstraint, Schema: "public", Name: "c", Table: "Orders"},
	}})
	want(t, "code", code, outcome.ContentIncomplete)
	want(t, "text", text, `table public.orders is missing; constraint c on public."Orders" is missing`)
}

func TestRows(t *testing.T) {
	cases := []struct {
		name, script string
		tables       []inspect.Table
		code         outcome.Code
		text         string
		status       outcome.CheckStatus
		findings     []string
	}{
		{
			name:   "fewer",
			script: `create table a (id int); insert into a select generate_series(1, 10000)`,
			tables: []inspect.Table{{Schema: "public", Name: "a", Rows: 20000, Data: true}},
			code:   outcome.ContentIncomplete, text: "public.a: 20,000 rows promised, 10,000 restored", status: "failed",
		},
		{
			name:   "more",
			script: `create table a (id int); insert into a values (1), (2)`,
			tables: []inspect.Table{{Schema: "public", Name: "a", Rows: 1, Data: true}},
			status: "passed", findings: []string{"rows_added"},
		},
		{
			name:   "omitted from the dump",
			script: `create table a (id int)`,
			tables: []inspect.Table{{Schema: "public", Name: "a"}},
			status: "unknown",
		},
		{
			name:   "number not known",
			script: `create table a (id int); insert into a values (1)`,
			tables: []inspect.Table{{Schema: "public", Name: "a", Rows: -1, Data: true}},
			status: "unknown",
		},
		{
			// A child's rows are its own: the parent is dumped with COPY … ONLY.
			name:   "inheritance",
			script: `create table a (id int); create table b () inherits (a); insert into b values (1), (2)`,
			tables: []inspect.Table{{Schema: "public", Name: "a", Rows: 1, Data: true}, {Schema: "public", Name: "b", Rows: 2, Data: true}},
			code:   outcome.ContentIncomplete, text: "public.a: 1 row promised, 0 restored", status: "failed",
		},
		{
			// pg_dump --load-via-partition-root: rows may land in another partition.
			name: "moved between partitions",
			script: `create table a (id int) partition by list (id);
create table a1 partition of a for values in (1); create table a2 partition of a for values in (2);
insert into a values (1), (1), (2)`,
			tables: []inspect.Table{{Schema: "public", Name: "a1", Rows: 1, Data: true}, {Schema: "public", Name: "a2", Rows: 2, Data: true}},
			status: "passed",
		},
		{
			name: "lost from a partition",
			script: `create table a (id int) partition by list (id);
create table a1 partition of a for values in (1); create table a2 partition of a for values in (2);
insert into a values (1), (1)`,
			tables: []inspect.Table{{Schema: "public", Name: "a", Rows: 3, Data: true}},
			code:   outcome.ContentIncomplete, text: "public.a: 3 rows promised, 2 restored", status: "failed",
		},
	}
	s := restored(t, "")
	session := s.session(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s.refill(t, c.script)
			v := checkRows(read(t, session), c.tables)
			code, text := v.failure()
			want(t, "code", code, c.code)
			want(t, "text", text, c.text)
			want(t, "status", v.check.Status, c.status)
			want(t, "findings", findings(v.findings), c.findings)
		})
	}
}

// TestFilledTableMissing checks that a dump that only fills a table promises it too.
func TestFilledTableMissing(t *testing.T) {
	s := restored(t, `create table a (id int)`)
	_, code, text := verifyAll(t, Verifier{}, s, inspect.Promise{Tables: []inspect.Table{{Schema: "public", Name: "b", Rows: 1, Data: true}}})
	want(t, "code", code, outcome.ContentIncomplete)
	want(t, "text", text, "table public.b is missing")
}

func TestLargeObjects(t *testing.T) {
	s := restored(t, `select lo_create(0), lo_create(0)`)
	report, code, _ := verifyAll(t, Verifier{}, s, inspect.Promise{LargeObjects: 2})
	want(t, "code", code, "")
	want(t, "status", named(t, report, "large objects").Status, outcome.CheckPassed)

	_, code, text := verifyAll(t, Verifier{}, s, inspect.Promise{LargeObjects: 3})
	want(t, "code", code, outcome.ContentIncomplete)
	want(t, "text", text, "3 large objects promised, 2 restored")
}

func TestExtensions(t *testing.T) {
	s := restored(t, `create extension pg_trgm`)
	c := inspect.Promise{Objects: []inspect.Object{{Kind: inspect.KindExtension, Name: "pg_trgm"}}}
	report, code, _ := verifyAll(t, Verifier{}, s, c)
	want(t, "code", code, "")
	if saw := named(t, report, "extensions").Saw; !strings.HasPrefix(saw, "pg_trgm 1.") {
		t.Errorf("saw %q", saw)
	}
	c.Objects = append(c.Objects, inspect.Object{Kind: inspect.KindExtension, Name: "uuid-ossp"})
	_, code, text := verifyAll(t, Verifier{}, s, c)
	want(t, "code", code, outcome.ContentIncomplete)
	want(t, "text", text, "extension uuid-ossp is missing")
}
