package verify

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/snapshot"
)

func TestConfiguredTables(t *testing.T) {
	s := restored(t, `
create table users (id int); insert into users select generate_series(1, 1500);
create table "Order Items" (id int); create view v as select * from users; create materialized view m as select * from users;
create table parent (id int); create table child () inherits (parent); insert into child values (1), (2);
create table events (id int) partition by list (id); create table events_1 partition of events for values in (1); insert into events values (1)`)
	cases := []struct {
		table string
		min   int64
		code  outcome.Code
		text  string
		saw   string
	}{
		{table: "public.users", min: 1500, saw: "1,500 rows"},
		{table: "public.users", min: 1501, code: outcome.RowsMissing, text: "public.users has 1,500 rows, expected at least 1,501", saw: "1,500 rows"},
		{table: `public."Order Items"`, saw: "0 rows"},
		{table: `public."order items"`, code: outcome.TableMissing, text: `table public."order items" does not exist`, saw: "missing"},
		{table: "public.parent", min: 2, saw: "2 rows"},
		{table: "public.events", min: 1, saw: "1 row"},
		{table: "public.events_1", min: 1, saw: "1 row"},
		{table: "public.v", min: 1, saw: "1,500 rows"},
		{table: "public.m", min: 1, saw: "1,500 rows"},
	}
	session := s.session(t)
	db := read(t, session)
	for _, c := range cases {
		v, err := checkTable(t.Context(), session, db, c.table, c.min)
		if err != nil {
			t.Fatal(err)
		}
		code, text := v.failure()
		want(t, c.table, []string{string(code), text, v.check.Saw}, []string{string(c.code), c.text, c.saw})
	}
}

// TestNewest judges tables against a backup of 2026-11-20 03:00 UTC.
func TestNewest(t *testing.T) {
	s := restored(t, `
create domain moment as timestamptz;
create table orders (created_at timestamptz, local timestamp, day date, m moment, plan timestamptz, empty timestamptz, name text, "Odd Name" timestamptz);
insert into orders values ('2026-11-20 01:00+00', '2026-11-20 01:00', '2026-11-19', '2026-11-20 01:00+00', '2026-11-01 00:00+00', null, 'x', '2026-11-20 02:59:30+00'),
  ('2026-11-19 23:00+00', '2026-11-19 23:00', '2026-11-18', null, '2027-06-01 00:00+00', null, 'y', null),
  (null, null, null, null, 'infinity', null, 'z', null)`)
	cases := []struct {
		column string
		within time.Duration
		code   outcome.Code
		text   string
		saw    string
	}{
		{column: "created_at", within: 2 * time.Hour, saw: "newest 2026-11-20T01:00:00Z, 2h before the backup"},
		{
			column: "created_at", within: 119 * time.Minute, code: outcome.DataStale, saw: "newest 2026-11-20T01:00:00Z, 2h before the backup",
			text: "the newest public.orders.created_at is from 2026-11-20T01:00:00Z, 2h before the backup; at most 1h 59m is allowed",
		},
		{column: "local", within: 2 * time.Hour, saw: "newest 2026-11-20T01:00:00Z, 2h before the backup"},
		{column: "day", within: 3 * time.Hour, saw: "newest 2026-11-19, 3h before the backup"},
		{
			column: "day", within: 2 * time.Hour, code: outcome.DataStale, saw: "newest 2026-11-19, 3h before the backup",
			text: "the newest public.orders.day is from 2026-11-19, 3h before the backup; at most 2h is allowed",
		},
		{column: "m", within: 2 * time.Hour, saw: "newest 2026-11-20T01:00:00Z, 2h before the backup"},
		{column: "Odd Name", within: time.Hour, saw: "newest 2026-11-20T02:59:30Z, 30s before the backup"},
		{
			column: "plan", within: 26 * time.Hour, code: outcome.DataStale, saw: "newest 2026-11-01T00:00:00Z, 19d 3h before the backup",
			text: "the newest public.orders.plan is from 2026-11-01T00:00:00Z, 19d 3h before the backup; at most 26h is allowed",
		},
		{
			column: "empty", within: time.Hour, code: outcome.DataStale, saw: "no value before the backup",
			text: "public.orders.empty has no value from before the backup",
		},
		{column: "gone", within: time.Hour, code: outcome.QueryFailed, saw: "no such column", text: "public.orders has no column gone"},
		{
			column: "name", within: time.Hour, code: outcome.QueryFailed, saw: "its type is text",
			text: "public.orders.name is of type text: newest needs a date, timestamp or timestamptz",
		},
	}
	session := s.session(t)
	db := read(t, session)
	for _, c := range cases {
		newest := config.Newest{Column: c.column, Within: config.Duration(c.within)}
		v, err := checkNewest(t.Context(), session, db, "public.orders", newest, snapshot.At(taken))
		if err != nil {
			t.Fatal(err)
		}
		code, text := v.failure()
		want(t, c.column, []string{string(code), text, v.check.Saw}, []string{string(c.code), c.text, c.saw})
	}
}

