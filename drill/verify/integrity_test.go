package verify

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/sandbox"
	"github.com/drillgres/drillgres/drill/snapshot"
)

func at(level string) Verifier {
	return Verifier{Config: config.Verify{Integrity: level, IntegrityWithin: config.Duration(10 * time.Minute)}}
}

// integrityStatuses returns the statuses of the integrity checks, by name.
func integrityStatuses(r Report) map[string]string {
	list := map[string]string{}
	for _, c := range r.Checks {
		switch c.Name {
		case "full read", "table pages", "index structure", "foreign keys", "dump again":
			list[c.Name] = string(c.Status)
		}
	}
	return list
}

// TestIntegrityLevels covers what each level checks in a sound database, what it
// rests on, and what it does not prove.
func TestIntegrityLevels(t *testing.T) {
	s := restored(t, `
create table users (id int primary key, name text, tags text[]); insert into users select g, 'u' || g, '{a}' from generate_series(1, 1000) g;
create index on users using gin (tags); create index on users using hash (name);
create table orders (id int primary key, user_id int references users); insert into orders select g, g from generate_series(1, 500) g;
create materialized view filled as select * from users; create unique index on filled (id);
create materialized view unfilled as select 1 as one with no data; create index on unfilled (one);
create table events (id int, at date, primary key (id, at)) partition by range (at);
create table events_1 partition of events for values from ('2026-01-01') to ('2026-02-01'); insert into events values (1, '2026-01-05');
create foreign data wrapper w; create server far foreign data wrapper w; create foreign table remote (id int) server far;
create table no_columns (); insert into no_columns default values; create unlogged table scratch (id int);
create table computed (a int, b int generated always as (a * 2) stored); insert into computed values (1);
alter table users enable row level security; alter table users force row level security; select lo_from_bytea(0, 'abc')`)
	cases := []struct {
		level                   string
		statuses                map[string]string
		read, pages, index, fks string // what the checks rest on
		notProved               []string
	}{
		{
			level: basic,
			statuses: map[string]string{
				"full read": "not_configured", "table pages": "not_configured", "index structure": "not_configured",
				"foreign keys": "not_configured", "dump again": "not_configured",
			},
			read: "nothing: verify.integrity is basic", pages: "nothing: verify.integrity is basic", index: "nothing: verify.integrity is basic", fks: "nothing: verify.integrity is basic",
			notProved: []string{
				"that every value can be read", "the pages of tables", "the order within B-tree indexes", "rows against indexes",
				"foreign keys against rows", "another dump", "2 indexes of other kinds (gin, hash)",
				"1 foreign table", "1 unfilled materialised view", "Postgres' own catalogs", "that the values are production's",
			},
		},
		{
			level: standard,
			statuses: map[string]string{
				"full read": "passed", "table pages": "passed", "index structure": "passed",
				"foreign keys": "not_configured", "dump again": "not_configured",
			},
			read: "COPY to nowhere of 8 tables", pages: "verify_heapam of 8 tables", index: "bt_index_check of 5 indexes", fks: "nothing: verify.integrity is standard",
			notProved: []string{
				"rows against indexes", "foreign keys against rows", "another dump",
				"2 indexes of other kinds (gin, hash)", "1 foreign table", "1 unfilled materialised view", "Postgres' own catalogs", "that the values are production's",
			},
		},
		{
			level: deep,
			statuses: map[string]string{
				"full read": "passed", "table pages": "passed", "index structure": "passed", "foreign keys": "passed", "dump again": "passed",
			},
			read: "COPY to nowhere of 8 tables", pages: "verify_heapam of 8 tables", index: "bt_index_check with heapallindexed of 5 indexes", fks: "an outer join of 1 foreign key",
			notProved: []string{
				"2 indexes of other kinds (gin, hash)", "1 foreign table", "1 unfilled materialised view", "Postgres' own catalogs", "that the values are production's",
			},
		},
	}
	for _, c := range cases {
		t.Run(c.level, func(t *testing.T) {
			report, code, text := verifyAll(t, at(c.level), s, inspect.Promise{})
			want(t, "failure", string(code)+text, "")
			want(t, "statuses", integrityStatuses(report), c.statuses)
			rests := []string{}
			for _, name := range []string{"full read", "table pages", "index structure", "foreign keys"} {
				rests = append(rests, named(t, report, name).RestsOn)
			}
			want(t, "rests on", rests, []string{c.read, c.pages, c.index, c.fks})
			want(t, "integrity", report.Integrity, outcome.Integrity{Level: c.level, NotProved: append([]string{nothingPromised}, c.notProved...)})
			want(t, "findings", findings(report.Findings), nil)
		})
	}
}

