package migrate_test

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/migrate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/fixtures/images"
	"github.com/drillgres/drillgres/fixtures/pgserver"
)

var shared = pgserver.Shared{Major: "15", Hosts: []string{"cache"}}

func TestMain(m *testing.M) { os.Exit(shared.Run(m)) }

// release returns an image with the clients of Postgres. Its environment names the
// column that its application reads.
func release(t *testing.T, reads string) string {
	t.Helper()
	images.NeedEngine(t)
	tag := "drillgres-test/release:" + strings.ToLower(rand.Text()[:12])
	build := exec.CommandContext(t.Context(), "docker", "build", "--quiet", "--tag", tag, "-")
	build.Stdin = strings.NewReader("FROM " + images.Postgres(t, "15") + "\nENV READS=" + reads + "\nENTRYPOINT []\n")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	shared.Later(func(ctx context.Context) error {
		return exec.CommandContext(ctx, "docker", "rmi", "--force", tag).Run()
	})
	return tag
}

// restored returns a server with a separate database that a role without superuser
// privileges owns.
func restored(t *testing.T) provision.Server {
	t.Helper()
	s := shared.Get(t)
	s.Database = "shop_" + strings.ToLower(rand.Text()[:12])
	s.Owner = "owner_of_" + s.Database
	do(t, s, s.Maintenance, "create role "+s.Owner)
	do(t, s, s.Maintenance, "create database "+s.Database+" owner "+s.Owner)
	do(t, s, s.Database, `set role `+s.Owner+`;
create table customers (id int primary key, name text not null, phone text);
insert into customers select i, 'name-canary-' || i, '555' from generate_series(1, 100) i;
create table carts (id int primary key); analyze`)
	t.Cleanup(func() { do(t, s, s.Maintenance, "drop database "+s.Database+" with (force)") })
	return s
}

func do(t *testing.T, s provision.Server, database, sql string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
	defer cancel()
	conn, err := provision.Connect(ctx, s, database, s.User, s.Password)
	if err != nil {
		t.Fatal(err)
	}
	defer provision.Close(ctx, conn)
	if _, err := conn.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatal(err)
	}
}

