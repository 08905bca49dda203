package drills

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/images"
	"github.com/drillgres/drillgres/fixtures/program"
	"github.com/drillgres/drillgres/fixtures/shop/production"
)

// nightly is a production that is backed up and drilled again and again.
type nightly struct {
	server *production.Server
	config string
	backup string
}

func newNightly(t *testing.T, verify string) *nightly {
	t.Helper()
	image := images.Postgres(t, "15")
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	server, err := production.Start(ctx, image)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		defer cancel()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	config := program.WriteConfig(t, fmt.Sprintf("version: 1\ndatabases:\n  shop:\n    backup: {from: ./nightly.dump}\n    postgres: {version: \"15\", image: %q}\n    verify: {%s}\n", image, verify))
	return &nightly{server, config, filepath.Join(filepath.Dir(config), "nightly.dump")}
}

// after changes the database and backs it up.
func (n *nightly) after(t *testing.T, change string) {
	t.Helper()
	if err := n.server.SQL(t.Context(), "postgres", change); err != nil {
		t.Fatal(err)
	}
	var dump bytes.Buffer
	if err := n.server.Dump(t.Context(), &dump, "-Fc", "postgres"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(n.backup, dump.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// drill drills the backup. It must pass, or drift.
func (n *nightly) drill(t *testing.T, passes bool) outcome.Result {
	t.Helper()
	r, exit, stderr := program.Drill(t, "--config", n.config)
	switch {
	case passes && (r.Verdict != outcome.VerdictPassed || exit != 0):
		t.Fatalf("%s, exit %d: %+v\n%s", r.Verdict, exit, r.Failure, stderr)
	case !passes && (r.Failure == nil || r.Failure.Code != outcome.ContentDrifted || r.Failure.Stage != outcome.Verify || exit != 3):
		t.Fatalf("%s, exit %d, %+v; want content_drifted", r.Verdict, exit, r.Failure)
	}
	return r
}

func driftOf(t *testing.T, r outcome.Result) outcome.Check {
	t.Helper()
	i := slices.IndexFunc(r.Checks, func(c outcome.Check) bool { return c.Name == "drift" })
	if i < 0 {
		t.Fatalf("no check of drift in %+v", r.Checks)
	}
	return r.Checks[i]
}

// finding returns the message of a finding, or "".
func finding(r outcome.Result, code string) string {
	for _, f := range r.Findings {
		if f.Code == code {
			return f.Message
		}
	}
	return ""
}

// comparedWith fails the test unless r was compared with the run was.
func comparedWith(t *testing.T, r, was outcome.Result, reason string) {
	t.Helper()
	if r.Baseline == nil || r.Baseline.RunID != was.RunID || r.Baseline.Accepted != reason {
		t.Errorf("compared with %+v, want run %s, accepted %q", r.Baseline, was.RunID, reason)
	}
}

// TestDrift goes through the nights of one database, by the whole program.
func TestDrift(t *testing.T) {
	t.Parallel()
	n := newNightly(t, "")
	n.after(t, `create table orders (id int primary key, paid bool); insert into orders select g, true from generate_series(1, 1000) g;
create table users (id int primary key); insert into users select generate_series(1, 300);
create table jobs (id int); insert into jobs select generate_series(1, 9)`)

	first := n.drill(t, true)
	if c := driftOf(t, first); c.Status != outcome.CheckUnknown || !strings.Contains(c.Saw, "nothing to compare with") || first.Baseline != nil {
		t.Errorf("the first drill: %+v, baseline %+v", c, first.Baseline)
	}

	n.after(t, `delete from jobs where id > 2`)
	second := n.drill(t, true)
	comparedWith(t, second, first, "")
	if c := driftOf(t, second); c.Status != outcome.CheckPassed || first.Schema.Fingerprint == "" || first.Schema.Fingerprint != second.Schema.Fingerprint {
		t.Errorf("the second: %+v, schema %q and %q", c, first.Schema.Fingerprint, second.Schema.Fingerprint)
	}

	n.after(t, `delete from orders where id > 700`)
	fewer := n.drill(t, false)
	comparedWith(t, fewer, second, "")
	if f := fewer.Failure; !strings.Contains(f.Message, "all tables together: 1,002 rows, were 1,302 (23.04% fewer") || !strings.Contains(f.Hint, "drillgres accept "+fewer.RunID) {
		t.Errorf("message %q, hint %q", f.Message, f.Hint)
	}
	if m := finding(fewer, "content_drifted"); !strings.Contains(m, "public.orders: 700 rows, were at least 1,000 in the last 2 verified backups (30% fewer") {
		t.Errorf("finding %q", m)
	}
	comparedWith(t, n.drill(t, false), second, "") // a drill that failed is not a baseline

	if _, exit, stderr := program.Run(t.Context(), t, "accept", fewer.RunID, "--config", n.config); exit != 2 {
		t.Errorf("accepted without a reason, exit %d: %s", exit, stderr)
	}
	if _, exit, stderr := program.Run(t.Context(), t, "accept", fewer.RunID, "--reason", "orders of 2019 are archived", "--config", n.config); exit != 0 {
		t.Fatalf("accept: exit %d: %s", exit, stderr)
	}
	stdout, exit, _ := program.Run(t.Context(), t, "run", "--progress", "none", "--config", n.config)
	if exit != 0 || !strings.Contains(stdout, "with run "+fewer.RunID) || !strings.Contains(stdout, "accepted: orders of 2019") {
		t.Errorf("exit %d, not compared with run %s:\n%s", exit, fewer.RunID, stdout)
	}

	if !*whole {
		return
	}
	n.after(t, `create table coupons (id int); create index on orders (paid); create function f() returns int language sql as 'select 1'`)
	changed := n.drill(t, true)
	if m := finding(changed, "schema_changed"); !strings.Contains(m, "new tables: public.coupons") || !strings.Contains(m, "tables changed: public.orders;") || !strings.Contains(m, "functions") {
		t.Errorf("a changed schema: %q in %+v", m, changed.Findings)
	}

	n.after(t, `drop table users`)
	gone := n.drill(t, false)
	comparedWith(t, gone, changed, "")
	if m := gone.Failure.Message; m != "table public.users is gone (it had 300 rows)" {
		t.Errorf("message %q", m)
	}
}

// TestDriftThatIsAllowed: limits of a table's own, and none at all.
func TestDriftThatIsAllowed(t *testing.T) {
	t.Parallel()
	n := newNightly(t, "drift: {tables: {public.jobs: off, public.sessions: 90%}}")
	n.after(t, `create table orders (id int); insert into orders select generate_series(1, 1000);
create table jobs (id int); insert into jobs select generate_series(1, 5000);
create table sessions (id int); insert into sessions select generate_series(1, 1000)`)
	n.drill(t, true)
	n.after(t, `drop table jobs; delete from sessions where id > 110`)
	r := n.drill(t, true)
	if m := finding(r, "schema_changed"); !strings.Contains(m, "tables gone: public.jobs") {
		t.Errorf("findings %+v", r.Findings)
	}
	n.after(t, `delete from sessions where id > 10`)
	if f := n.drill(t, false).Failure; !strings.Contains(f.Message, "verify.drift.tables allows 90%") {
		t.Errorf("message %q", f.Message)
	}
}