func TestNewestOfAnUndatedBackup(t *testing.T) {
	s := restored(t, `create table a (at timestamptz); insert into a values ('1999-01-01')`)
	v := Verifier{Config: config.Verify{Tables: map[string]config.Table{
		"public.a": {Newest: &config.Newest{Column: "at", Within: config.Duration(time.Hour)}},
	}}}
	report, err := v.Verify(t.Context(), s.Server, inspect.Promise{}, snapshot.Range{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "status", named(t, report, "public.a newest at").Status, outcome.CheckUnknown)
	want(t, "table in the config", named(t, report, "public.a").ConfigPath, "verify.tables.public.a")
	want(t, "newest in the config", named(t, report, "public.a newest at").ConfigPath, "verify.tables.public.a.newest")
}

func TestQueries(t *testing.T) {
	s := restored(t, `
create table orders (id int, total numeric(10,2), paid boolean, tags text[], extra jsonb, at timestamptz, key uuid);
insert into orders select i, i * 1.5, i % 2 = 0, array['a','b'], '{"n": 3}', '2026-11-19', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11' from generate_series(1, 2000) i;
create schema app; create table app.t (id int); alter database verify_testqueries set search_path = app, public`)
	cases := []struct {
		sql, expect string
		status      outcome.CheckStatus
		saw         string
	}{
		{sql: "select count(*) from orders", expect: "value == 2000", status: "passed", saw: "2000"},
		{sql: "select count(*) from orders;", expect: "value > 2000", status: "failed", saw: "2000"},
		{sql: "select sum(total) from orders where id <= 2", expect: "value == 4.5", status: "passed", saw: "4.5"},
		{sql: "select sum(total) from orders where id = 2", expect: "value == 3", status: "passed", saw: "3"},
		{sql: "select 1e30::numeric", expect: "value > 1e29", status: "passed", saw: "1e+30"},
		{sql: "select true", expect: "value", status: "passed", saw: "true"},
		{sql: "select paid from orders where id = 1", expect: "not value", status: "passed", saw: "false"},
		{sql: "select null::int", expect: "value == nil", status: "passed", saw: "null"},
		{sql: "select 1 where false", expect: "value == nil && len(rows) == 0", status: "passed", saw: "no rows"},
		{sql: "select id, paid from orders order by id limit 2", expect: "rows[1].id == 2 && rows[1].paid", status: "passed", saw: "2 rows"},
		{sql: "select id from orders", expect: "len(rows) == 1000", status: "passed", saw: "more than 1000 rows"},
		{sql: "select tags, extra from orders limit 1", expect: `"b" in value && rows[0].extra.n == 3`, status: "passed", saw: "[a b]"},
		{sql: "select max(at) from orders", expect: `value < date("2026-11-20")`, status: "passed", saw: "2026-11-19T00:00:00Z"},
		{sql: "select key from orders limit 1", expect: `value startsWith "a0eebc99-"`, status: "passed", saw: `"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"`},
		{sql: "select interval '1 day 2 hours'", expect: `value > duration("25h")`, status: "passed", saw: "26h0m0s"},
		{sql: "select '10.0.0.1'::inet, '(1,2)'::point", expect: `value == "10.0.0.1"`, status: "passed", saw: `"10.0.0.1"`},
		{sql: "select repeat('x', 1000)", expect: "len(value) == 1000", status: "passed", saw: `"` + strings.Repeat("x", 199) + "…"},
		{sql: "select count(*) from t", expect: "value == 0", status: "passed", saw: "0"},
		{sql: "select count(*) from nothing", expect: "value == 0", status: "failed", saw: `relation "nothing" does not exist (42P01)`},
		{sql: "select 'secret-value'::int", expect: "value == 0", status: "failed", saw: `invalid input syntax for type integer (22P02)`},
		{sql: "delete from orders returning 1", expect: "value == 1", status: "failed", saw: "cannot execute DELETE in a read-only transaction (25006)"},
		{sql: "select 1; select 2", expect: "value == 1", status: "failed", saw: "cannot insert multiple commands into a prepared statement (42601)"},
		{sql: "commit", expect: "value == nil", status: "passed", saw: "no rows"},
		{sql: "select 'x'", expect: "value > 1", status: "failed", saw: `"x"`},
	}
	var queries []config.Query
	for _, c := range cases {
		queries = append(queries, config.Query{Name: c.sql, SQL: c.sql, Expect: sqlExpr(t, c.expect)})
	}
	report, code, text := verifyAll(t, Verifier{Config: config.Verify{Queries: queries}}, s, inspect.Promise{})
	for i, c := range cases {
		found := named(t, report, c.sql)
		want(t, c.sql+" in the config", found.ConfigPath, fmt.Sprintf("verify.queries[%d]", i))
		want(t, c.sql, []string{string(found.Status), found.Saw, found.Expect}, []string{string(c.status), c.saw, c.expect})
	}
	want(t, "code", code, outcome.QueryFailed)
	want(t, "text", text, `query "select count(*) from orders;": expected value > 2000, saw 2000; `+
		`query "select count(*) from nothing" did not run: relation "nothing" does not exist (42P01); `+
		`query "select 'secret-value'::int" did not run: invalid input syntax for type integer (22P02); and 3 more`)
}

func TestSlowQueryFailsUnderItsOwnName(t *testing.T) {
	s := restored(t, ``)
	v := Verifier{Config: config.Verify{Queries: []config.Query{
		{Name: "slow", SQL: "select pg_sleep(600)", Expect: sqlExpr(t, "true")},
		{Name: "quick", SQL: "select 1", Expect: sqlExpr(t, "value == 1")},
	}}}
	v.QueryWithin = 50 * time.Millisecond
	report, code, text := verifyAll(t, v, s, inspect.Promise{})
	want(t, "code", code, outcome.QueryFailed)
	want(t, "text", text, `query "slow" did not end within 50ms`)
	want(t, "quick", named(t, report, "quick").Status, outcome.CheckPassed)
}

// TestQueryAfterLostSettings: an error of a query does not prove that the backup is bad
// if a search_path of the database could not be restored.
func TestQueryAfterLostSettings(t *testing.T) {
	s := restored(t, `create schema app; create table app.hidden (id int)`)
	s.LostSettings = 1
	v := Verifier{Config: config.Verify{Queries: []config.Query{
		{Name: "by search_path", SQL: "select count(*) from hidden", Expect: sqlExpr(t, "value == 0")},
		{Name: "not met", SQL: "select 1", Expect: sqlExpr(t, "value == 0")},
	}}}
	report, code, text := verifyAll(t, v, s, inspect.Promise{})
	want(t, "code", code, outcome.QueryFailed)
	want(t, "text", text, `query "not met": expected value == 0, saw 1`)
	check := named(t, report, "by search_path")
	want(t, "status", check.Status, outcome.CheckUnknown)
	want(t, "saw", check.Saw, `did not run: relation "hidden" does not exist (42P01); settings of the database could not be restored`)
}
