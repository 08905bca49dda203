package recovery

import (
	"os"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/restore"
	"github.com/drillgres/drillgres/fixtures/program"
	"github.com/drillgres/drillgres/fixtures/shop"
)

// TestRecovery restores backups into an empty database of a real server.
func TestRecovery(t *testing.T) {
	d := shopDumps(t)
	own := []string{shop.Owner, shop.App}
	for _, c := range []struct {
		name, backup string
		files        map[string][]byte
		roles        []string // that exist
		before       string   // SQL
		args         []string
		noPrograms   bool // this machine has no client programs
		loader       string
		owner        string // empty: not that of production
		grantee      string // may create schemas in the database; empty: nobody else may
	}{
		{name: "plain", files: map[string][]byte{"shop.sql.gz": zipped(t, d.plain)}, roles: own, args: []string{"--loader", "parallel"}, noPrograms: true, loader: restore.LoaderParallel},
		{name: "into a database with settings of a role", before: "alter role " + shop.App + " in database recovered set work_mem = '7MB'", files: map[string][]byte{"shop.sql.gz": zipped(t, d.plain)}, roles: own, args: []string{"--loader", "parallel"}, noPrograms: true, loader: restore.LoaderParallel},
		{name: "plain by psql", files: map[string][]byte{"shop.sql.gz": zipped(t, d.plain)}, roles: own, loader: "psql"},
		{name: "plain that creates its database", files: map[string][]byte{"shop.sql": d.created}, roles: own, loader: "psql", owner: shop.Owner},
		{name: "archive over several sessions", files: map[string][]byte{"shop.dump": d.custom}, roles: own, args: []string{"--loader", "parallel"}, loader: restore.LoaderParallel, owner: shop.Owner},
		{name: "archive in gzip by a container", files: map[string][]byte{"shop.dump.gz": zipped(t, d.custom)}, roles: own, args: []string{"--loader", "parallel"}, noPrograms: true, loader: restore.LoaderParallel, owner: shop.Owner},
		{name: "archive", files: map[string][]byte{"shop.dump": d.custom}, roles: own, loader: "pg_restore", owner: shop.Owner},
		{name: "archive by a container", files: map[string][]byte{"shop.dump.gz": zipped(t, d.custom)}, roles: own, noPrograms: true, loader: "pg_restore", owner: shop.Owner},
		{name: "set with its roles", backup: `, match: "shop*.dump", globals: "globals*.sql"`, files: map[string][]byte{"shop.dump": d.custom, "globals.sql": d.globals}, args: []string{"--with-roles"}, loader: "pg_restore", owner: shop.Owner},
		{name: "roles that the backup lacks", files: map[string][]byte{"shop.sql": d.plain}, args: []string{"--with-roles"}, loader: "psql"},
		{name: "role that only a privilege of the database names", files: map[string][]byte{"shop.dump": d.granted}, args: []string{"--with-roles"}, loader: "pg_restore", owner: shop.Owner, grantee: visitor},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t, c.roles...)
			if c.before != "" {
				s.exec(t, c.before)
			}
			config := writeConfig(t, c.backup, c.files)
			program.Binary(t)
			path := os.Getenv("PATH")
			if c.noPrograms {
				t.Setenv("PATH", t.TempDir())
			}
			stdout, exit, stderr := s.run(t, config, append([]string{"--yes", "--format", "json", "--progress", "none"}, c.args...)...)
			t.Setenv("PATH", path)
			if exit != 0 {
				t.Fatalf("exit %d\n%s%s", exit, stdout, stderr)
			}
			r := resultIn(t, stdout, stderr)
			if r.Kind != outcome.KindRestore || r.Verdict != outcome.VerdictPassed || r.Postgres.Target != s.url() || loaderOf(r) != c.loader {
				t.Errorf("%s, %s into %s by %s, want %s", r.Kind, r.Verdict, r.Postgres.Target, loaderOf(r), c.loader)
			}
			if !strings.Contains(stderr, "This restore writes to a real server") || !strings.Contains(stderr, s.url()) {
				t.Errorf("the plan is not shown:\n%s", stderr)
			}
			if n := s.ask(t, "select count(*)::text from public.orders"); n == "0" {
				t.Error("no order was restored")
			}
			comment, temporary := "", "true"
			if c.owner != "" { // such a backup also has the comment and the privileges of its database
				comment, temporary = "of production", "false"
			}
			if got := s.comment(t); got != comment {
				t.Errorf("the database has the comment %q, want %q", got, comment)
			}
			if got := s.ask(t, "select has_database_privilege('"+shop.App+"', current_database(), 'temporary')::text"); got != temporary {
				t.Errorf("everybody may create temporary tables: %s, want %s", got, temporary)
			}
			if got := s.ask(t, "select pg_get_userbyid(datdba) from pg_database where datname = current_database()"); (got == shop.Owner) != (c.owner != "") {
				t.Errorf("the owner is %s", got)
			}
			if c.owner != "" { // such a backup also has the settings of its database, under another name here
				if got := s.ask(t, "select setconfig::text from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase where d.datname = current_database()"); got != "{work_mem=8MB}" {
					t.Errorf("the settings are %s", got)
				}
			}
			if c.grantee != "" {
				if got := s.ask(t, "select has_database_privilege('"+c.grantee+"', current_database(), 'create')::text"); got != "true" {
					t.Errorf("%s may create schemas: %s", c.grantee, got)
				}
			}
			program.CheckNothingLeft(t, config)
		})
	}
}

