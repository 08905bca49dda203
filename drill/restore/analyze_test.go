package restore_test

import (
	"testing"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/fixtures/images"
)

// TestAnalyzeOverSeveralSessions compares which tables and columns have statistics with those of ANALYZE in one
// session.
func TestAnalyzeOverSeveralSessions(t *testing.T) {
	t.Parallel()
	for _, major := range images.Majors("13", "18") {
		t.Run(major, func(t *testing.T) {
			t.Parallel()
			l := sharedLab(t, major)
			const script = `create schema "a.b";
do $$ begin for i in 1..400 loop execute format('create table "a.b"."T %s" as select generate_series(1, 20) as n', i); end loop; end $$;
create table parent (n int, note text); create table child () inherits (parent); insert into child select g, 'x' from generate_series(1, 100) g;
create table parts (n int) partition by range (n); create table low partition of parts for values from (0) to (50);
create table high partition of parts for values from (50) to (200) partition by range (n); create table highest partition of high for values from (100) to (200);
insert into parts select g from generate_series(1, 20) g; insert into parts select g from generate_series(100, 120) g;
create materialized view filled as select n from parts; create materialized view empty as select n from parts with no data;
create unlogged table u as select 1 as n; create table nothing (n int);`
			const state = `select c.oid::regclass, s.inherited, s.attname, s.n_distinct from pg_class c left join pg_namespace n on n.oid = c.relnamespace
left join pg_stats s on s.schemaname = n.nspname and s.tablename = c.relname where n.nspname in ('public', 'a.b') and c.relkind in ('r', 'm', 'p') order by 1, 2, 3`
			dump := []byte(script)
			read := func(jobs int) string {
				s, restored, f := l.drill(t, job{dump: dump, change: plain, config: config.Restore{Jobs: jobs}})
				if f != nil || len(restored.Findings) > 0 {
					t.Fatalf("%d jobs: %v, %+v", jobs, f, restored.Findings)
				}
				if catalogs := l.psql(t, s, s.Database, "select count(*) > 0 from pg_stats where schemaname = 'pg_catalog'"); catalogs != "t\n" {
					t.Errorf("%d jobs: the catalogs have no statistics", jobs)
				}
				return l.psql(t, s, s.Database, state)
			}
			if one, three := read(1), read(3); one != three {
				t.Errorf("one session:\n%s\nthree:\n%s", one, three)
			}
		})
	}
}

// TestAnalyzeRunsNoNamesOfTheDump checks that a function of the dump cannot name what is analyzed.
func TestAnalyzeRunsNoNamesOfTheDump(t *testing.T) {
	t.Parallel()
	l := sharedLab(t, "15")
	const script = `do $$ begin for i in 1..400 loop execute format('create table t%s (n int)', i); end loop; end $$;
create schema evil;
create function evil.format(text, name, name) returns text language sql as $$ select 'public.t1; create table public.injected (); analyze public.t1' $$;
do $$ begin execute pg_catalog.format('alter database %I set search_path = evil, pg_catalog', current_database()); end $$;`
	s, restored, f := l.drill(t, job{dump: []byte(script), change: plain, config: config.Restore{Jobs: 3}})
	if f != nil || len(restored.Findings) > 0 {
		t.Fatalf("%v, %+v", f, restored.Findings)
	}
	if got := l.psql(t, s, s.Database, "select to_regclass('public.injected') is null, (select count(*) > 300 from pg_catalog.pg_class where relname ~ '^t[0-9]+$' and reltuples = 0)"); got != "t|t\n" {
		t.Errorf("got %s", got)
	}
}