// TestEveryCheckNamesItsEvidence covers every level. Every check must also end in
// one of the four statuses.
func TestEveryCheckNamesItsEvidence(t *testing.T) {
	s := restored(t, `create table a (id serial primary key, at date); insert into a (at) values ('2026-11-19')`)
	promised := inspect.Promise{
		Objects: []inspect.Object{{Kind: inspect.KindTable, Schema: "public", Name: "a"}}, LargeObjects: 1,
		Tables: []inspect.Table{{Schema: "public", Name: "a", Rows: 1, Data: true}},
	}
	configured := config.Verify{
		Tables:  map[string]config.Table{"public.a": {Newest: &config.Newest{Column: "at", Within: 1}}},
		Queries: []config.Query{{Name: "q", SQL: "select 1", Expect: sqlExpr(t, "value == 1")}},
	}
	for _, c := range []inspect.Promise{{}, promised} {
		for _, v := range []config.Verify{{Integrity: basic}, {Integrity: standard}, {Integrity: deep}, {Integrity: deep, IntegrityWithin: 1}, configured} {
			report, _, _ := verifyAll(t, Verifier{Config: v}, s, c)
			for _, check := range report.Checks {
				if check.RestsOn == "" {
					t.Errorf("%s at %q: %s without evidence", check.Name, v.Integrity, check.Status)
				}
				switch check.Status {
				case outcome.CheckPassed, outcome.CheckFailed, outcome.CheckUnknown, outcome.CheckNotConfigured:
				default:
					t.Errorf("%s ended in %q", check.Name, check.Status)
				}
			}
		}
	}
}

// TestIndexOutOfOrder changes the sort order of an index after its creation.
func TestIndexOutOfOrder(t *testing.T) {
	s := restored(t, `
create function cmp(int, int) returns int language sql immutable as 'select case when $1 < $2 then -1 when $1 > $2 then 1 else 0 end';
create operator class odd for type int using btree as operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 cmp(int, int);
create table t (id int); insert into t select generate_series(1, 2000); create index "t odd" on t (id odd); create index t_good on t (id);
create or replace function cmp(int, int) returns int language sql immutable as 'select case when $1 < $2 then 1 when $1 > $2 then -1 else 0 end'`)
	_, code, _ := verifyAll(t, at(basic), s, inspect.Promise{})
	want(t, "basic", code, "")
	report, code, text := verifyAll(t, at(standard), s, inspect.Promise{})
	want(t, "code", code, outcome.IndexCorrupt)
	want(t, "text", text, `public."t odd": item order invariant violated for index "t odd" (XX002)`)
	check := named(t, report, "index structure")
	want(t, "status", check.Status, outcome.CheckFailed)
	want(t, "saw", check.Saw, `2 indexes: public."t odd": item order invariant violated for index "t odd" (XX002)`)
	want(t, "reads", named(t, report, "full read").Status, outcome.CheckPassed)
}

// TestIndexLacksRows has damage that only a comparison with the rows finds.
func TestIndexLacksRows(t *testing.T) {
	s := restored(t, `create table t (id int); insert into t select generate_series(1, 100); create index i on t (id);
update pg_index set indisready = false, indisvalid = false where indexrelid = 'i'::regclass`)
	run(t, s.conn, `insert into t values (101)`)
	run(t, s.conn, `update pg_index set indisready = true, indisvalid = true where indexrelid = 'i'::regclass`)
	_, code, text := verifyAll(t, at(standard), s, inspect.Promise{})
	want(t, "standard", string(code)+text, "")
	_, code, text = verifyAll(t, at(deep), s, inspect.Promise{})
	want(t, "code", code, outcome.IndexCorrupt)
	want(t, "text", text, `public.i: heap tuple (0,101) from table "t" lacks matching index tuple within index "i" (XX001)`)
}

// withDamagedPage returns a copy of a database, with other bytes in the second page of the table docs, which the
// server has not read yet.
func withDamagedPage(t *testing.T, s fixture) fixture {
	t.Helper()
	copied := s
	copied.Database = s.Database + "_copy"
	var path string
	if err := s.conn.QueryRow(t.Context(), `select pg_relation_filepath('docs')`).Scan(&path); err != nil {
		t.Fatal(err)
	}
	provision.Close(t.Context(), s.conn)
	admin := connect(t, s.Server, "postgres")
	run(t, admin, fmt.Sprintf("create database %s template %s strategy file_copy", copied.Database, s.Database))
	dropLater(t, admin, copied.Database)
	var oid uint32
	if err := admin.QueryRow(t.Context(), "select oid from pg_database where datname = $1", copied.Database).Scan(&oid); err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(path, "/")
	parts[1] = fmt.Sprint(oid)
	inside(t, copied, "postgres", `printf garbage | dd of="$PGDATA/$0" bs=1 seek=$((8192 + 4000)) conv=notrunc status=none`, strings.Join(parts, "/"))
	return copied
}