func sqlFiles(t *testing.T, sql ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i, text := range sql {
		if err := os.WriteFile(filepath.Join(dir, string(rune('1'+i))+".sql"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "*.sql")
}

// app returns an application that reads a column of the customers. The image
// determines which one.
func app(current, candidate string) *config.App {
	return &config.App{
		Image: config.Text(current), Candidate: config.Text(candidate), Port: 8080, Ready: config.Ready{Within: config.Duration(20 * time.Second)},
		Command: []string{"perl", "-MIO::Socket::INET", "-e", `$s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 8080, Listen => 5, ReuseAddr => 1); close $s->accept while 1`},
		Smoke: []config.Smoke{{
			Name: "customers are served", Within: config.Duration(20 * time.Second),
			Command: []string{"sh", "-c", `psql -XAtqc "select count($READS) from customers"`},
		}},
	}
}

func rehearse(t *testing.T, r migrate.Rehearsal, s provision.Server) (migrate.Report, *outcome.Failure) {
	t.Helper()
	r.Redactor = new(redact.Redactor)
	if r.Config.Timeout == 0 {
		r.Config.Timeout = config.Duration(time.Minute)
	}
	report, err := r.Migrate(t.Context(), s)
	if err == nil {
		return report, nil
	}
	var f *outcome.Failure
	if !errors.As(err, &f) {
		t.Fatalf("no Failure: %v", err)
	}
	return report, f
}

func TestRehearsals(t *testing.T) {
	name, phone, mobile := release(t, "name"), release(t, "phone"), release(t, "mobile")
	const rename = "alter table customers rename phone to mobile"
	second := config.Duration(time.Second)
	cases := []struct {
		name   string
		config config.Migrate
		sql    []string
		down   []string
		app    *config.App
		code   outcome.Code // empty: it passes
		says   string       // the beginning of the message
		checks string       // status of each
	}{
		{name: "passes", sql: []string{"alter table customers add column email text"}, app: app(phone, name), checks: "passed passed passed passed"},
		{
			name: "by command", config: config.Migrate{
				Image: config.Text(name), Command: []string{"psql", "-XAtqc", "create table wishes (id int)"}, Env: map[string]config.Value{"PGOPTIONS": "-c lock_timeout=1s"},
			}, app: app(phone, name), checks: "passed passed passed passed",
		},
		{
			name: "a statement fails", sql: []string{"select 1", "create unique index on customers (phone)"},
			code: outcome.MigrationFailed, says: "the migration ended with exit code 3 in 2.sql: could not create unique index",
		},
		{
			name: "the tool tolerates errors before the last", config: config.Migrate{Image: config.Text(name), Command: []string{
				"sh", "-c", `psql -XAtqc "select from schema_migrations"; psql -XAtqc "begin; alter table carts add column name text not null default null; insert into carts values (1); select 1"`,
			}},
			code: outcome.MigrationFailed, says: `the migration ended with exit code 1: null value in column "name"`,
		},
		{
			name: "the tool fails without the server", config: config.Migrate{Image: config.Text(name), Command: []string{"sh", "-c", "echo no such config; exit 4"}},
			code: outcome.MigrationFailed, says: "the migration ended with exit code 4; its last lines:\nno such config",
		},
		{
			name: "no such command", config: config.Migrate{Image: config.Text(name), Command: []string{"/no-such-tool"}},
			code: outcome.MigrationFailed, says: "start the container migration",
		},
		{
			name: "does not end", config: config.Migrate{Timeout: 5 * second}, sql: []string{"select pg_sleep(300)"},
			code: outcome.MigrationTimeout, says: "the migration did not end within 5s (migrate.timeout); running: select pg_sleep(…)",
		},
		{
			name: "a command does not end", config: config.Migrate{Timeout: second, Image: config.Text(name), Command: []string{"sleep", "1000"}},
			code: outcome.MigrationTimeout, says: "the migration did not end within 1s (migrate.timeout)",
		},
		{
			name: "drops values", sql: []string{"alter table customers drop column phone"}, app: app(name, name),
			code: outcome.MigrationDropsData, says: "the migration drops values that production holds: column public.customers.phone (of 100 rows)",
		},
		{
			name: "drops values, which is intended", sql: []string{"alter table customers drop column phone; drop table carts"},
			config: config.Migrate{Allow: []config.Allow{{Finding: "drops_data", On: "public.customers.phone", Reason: "ADR 31"}}},
			app:    app(name, name), checks: "passed passed passed passed",
		},
		{
			name: "the candidate does not run", sql: []string{"select 1"}, app: app(phone, mobile),
			code: outcome.CandidateUnhealthy, says: `the candidate on the migrated database: smoke test "customers are served"`, checks: "passed failed",
		},
		{
			name: "today's release does not run", sql: []string{rename}, app: app(phone, mobile),
			code: outcome.CurrentBreaks, says: `today's release on the migrated database: smoke test "customers are served"`, checks: "passed passed passed failed",
		},
		{name: "today's release may fail", config: config.Migrate{Current: "warn"}, sql: []string{rename}, app: app(phone, mobile), checks: "passed passed passed failed"},
		{name: "today's release is not checked", config: config.Migrate{Current: "off"}, sql: []string{rename}, app: app(phone, mobile), checks: "passed passed"},
		{
			name: "the rollback works", config: config.Migrate{Current: "off"}, sql: []string{rename}, down: []string{"alter table customers rename mobile to phone"},
			app: app(phone, mobile), checks: "passed passed passed passed passed",
		},
		{
			name: "the rollback loses a column", config: config.Migrate{Current: "off"}, sql: []string{rename}, down: []string{"alter table customers drop column mobile"},
			app: app(phone, mobile), code: outcome.RollbackBreaks, says: `today's release after the down migration: smoke test`, checks: "passed passed passed passed failed",
		},
		{
			name: "the rollback fails", sql: []string{"select 1"}, down: []string{"drop table nowhere"},
			code: outcome.RollbackBreaks, says: `the down migration ended with exit code 3 in 1.sql: table "nowhere" does not exist`, checks: "failed",
		},
		{name: "can be repeated", config: config.Migrate{Again: true}, sql: []string{"create table if not exists wishes (id int)"}, checks: "passed"},
		{
			name: "cannot be repeated", config: config.Migrate{Again: true}, sql: []string{"create table wishes (id int)"},
			code: outcome.MigrationNotRepeatable, says: `the second run of the migrations ended with exit code 3 in 1.sql: relation "wishes" already exists`, checks: "failed",
		},
		{
			name: "writes rows again", config: config.Migrate{Again: true}, sql: []string{"update customers set name = name || 'x' where id < 8"},
			code: outcome.MigrationNotRepeatable, says: "the second run of the migrations is not a no-op: 7 rows of public.customers were written", checks: "failed",
		},
		{
			name: "creates an index again", config: config.Migrate{Again: true}, sql: []string{"create index on customers (name)"},
			code: outcome.MigrationNotRepeatable, says: "the second run of the migrations is not a no-op: ", checks: "failed",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := restored(t)
			r := migrate.Rehearsal{Config: c.config, App: c.app}
			if c.sql != nil {
				r.Config.SQL = sqlFiles(t, c.sql...)
			}
			if c.down != nil {
				r.Config.Down = &config.Down{SQL: sqlFiles(t, c.down...)}
			}
			report, f := rehearse(t, r, s)
			got, text := outcome.Code(""), ""
			if f != nil {
				got, text = f.Code, f.Error()
			}
			if got != c.code || !strings.HasPrefix(text, c.says) {
				t.Errorf("got %s: %s\nwant %s: %s", got, text, c.code, c.says)
			}
			if strings.Contains(text, "canary") {
				t.Errorf("a value in the message: %s", text)
			}
			if c.checks != "" || c.code == "" {
				wantChecks(t, report, c.checks)
			}
		})
	}
}

func wantChecks(t *testing.T, report migrate.Report, want string) {
	t.Helper()
	var got []string
	for _, c := range report.Checks {
		if c.Stage != outcome.Migrate || c.RestsOn == "" {
			t.Errorf("check %q is of stage %s and rests on %q", c.Name, c.Stage, c.RestsOn)
		}
		if !strings.HasPrefix(c.ConfigPath, "migrate.") && !strings.HasPrefix(c.ConfigPath, "app.") {
			t.Errorf("check %q has config path %q", c.Name, c.ConfigPath)
		}
		got = append(got, string(c.Status))
	}
	if strings.Join(got, " ") != want {
		t.Errorf("checks: %q, want %q: %+v", got, want, report.Checks)
	}
}

func TestBudgets(t *testing.T) {
	millisecond := config.Duration(time.Millisecond)
	// Locks are seen by samples, which a busy machine may take a second apart.
	sql := []string{"begin; alter table customers alter id type bigint; select pg_sleep(3); commit"}
	for name, c := range map[string]struct {
		budget config.MigrateBudget
		says   string // a pattern: a busy machine takes longer
	}{
		"total":         {config.MigrateBudget{Total: millisecond}, `^the migrations took [0-9.]+s, and migrate.budget.total allows 1ms$`},
		"statement":     {config.MigrateBudget{Statement: 100 * millisecond}, `^a statement took [0-9.]+s, and migrate.budget.statement allows 100ms: select pg_sleep\(`},
		"lock":          {config.MigrateBudget{Lock: 200 * millisecond}, `^reads and writes of public.customers would have been blocked for [0-9.]+s, and migrate.budget.lock allows 200ms: alter table customers`},
		"within budget": {config.MigrateBudget{Total: 60000 * millisecond, Statement: 60000 * millisecond, Lock: 60000 * millisecond}, `^$`},
	} {
		t.Run(name, func(t *testing.T) {
			report, f := rehearse(t, migrate.Rehearsal{Config: config.Migrate{SQL: sqlFiles(t, sql...), Budget: c.budget}}, restored(t))
			if f != nil {
				t.Fatal(f)
			}
			says := ""
			if report.OverBudget != nil {
				says = report.OverBudget.Error()
			}
			if !regexp.MustCompile(c.says).MatchString(says) {
				t.Errorf("got %q, want %s", says, c.says)
			}
		})
	}
}

// TestLockTimeoutOfTheEnvironment: the server does not show a lock_timeout that is set
// with the connection.
func TestLockTimeoutOfTheEnvironment(t *testing.T) {
	image := release(t, "name")
	for options, want := range map[string]bool{"-c lock_timeout=1s": false, "-c lock_timeout=0": true, "-c lock_timeout%3D2000": false, "": true} {
		report, f := rehearse(t, migrate.Rehearsal{Config: config.Migrate{
			Image: config.Text(image), Command: []string{"psql", "-XAtqc", "alter table customers add column email text"},
			Env: map[string]config.Value{"TOOL_OPTIONS": config.Value(options)},
		}}, restored(t))
		if f != nil {
			t.Fatal(f)
		}
		reported := slices.ContainsFunc(report.Findings, func(f outcome.Finding) bool { return f.Code == "no_lock_timeout" })
		if reported != want {
			t.Errorf("%q: no_lock_timeout is reported: %t", options, reported)
		}
	}
}