// TestARecoveryIsComparedWithTheLastDrill checks that the history is read, and not written.
func TestARecoveryIsComparedWithTheLastDrill(t *testing.T) {
	s := newServer(t, shop.Owner, shop.App)
	config := writeConfig(t, "", map[string][]byte{"shop.dump": shopDumps(t).custom})
	drill, exit, stderr := program.Drill(t, "--config", config)
	if exit != 0 {
		t.Fatalf("the drill: exit %d\n%s", exit, stderr)
	}
	stdout, exit, stderr := s.run(t, config, "--yes", "--format", "json", "--progress", "none")
	r := resultIn(t, stdout, stderr)
	if exit != 0 || r.Baseline == nil || r.Baseline.RunID != drill.RunID {
		t.Errorf("exit %d, %+v compared with %+v", exit, r.Failure, r.Baseline)
	}
	history, _, _ := program.Run(t.Context(), t, "history", "--config", config, "--format", "json")
	if strings.Contains(history, r.RunID) || !strings.Contains(history, drill.RunID) {
		t.Errorf("the restore is on record:\n%s", history)
	}
	page, exit, _ := program.Run(t.Context(), t, "runbook", "shop", "--config", config)
	if exit != 0 || !strings.Contains(page, drill.RunID) || !strings.Contains(page, "pg_restore --exit-on-error") {
		t.Errorf("the runbook does not rest on the drill, exit %d:\n%s", exit, page)
	}
}

// TestADryRunWritesNothing checks that the plan is the result.
func TestADryRunWritesNothing(t *testing.T) {
	s := newServer(t)
	config := writeConfig(t, `, match: "shop*.dump", globals: "globals*.sql", max_age: 1s`, map[string][]byte{"shop.dump": shopDumps(t).custom, "globals.sql": shopDumps(t).globals})
	stdout, exit, stderr := s.run(t, config, "--dry-run", "--with-roles", "--progress", "none")
	if exit != 0 {
		t.Fatalf("exit %d\n%s", exit, stderr)
	}
	for _, text := range []string{"nothing was written", s.url(), "globals: psql", "dump: pg_restore", `created as in the backup: "shop_app", "shop_owner"`, `left as they are: "postgres"`, "3 settings and privileges of the database itself", "backup_stale"} {
		if !strings.Contains(stdout, text) {
			t.Errorf("the plan does not say %q:\n%s", text, stdout)
		}
	}
	if got := s.comment(t); got != "" {
		t.Errorf("the database has the comment %q", got)
	}
}
