package verify

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/snapshot"
)

// taken is the time of the backups of these tests.
var taken = time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)

// fixture is one restored database, with a connection that can change it.
type fixture struct {
	provision.Server
	conn *pgx.Conn
}

// restored runs the script in a new database of the test.
func restored(t *testing.T, script string) fixture {
	t.Helper()
	s := shared.Get(t)
	s.Database = "verify_" + strings.Map(letter, strings.ToLower(t.Name()))
	admin := connect(t, s, "postgres")
	run(t, admin, "create database "+s.Database+" template template0")
	dropLater(t, admin, s.Database)
	d := fixture{s, connect(t, s, s.Database)}
	run(t, d.conn, script)
	return d
}

// dropLater drops the database at the end of the test, before the connection is
// closed.
func dropLater(t *testing.T, admin *pgx.Conn, database string) {
	t.Helper()
	t.Cleanup(func() {
		if _, err := admin.Exec(context.WithoutCancel(t.Context()), "drop database "+database+" with (force)"); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
}

// refill empties the database and runs another script in it, which is quicker than
// a new database.
func (d fixture) refill(t *testing.T, script string) {
	t.Helper()
	run(t, d.conn, "drop schema public cascade; create schema public; "+script)
}

// session returns a connection like that of the checks.
func (d fixture) session(t *testing.T) *pgx.Conn {
	t.Helper()
	conn, err := openReadOnly(t.Context(), d.Server)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { provision.Close(t.Context(), conn) })
	return conn
}

// read returns the database that the checks read.
func read(t *testing.T, conn *pgx.Conn) *database {
	t.Helper()
	db, err := readDatabase(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.count(t.Context(), &sessions{first: conn}, nil); err != nil {
		t.Fatal(err)
	}
	return db
}

// failure returns the failure that the problems of a check cause.
func (v verdict) failure() (code outcome.Code, text string) {
	if err := mostSevere(v.problems); err != nil {
		return outcome.AsFailure(err).Code, err.Error()
	}
	return "", ""
}

func letter(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
		return r
	}
	return '_'
}

func connect(t *testing.T, s provision.Server, database string) *pgx.Conn {
	t.Helper()
	conn, err := provision.Connect(t.Context(), s, database, s.User, s.Password)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

func run(t *testing.T, conn *pgx.Conn, script string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), script, pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatalf("%s: %v", script, err)
	}
}

// verifyAll runs Verify and returns the report, and the code and text of the failure.
func verifyAll(t *testing.T, v Verifier, d fixture, promised inspect.Promise) (Report, outcome.Code, string) {
	t.Helper()
	report, err := v.Verify(t.Context(), d.Server, promised, snapshot.At(taken), nil)
	for _, c := range report.Checks {
		if c.ConfigPath != "verify" && c.ConfigPath != "restore.after" && !strings.HasPrefix(c.ConfigPath, "verify.") {
			t.Errorf("check %q has config path %q", c.Name, c.ConfigPath)
		}
	}
	if err == nil {
		return report, "", ""
	}
	var f *outcome.Failure
	if !errors.As(err, &f) {
		t.Fatalf("not a Failure: %v", err)
	}
	return report, f.Code, f.Error()
}