func TestDamagedPage(t *testing.T) {
	s := restored(t, `create table sound (id int); insert into sound values (1);
create table docs (id int, body text); insert into docs select g, repeat('x', 100) from generate_series(1, 1000) g; checkpoint`)
	report, code, text := verifyAll(t, at(standard), withDamagedPage(t, s), inspect.Promise{})
	want(t, "code", code, outcome.SandboxLost)
	if !strings.Contains(text, "public.docs cannot be read: invalid page in block 1 of relation") || strings.Contains(text, "xxx") {
		t.Errorf("the failure is: %s", text)
	}
	want(t, "statuses", integrityStatuses(report)["full read"]+" "+integrityStatuses(report)["table pages"]+" "+integrityStatuses(report)["index structure"], "failed failed passed")
	rows := named(t, report, "rows")
	want(t, "rows", rows.Status, outcome.CheckFailed)
	want(t, "saw in rows", strings.HasPrefix(rows.Saw, "public.docs cannot be read: "), true)
}

// TestAnIndexIsNotReadInsteadOfItsTable has a table all of whose columns are in an index, and a database that prefers
// indexes.
func TestAnIndexIsNotReadInsteadOfItsTable(t *testing.T) {
	s := restored(t, `create table docs (id int, name text, primary key (id, name)); insert into docs select g, 'x' from generate_series(1, 1000) g`)
	run(t, s.conn, `checkpoint`)  // else vacuum may not know yet that the rows are committed
	run(t, s.conn, `vacuum docs`) // so that an index is enough to read the rows
	s = withDamagedPage(t, s)
	run(t, connect(t, s.Server, "postgres"), "alter database "+s.Database+" set enable_seqscan = off")
	report, code, _ := verifyAll(t, at(standard), s, inspect.Promise{})
	want(t, "code", code, outcome.SandboxLost)
	want(t, "full read", named(t, report, "full read").Status, outcome.CheckFailed)
}

// TestUnconvertedValuesAreRead has a table whose columns all have types that are not converted to text.
func TestUnconvertedValuesAreRead(t *testing.T) {
	s := restored(t, `create table docs (a int, b bigint, c uuid, d boolean, e float8);
insert into docs select g, g, md5(g::text)::uuid, true, g from generate_series(1, 1000) g`)
	report, code, text := verifyAll(t, at(standard), withDamagedPage(t, s), inspect.Promise{})
	want(t, "code", code, outcome.SandboxLost)
	want(t, "full read", named(t, report, "full read").Status, outcome.CheckFailed)
	if !strings.Contains(text, "public.docs cannot be read: invalid page in block 1 of relation") {
		t.Errorf("the failure is: %s", text)
	}
}

// inside runs a script in the Postgres container. The script finds its argument in $0.
func inside(t *testing.T, d fixture, user, script, argument string) {
	t.Helper()
	var said strings.Builder
	exit, err := d.Exec(t.Context(), sandbox.Command{Args: []string{"bash", "-c", script, argument}, User: user, Stdout: &said, Stderr: &said})
	if err != nil || exit != 0 {
		t.Fatalf("%s: exit %d, %v: %s", script, exit, err, said.String())
	}
}

// TestDamagedToast has sound pages, but a part of a value is lost.
func TestDamagedToast(t *testing.T) {
	s := restored(t, `create extension pg_surgery; create table docs (id int, body text); alter table docs alter body set storage external;
insert into docs select g, repeat('canary' || g, 2000) from generate_series(1, 20) g`)
	run(t, s.conn, `do $$ begin perform heap_force_kill((select reltoastrelid from pg_class where oid = 'docs'::regclass), array['(0,2)'::tid]); end $$`)
	report, code, text := verifyAll(t, at(standard), s, inspect.Promise{})
	want(t, "code", code, outcome.SandboxLost)
	for _, part := range []string{"public.docs cannot be read: ", "unexpected chunk number 2", "public.docs is damaged in 1 place, the first: block 0, item 1, column 1: toast value"} {
		if !strings.Contains(text, part) || strings.Contains(text, "canary") {
			t.Errorf("no %q in %s", part, text)
		}
	}
	want(t, "hint", strings.HasPrefix(outcome.AsFailure(reportError(t, at(standard), s)).Remedy(), "drill again on another machine"), true)
	want(t, "status", named(t, report, "table pages").Status, outcome.CheckFailed)
}

func reportError(t *testing.T, v Verifier, d fixture) error {
	t.Helper()
	_, err := v.Verify(t.Context(), d.Server, inspect.Promise{}, snapshot.At(taken), nil)
	return err
}

// TestDumpAgain has damage in the catalog, which only pg_dump finds.
func TestDumpAgain(t *testing.T) {
	s := restored(t, `create table t (id int); create function f() returns int language sql as 'select 1';
update pg_proc set prolang = 4711 where proname = 'f'`)
	_, code, text := verifyAll(t, at(standard), s, inspect.Promise{})
	want(t, "standard", string(code)+text, "")
	report, code, text := verifyAll(t, at(deep), s, inspect.Promise{})
	want(t, "code", code, outcome.ContentIncomplete)
	if !strings.HasPrefix(text, "pg_dump ended with exit code 1: ") || strings.Contains(text, "\n") {
		t.Errorf("the failure is: %s", text)
	}
	want(t, "rests on", named(t, report, "dump again").RestsOn, "pg_dump to nowhere of 1 database")
}
