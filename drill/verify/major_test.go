package verify

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/sandbox/docker"
	"github.com/drillgres/drillgres/drill/work"
	"github.com/drillgres/drillgres/fixtures/images"
)

// ofMajor returns a database on its own server of the given major.
func ofMajor(t *testing.T, major, script string) fixture {
	t.Helper()
	image, root, id := images.Postgres(t, major), t.TempDir(), "test-"+strings.ToLower(rand.Text())
	dir, err := work.New(root, id)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dir.Close() })
	engine, err := docker.Connect(t.Context(), docker.Options{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	p := provision.Provisioner{
		Opener: engine, RunID: id, WorkDir: dir.Shared, Database: "shop",
		Config:  config.Postgres{Version: major, Image: config.Text(image), Memory: 512 << 20, ShmSize: 64 << 20},
		Restore: config.Restore{Profile: provision.Fast},
	}
	server, err := p.Provision(t.Context(), inspect.Needs{})
	if server.Pod != nil {
		t.Cleanup(func() { server.Close(context.WithoutCancel(t.Context())) })
	}
	if err != nil {
		t.Fatal(err)
	}
	d := fixture{server, connect(t, server, server.Database)}
	run(t, d.conn, script)
	return d
}

const inEveryMajor = `
create table t (id int primary key, tags text[], body text); insert into t select g, array['a' || g % 10, 'b'], repeat('x' || g, 3000) from generate_series(1, 500) g;
create index on t using gin (tags); create table c (t int references t); insert into c values (1)`

// TestOldestMajor has no verify_heapam; the other checks still run. Without
// amcheck, none of its checks passes.
func TestOldestMajor(t *testing.T) {
	s := ofMajor(t, "13", inEveryMajor)
	report, code, text := verifyAll(t, at(deep), s, inspect.Promise{})
	want(t, "failure", string(code)+text, "")
	want(t, "statuses", integrityStatuses(report), map[string]string{
		"full read": "passed", "table pages": "unknown", "index structure": "passed", "foreign keys": "passed", "dump again": "passed",
	})
	want(t, "saw", named(t, report, "table pages").Saw, "Postgres 13 has no verify_heapam")
	want(t, "not proved", report.Integrity.NotProved, []string{
		nothingPromised, "the pages of tables", "1 index of other kinds (gin)", "Postgres' own catalogs", "that the values are production's",
	})
	want(t, "findings", findings(report.Findings), nil)

	t.Run("operators that SQL does not name", func(t *testing.T) { checkHiddenOperators(t, s) })

	t.Run("an event trigger that cannot be disabled", func(t *testing.T) {
		run(t, s.conn, `create function no_ddl() returns event_trigger language plpgsql as $$ begin raise 'canary'; end $$;
create event trigger always on ddl_command_start execute function no_ddl()`)
		run(t, s.conn, `alter event trigger always enable always`)
		report, code, text := verifyAll(t, at(standard), s, inspect.Promise{})
		want(t, "failure", string(code)+text, "")
		withoutAmcheck(t, report, "a function raised an exception (text hidden) (P0001)", "check the event triggers")
		run(t, s.conn, `drop event trigger always`)
	})
	t.Run("no amcheck in the image", func(t *testing.T) {
		inside(t, s, "root", `rm "$0"`, "/usr/lib/postgresql/13/lib/amcheck.so")
		report, code, text := verifyAll(t, at(standard), s, inspect.Promise{})
		want(t, "failure", string(code)+text, "")
		withoutAmcheck(t, report, `could not access file "$libdir/amcheck": No such file or directory (58P01)`, "set postgres.image")
		want(t, "full read", named(t, report, "full read").Status, outcome.CheckPassed)
	})
	t.Run("no pg_dump in the image", func(t *testing.T) {
		inside(t, s, "root", `rm -f "$0" /usr/bin/pg_dump`, "/usr/lib/postgresql/13/bin/pg_dump")
		report, code, text := verifyAll(t, at(deep), s, inspect.Promise{})
		want(t, "failure", string(code)+text, "")
		want(t, "status", named(t, report, "dump again").Status, outcome.CheckUnknown)
		want(t, "saw", named(t, report, "dump again").Saw, "1 database; pg_dump could not be checked: the image has no pg_dump")
	})
}

func withoutAmcheck(t *testing.T, r Report, why, hint string) {
	t.Helper()
	for _, name := range []string{"table pages", "index structure"} {
		c := named(t, r, name)
		want(t, name, []string{string(c.Status), c.Saw, c.RestsOn}, []string{"unknown", "no amcheck: " + why, "nothing"})
	}
	if len(r.Findings) != 1 || r.Findings[0].Code != "amcheck_missing" || !strings.Contains(r.Findings[0].Message, why) || !strings.HasPrefix(r.Findings[0].Hint, hint) {
		t.Errorf("findings: %+v", r.Findings)
	}
}

// TestNewestMajor covers GIN indexes and the features of Postgres 18.
func TestNewestMajor(t *testing.T) {
	s := ofMajor(t, "18", inEveryMajor+`;
create table virtual (a int, b int generated always as (1 / a) virtual); insert into virtual values (0);
create table not_enforced (t int references t not enforced); insert into not_enforced values (4711);
create extension btree_gist; create table p (id int, span daterange, primary key (id, span without overlaps));
create table during (id int, span daterange, foreign key (id, period span) references p)`)
	report, code, text := verifyAll(t, at(deep), s, inspect.Promise{})
	want(t, "failure", string(code)+text, "")
	want(t, "statuses", integrityStatuses(report), map[string]string{
		"full read": "passed", "table pages": "passed", "index structure": "passed", "foreign keys": "passed", "dump again": "passed",
	})
	want(t, "rests on", named(t, report, "index structure").RestsOn, "bt_index_check with heapallindexed of 1 index, gin_index_check of 1 index")
	want(t, "not proved", report.Integrity.NotProved, []string{
		nothingPromised, "1 index of other kinds (gist)", "1 foreign key over periods", "Postgres' own catalogs", "that the values are production's",
	})
	t.Run("operators that SQL does not name", func(t *testing.T) { checkHiddenOperators(t, s) })
}