// named returns the check of the report with that name.
func named(t *testing.T, r Report, name string) outcome.Check {
	t.Helper()
	for _, c := range r.Checks {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no check %q in %+v", name, r.Checks)
	return outcome.Check{}
}

func findings(list []outcome.Finding) []string {
	var codes []string
	for _, f := range list {
		codes = append(codes, f.Code)
	}
	return codes
}

func want[T any](t *testing.T, what string, got, expected T) {
	t.Helper()
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// TestNothingPromisedNothingConfigured checks that only the checks run that need
// neither a promise nor a config, and that the result says so.
func TestNothingPromisedNothingConfigured(t *testing.T) {
	s := restored(t, `create table a (id int primary key); insert into a values (1), (2)`)
	report, code, text := verifyAll(t, Verifier{}, s, inspect.Promise{})
	if code != "" {
		t.Fatalf("%s: %s", code, text)
	}
	statuses := map[string]outcome.CheckStatus{}
	for _, c := range report.Checks {
		statuses[c.Name] = c.Status
		if c.Stage != outcome.Verify {
			t.Errorf("check %s is of stage %q", c.Name, c.Stage)
		}
	}
	want(t, "statuses", statuses, map[string]outcome.CheckStatus{
		"rows": "passed", "indexes": "passed", "constraints": "passed", "operators": "passed", "sequences": "passed", "tables": "not_configured", "queries": "not_configured",
		"full read": "passed", "table pages": "passed", "index structure": "passed", "foreign keys": "not_configured", "dump again": "not_configured",
		"drift": "not_configured",
	})
	want(t, "rows", named(t, report, "rows").Saw, "2 rows in 1 table")
	want(t, "not proved", report.Integrity.NotProved[0], "that nothing is missing (the backup promises nothing)")
}

// TestNothingPromised checks that a broken index and an expectation of the config
// fail the stage without a promise too.
func TestNothingPromised(t *testing.T) {
	s := restored(t, `create table a (id int); insert into a values (1); create index a_id on a (id);
update pg_index set indisvalid = false where indexrelid = 'a_id'::regclass`)
	v := Verifier{Config: config.Verify{
		Integrity: basic,
		Tables:    map[string]config.Table{"public.a": {MinRows: 10}},
		Queries:   []config.Query{{Name: "two", SQL: "select count(*) from a", Expect: sqlExpr(t, "value == 2")}},
	}}
	report, code, text := verifyAll(t, v, s, inspect.Promise{})
	want(t, "code", code, outcome.RowsMissing)
	want(t, "text", text, "public.a has 1 row, expected at least 10")
	for _, name := range []string{"indexes", "public.a", "two"} {
		want(t, name, named(t, report, name).Status, outcome.CheckFailed)
	}
}

// TestTables checks the list of tables: exact rows, partitions counted with their
// root, quoted names.
func TestTables(t *testing.T) {
	s := restored(t, `
create schema "My Shop";
create table "My Shop"."order" (id int); insert into "My Shop"."order" select generate_series(1, 1234);
create table parent (id int); create table child () inherits (parent);
insert into parent values (1); insert into child values (2), (3);
create table events (id int, at date) partition by range (at);
create table events_a partition of events for values from ('2026-01-01') to ('2026-02-01');
create table events_b partition of events for values from ('2026-02-01') to ('2026-03-01') partition by list (id);
create table events_b1 partition of events_b for values in (1);
insert into events values (7, '2026-01-05'), (1, '2026-02-05'), (1, '2026-02-06');
create view v as select * from parent;
create extension pg_trgm`)
	report, _, _ := verifyAll(t, Verifier{}, s, inspect.Promise{})
	got := map[string]int64{}
	var names []string
	for _, table := range report.Tables {
		got[table.Name] = table.Rows
		names = append(names, table.Name)
		if table.Rows > 0 && table.Bytes <= 0 {
			t.Errorf("%s: %d bytes", table.Name, table.Bytes)
		}
	}
	want(t, "rows", got, map[string]int64{`"My Shop"."order"`: 1234, "public.child": 2, "public.events": 3, "public.parent": 1})
	want(t, "order", names, []string{`"My Shop"."order"`, "public.child", "public.events", "public.parent"})
	if report.Extensions["pg_trgm"] == "" {
		t.Errorf("extensions: %v", report.Extensions)
	}
}

// TestWorstFirst checks that every check runs, and that the failure names the most
// severe problem.
func TestWorstFirst(t *testing.T) {
	s := restored(t, `create table a (id int); create sequence q; create table b (id int primary key default nextval('q')); insert into b values (1)`)
	v := Verifier{Config: config.Verify{
		Tables:  map[string]config.Table{"public.a": {MinRows: 10}, "public.gone": {}},
		Queries: []config.Query{{Name: "broken", SQL: "select", Expect: sqlExpr(t, "value == 1")}},
	}}
	report, code, text := verifyAll(t, v, s, inspect.Promise{Objects: []inspect.Object{{Kind: inspect.KindTable, Schema: "public", Name: "a"}}})
	want(t, "code", code, outcome.TableMissing)
	want(t, "text", text, "table public.gone does not exist")
	for _, name := range []string{"public.a", "public.gone", "sequences", "broken"} {
		want(t, name, named(t, report, name).Status, outcome.CheckFailed)
	}
	want(t, "objects", named(t, report, "objects").Status, outcome.CheckPassed)
}

// TestInterrupted checks that a cancelled drill is neither a bad backup nor a lost
// sandbox.
func TestInterrupted(t *testing.T) {
	s := restored(t, `create table a (id int)`)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Verifier{}.Verify(ctx, s.Server, inspect.Promise{}, snapshot.At(taken), nil)
	want(t, "code", outcome.AsFailure(err).Code, outcome.Interrupted)
}

// TestHostileNames checks that objects with the names of Postgres' own do not
// deceive the checks.
func TestHostileNames(t *testing.T) {
	s := restored(t, `
create table orders (id int); insert into orders select generate_series(1, 10);
create schema evil; alter database `+"verify_testhostilenames"+` set search_path = evil, pg_catalog;
create view evil.pg_class as select null::oid as oid where false;
create function evil.count(int) returns bigint language sql as 'select 1000000::bigint'`)
	report, code, text := verifyAll(t, Verifier{}, s, inspect.Promise{Tables: []inspect.Table{{Schema: "public", Name: "orders", Rows: 20, Data: true}}})
	want(t, "code", code, outcome.ContentIncomplete)
	want(t, "text", text, "public.orders: 20 rows promised, 10 restored")
	want(t, "tables", report.Tables[0].Rows, 10)
}

func sqlExpr(t *testing.T, source string) config.Expr {
	t.Helper()
	e, err := config.CompileSQL(source)
	if err != nil {
		t.Fatal(err)
	}
	return e
}
