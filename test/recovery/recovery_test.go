package recovery

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/restore"
	"github.com/drillgres/drillgres/drill/target"
	"github.com/drillgres/drillgres/fixtures/images"
	"github.com/drillgres/drillgres/fixtures/pgserver"
	"github.com/drillgres/drillgres/fixtures/program"
	"github.com/drillgres/drillgres/fixtures/shop"
	"github.com/drillgres/drillgres/fixtures/shop/production"
)

const major = "15"

var shared = pgserver.Shared{Major: major}

func TestMain(m *testing.M) { os.Exit(shared.Run(m)) }

// rowCanary is a value of a row. No output may contain it, nor the password of the server.
const rowCanary = "ada-canary"

// dumps are backups of one database, in several forms.
type dumps struct{ plain, created, custom, globals []byte }

var (
	made    dumps
	makeAll sync.Once
)

// shopDumps returns the backups of a small shop, made once.
func shopDumps(t *testing.T) dumps {
	t.Helper()
	image := images.Postgres(t, major)
	makeAll.Do(func() {
		ctx := context.WithoutCancel(t.Context())
		server, err := production.Start(ctx, image)
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close() //nolint:errcheck // the dumps are taken
		if err := shop.Load(ctx, server, 0.02); err != nil {
			t.Fatal(err)
		}
		if err := server.SQL(ctx, "postgres", "ALTER DATABASE shop SET work_mem = '8MB'; COMMENT ON DATABASE shop IS 'of production';"); err != nil {
			t.Fatal(err)
		}
		take := func(args ...string) []byte {
			var out bytes.Buffer
			if err := server.Run(ctx, &out, args...); err != nil {
				t.Fatal(err)
			}
			return out.Bytes()
		}
		made = dumps{
			plain:   take("pg_dump", "--format=plain", shop.Database),
			created: take("pg_dump", "--format=plain", "--create", "--clean", shop.Database),
			custom:  take("pg_dump", "--format=custom", shop.Database),
			globals: take("pg_dumpall", "--globals-only"),
		}
	})
	if made.plain == nil {
		t.Fatal("the dumps could not be made")
	}
	return made
}

func zipped(t *testing.T, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// server is a server to restore into, reached over the network.
type server struct {
	provision.Server
	address  string
	database string // empty
}

// newServer returns the shared server with a new, empty database and these roles, which the test
// removes.
func newServer(t *testing.T, roles ...string) server {
	t.Helper()
	s := server{Server: shared.Get(t), database: "recovered"}
	s.address = pgserver.Listen(t, s.Server)
	_ = s.try(t, "create role postgres superuser") // production's first superuser
	for _, role := range roles {
		s.exec(t, "create role "+role)
	}
	s.exec(t, "create database recovered template template0")
	t.Cleanup(func() {
		_ = s.try(t, "drop database if exists recovered with (force)")
		for _, role := range []string{shop.Owner, shop.App} {
			_ = s.try(t, "drop role if exists "+role)
		}
	})
	t.Setenv("PGPASSWORD", s.Password.Reveal())
	return s
}

func (s server) try(t *testing.T, sql string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
	defer cancel()
	conn, err := s.Session(ctx, s.Maintenance, provision.SessionOptions{})
	if err != nil {
		return err
	}
	defer provision.Close(ctx, conn)
	_, err = conn.Exec(ctx, sql)
	return err
}

func (s server) exec(t *testing.T, sql string) {
	t.Helper()
	if err := s.try(t, sql); err != nil {
		t.Fatal(err)
	}
}

// ask returns the first value of a query in the database that is restored into.
func (s server) ask(t *testing.T, sql string) string {
	t.Helper()
	conn, err := s.Session(t.Context(), s.database, provision.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer provision.Close(t.Context(), conn)
	var answer *string
	if err := conn.QueryRow(t.Context(), sql).Scan(&answer); err != nil {
		t.Fatal(err)
	}
	if answer == nil {
		return ""
	}
	return *answer
}

// comment returns the comment of the database.
func (s server) comment(t *testing.T) string {
	t.Helper()
	return s.ask(t, "select shobj_description(oid, 'pg_database') from pg_database where datname = current_database()")
}

// url returns the URL of the database, without a password.
func (s server) url() string {
	host, port, _ := net.SplitHostPort(s.address)
	u := url.URL{Scheme: "postgres", User: url.User(s.User), Host: net.JoinHostPort(host, port), Path: "/" + s.database}
	return u.String()
}

// writeConfig writes a config with these files as its backups.
func writeConfig(t *testing.T, backup string, files map[string][]byte) (path string) {
	t.Helper()
	path = program.WriteConfig(t, fmt.Sprintf("version: 1\ndatabases:\n  shop:\n    backup: {from: ./backups%s}\n    postgres: {version: %q, image: %q}\n", backup, major, images.Postgres(t, major)))
	folder := filepath.Join(filepath.Dir(path), "backups")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// run runs drillgres restore, and checks that no output has the password or a row.
func (s server) run(t *testing.T, config string, args ...string) (stdout string, exit int, stderr string) {
	t.Helper()
	stdout, exit, stderr = program.Run(t.Context(), t, append([]string{"restore", "shop", "--config", config, "--to", s.url()}, args...)...)
	for _, secret := range []string{s.Password.Reveal(), rowCanary} {
		if strings.Contains(stdout+stderr, secret) {
			t.Errorf("an output contains %s:\n%s%s", secret, stdout, stderr)
		}
	}
	return stdout, exit, stderr
}

func resultIn(t *testing.T, stdout, stderr string) (r outcome.Result) {
	t.Helper()
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatalf("no result in %q; stderr:\n%s", stdout, stderr)
	}
	return r
}

// loaderOf returns what loaded the dump.
func loaderOf(r outcome.Result) string {
	for _, s := range r.Stages {
		if s.Stage == outcome.Restore {
			loader, _ := s.Details["loader"].(string)
			return loader
		}
	}
	return ""
}

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
			if got := s.comment(t); got != "" {
				t.Errorf("the database still has the comment %q", got)
			}
			if got := s.ask(t, "select pg_get_userbyid(datdba) from pg_database where datname = current_database()"); (got == shop.Owner) != (c.owner != "") {
				t.Errorf("the owner is %s", got)
			}
			if c.owner != "" { // such a backup also has the settings of its database, under another name here
				if got := s.ask(t, "select setconfig::text from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase where d.datname = current_database()"); got != "{work_mem=8MB}" {
					t.Errorf("the settings are %s", got)
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

// TestARecoveryIsRefused checks that nothing is written to a server that cannot take the backup.
func TestARecoveryIsRefused(t *testing.T) {
	d := shopDumps(t)
	plain := map[string][]byte{"shop.sql.gz": zipped(t, d.plain)}
	own := []string{shop.Owner, shop.App}
	for _, c := range []struct {
		name    string
		roles   []string
		prepare func(t *testing.T, s *server, config string)
		args    []string
		exit    int
		says    []string
	}{
		{name: "not empty", roles: own, prepare: func(t *testing.T, s *server, _ string) { s.ask(t, "select lo_create(4711)::text") }, exit: 2, says: []string{"is not empty: it has large object 4711", "createdb"}},
		{name: "a restore has begun", roles: own, prepare: func(t *testing.T, s *server, _ string) {
			s.exec(t, "comment on database recovered is 'drillgres: restore X began and has not ended'")
		}, exit: 2, says: []string{"has the mark of a restore that has not ended"}},
		{name: "another major", roles: own, prepare: func(t *testing.T, _ *server, config string) { replace(t, config, `version: "15"`, `version: "17"`) }, exit: 2, says: []string{"runs Postgres 15.", "postgres.version is 17"}},
		{name: "wrong password", roles: own, prepare: func(t *testing.T, _ *server, _ string) { t.Setenv("PGPASSWORD", "canary-wrong") }, exit: 2, says: []string{"password authentication failed", "PGPASSWORD"}},
		{name: "no such database", roles: own, prepare: func(_ *testing.T, s *server, _ string) { s.database = "nowhere" }, exit: 2, says: []string{`database "nowhere" does not exist`, "createdb"}},
		{name: "no roles", exit: 2, says: []string{`lacks the roles "shop_app", "shop_owner"`, "--with-roles"}},
		{name: "a dump that reaches further", prepare: func(t *testing.T, _ *server, config string) {
			path := filepath.Join(filepath.Dir(config), "backups", "shop.sql.gz")
			if err := os.WriteFile(path, zipped(t, dumpOf("CREATE TABLE public.t (n integer);\nCOPY public.t (n) FROM stdin;\n1\n\\.\nDROP DATABASE IF EXISTS other;\n")), 0o600); err != nil {
				t.Fatal(err)
			}
		}, exit: 2, says: []string{"contains DROP DATABASE", "changes more than the database", "drillgres runbook shop"}},
		{name: "nobody to ask", roles: own, args: []string{"--yes=false"}, exit: 2, says: []string{"stdin is not a terminal", "--yes"}},
		{name: "a broken dump", roles: own, prepare: func(t *testing.T, _ *server, config string) {
			path := filepath.Join(filepath.Dir(config), "backups", "shop.sql.gz")
			if err := os.Truncate(path, 2000); err != nil {
				t.Fatal(err)
			}
		}, exit: 3, says: []string{"stream_truncated"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t, c.roles...)
			config := writeConfig(t, "", plain)
			if c.prepare != nil {
				c.prepare(t, &s, config)
			}
			stdout, exit, stderr := s.run(t, config, append([]string{"--yes", "--progress", "none"}, c.args...)...)
			if exit != c.exit {
				t.Errorf("exit %d, want %d", exit, c.exit)
			}
			for _, text := range c.says {
				if !strings.Contains(stdout+stderr, text) {
					t.Errorf("%q is not said:\n%s%s", text, stdout, stderr)
				}
			}
			if strings.Contains(stdout+stderr, "canary") {
				t.Errorf("a password is shown:\n%s%s", stdout, stderr)
			}
			s.database = "recovered"
			if n := s.ask(t, "select count(*)::text from pg_class c join pg_namespace n on n.oid = relnamespace where nspname = 'public'"); n != "0" {
				t.Errorf("%s relations were created", n)
			}
			program.CheckNothingLeft(t, config)
		})
	}
}

func replace(t *testing.T, path, old, text string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.Replace(content, []byte(old), []byte(text), 1), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestWhatIsNotEmpty names what a new database does not have.
func TestWhatIsNotEmpty(t *testing.T) {
	for sql, want := range map[string]string{
		"select 1":                              "",
		"create extension hstore schema public": "",
		"create schema s":                       "schema s",
		"alter default privileges grant select on tables to public":                                  "default privileges for role",
		"create cast (bytea as varbit) with inout":                                                   "cast from bytea to bit varying",
		`create collation public.c from "C"`:                                                         "collation c",
		"create text search configuration public.ts (copy = simple)":                                 "text search configuration ts",
		"create text search dictionary public.td (template = pg_catalog.simple)":                     "text search dictionary td",
		"create domain public.d as int[]":                                                            "type public.d",
		"create foreign data wrapper w":                                                              "foreign data wrapper w",
		"create access method am type index handler bthandler":                                       "access method am",
		"create conversion public.cv for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8":                  "conversion cv",
		"create operator family public.f using btree":                                                "operator family f",
		"create operator class public.oc for type int4 using btree as operator 1 <":                  "operator class oc",
		"create publication p":                                                                       "publication p",
		"create subscription s connection '' publication p with (connect = false, slot_name = none)": "subscription s",
	} {
		s := newServer(t)
		to, err := target.Parse(s.url())
		if err != nil {
			t.Fatal(err)
		}
		inside := s
		inside.Maintenance = s.database
		inside.exec(t, sql)
		r := target.Real{Target: to, Config: config.Postgres{Version: major}}
		err = r.Check(t.Context())
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), "is not empty: it has "+want)) {
			t.Errorf("%s: %v", sql, err)
		}
		_ = inside.try(t, "drop subscription if exists s")
		s.exec(t, "drop database recovered with (force)")
	}
}

// realTarget returns a target into which drillgres itself loads a plain dump.
func realTarget(to target.Target) *target.Real {
	return &target.Real{
		Target: to, Config: config.Postgres{Version: major}, RunID: "R", Now: time.Now,
		Restorer: restore.Restorer{Config: config.Restore{Loader: restore.LoaderParallel, Jobs: 2}},
	}
}

// TestALostSessionIsNoLostSetting loses the session that sets the settings of the database.
func TestALostSessionIsNoLostSetting(t *testing.T) {
	s := newServer(t)
	to, err := target.Parse(s.url())
	if err != nil {
		t.Fatal(err)
	}
	dump := dumpOf("CREATE TABLE public.t (id integer);\nCOPY public.t (id) FROM stdin;\n1\n\\.\n")
	c, err := inspect.Scan(t.Context(), bytes.NewReader(dump), layers.Opener{})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "shop.sql")
	if err := os.WriteFile(path, dump, 0o600); err != nil {
		t.Fatal(err)
	}
	r := realTarget(to)
	real, adapted, err := r.Open(t.Context(), c.Needs, restore.Dump{Path: path, Source: c.Source})
	if err != nil {
		t.Fatal(err)
	}
	real.Properties = "select pg_terminate_backend(pg_backend_pid()); alter database recovered set work_mem to '9MB';"
	if restored, err := r.Restorer.Restore(t.Context(), real, adapted, nil); err == nil {
		t.Errorf("%d settings are lost, and the restore passed", restored.LostSettings)
	}
}

// TestAnotherWritesMeanwhile checks that what has happened since the plan was shown counts.
func TestAnotherWritesMeanwhile(t *testing.T) {
	s := newServer(t)
	to, err := target.Parse(s.url())
	if err != nil {
		t.Fatal(err)
	}
	c, err := inspect.Scan(t.Context(), bytes.NewReader(dumpOf("CREATE TABLE public.t (id integer);\nCOPY public.t (id) FROM stdin;\n1\n\\.\n")), layers.Opener{})
	if err != nil {
		t.Fatal(err)
	}
	open := func() *target.Real {
		r := realTarget(to)
		if _, _, err := r.Open(t.Context(), c.Needs, restore.Dump{Source: c.Source}); err != nil {
			t.Fatal(err)
		}
		return r
	}
	first, second := open(), open()
	if err := first.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := second.Begin(t.Context()); err == nil || !strings.Contains(err.Error(), "the mark of a restore") {
		t.Errorf("two restores at the same time: %v", err)
	}
	if err := first.End(t.Context()); err != nil {
		t.Fatal(err)
	}
	late := open()
	if n := s.ask(t, "select lo_create(4711)::text"); n != "4711" {
		t.Fatal(n)
	}
	if err := late.Begin(t.Context()); err == nil || !strings.Contains(err.Error(), "is not empty") {
		t.Errorf("an object that was created meanwhile: %v", err)
	}
	if got := s.comment(t); got != "" {
		t.Errorf("the database has the comment %q", got)
	}
}

// TestAUserThatIsNoSuperuser restores as the owner of the database, as at a provider.
func TestAUserThatIsNoSuperuser(t *testing.T) {
	const rows = "COPY public.t (id) FROM stdin;\n1\n\\.\n"
	for _, c := range []struct {
		name, owner, of string // of the database, and of the table
		exit            int
		says            string
	}{
		{name: "owner", owner: "plain", of: "plain"},
		{name: "not the owner", owner: "postgres", of: "plain", exit: 2, says: `"plain" may not comment on database "recovered"`},
		{name: "objects of others", owner: "plain", of: "postgres", exit: 2, says: `cannot give objects of the backup to their owners "postgres"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t, "plain login password 'plain-canary'")
			t.Cleanup(func() {
				_ = s.try(t, "drop database if exists recovered with (force)")
				s.exec(t, "drop role plain")
			})
			s.exec(t, "alter database recovered owner to "+c.owner)
			config := writeConfig(t, "", map[string][]byte{"shop.sql": dumpOf("CREATE TABLE public.t (id integer);\nALTER TABLE public.t OWNER TO " + c.of + ";\n" + rows)})
			t.Setenv("PGPASSWORD", "plain-canary")
			as := s
			as.User = "plain"
			stdout, exit, stderr := as.run(t, config, "--yes", "--progress", "none")
			if exit != c.exit || !strings.Contains(stdout+stderr, c.says) {
				t.Errorf("exit %d, want %d and %q:\n%s%s", exit, c.exit, c.says, stdout, stderr)
			}
			if got := s.comment(t); got != "" {
				t.Errorf("the database has the comment %q", got)
			}
		})
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
	for _, text := range []string{"nothing was written", s.url(), "globals: psql", "dump: pg_restore", `created as in the backup: "shop_app", "shop_owner"`, `left as they are: "postgres"`, "1 setting of the database itself", "backup_stale"} {
		if !strings.Contains(stdout, text) {
			t.Errorf("the plan does not say %q:\n%s", text, stdout)
		}
	}
	if got := s.comment(t); got != "" {
		t.Errorf("the database has the comment %q", got)
	}
}

// TestAPasswordInTheURL checks that it is warned of, and not shown.
func TestAPasswordInTheURL(t *testing.T) {
	s := newServer(t)
	config := writeConfig(t, "", map[string][]byte{"shop.sql": dumpOf("CREATE TABLE public.t (id integer);\nCOPY public.t (id) FROM stdin;\n1\n\\.\n")})
	u, err := url.Parse(s.url())
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(s.User, s.Password.Reveal())
	t.Setenv("PGPASSWORD", "")
	stdout, exit, stderr := s.run(t, config, "--dry-run", "--progress", "none", "--to", u.String())
	if exit != 0 || !strings.Contains(stderr, "other users of this machine can read the password") {
		t.Errorf("exit %d\n%s%s", exit, stdout, stderr)
	}
}

// TestAFailedLoadLeavesTheMark checks that a row is found by either loader, and is not shown.
func TestAFailedLoadLeavesTheMark(t *testing.T) {
	const rows = "CREATE TABLE public.t (id integer, name text);\nCOPY public.t (id, name) FROM stdin;\n1\tx\n" + rowCanary + "\ty\n\\.\n"
	for _, loader := range []string{"parallel", "client"} {
		t.Run(loader, func(t *testing.T) {
			s := newServer(t)
			config := writeConfig(t, "", map[string][]byte{"shop.sql": dumpOf(rows)})
			stdout, exit, stderr := s.run(t, config, "--yes", "--format", "json", "--progress", "none", "--loader", loader)
			r := resultIn(t, stdout, stderr)
			if exit != 3 || r.Failure == nil || r.Failure.Code != outcome.CopyFailed || r.Failure.SQLState != "22P02" || !strings.Contains(r.Failure.Message, "row 2 of t, column id") {
				t.Errorf("exit %d, %+v", exit, r.Failure)
			}
			if r.Failure != nil && strings.Contains(r.Failure.Hint, "--loader client") != (loader == "parallel") {
				t.Errorf("the hint is %q", r.Failure.Hint)
			}
			if got := s.comment(t); !strings.HasPrefix(got, "drillgres: restore "+r.RunID+" began ") || !strings.HasSuffix(got, "has not ended") {
				t.Errorf("the database has the comment %q", got)
			}
		})
	}
}

// dumpOf returns a plain dump, as pg_dump writes it, with these statements.
func dumpOf(statements string) []byte {
	return []byte("--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version 15.18\n-- Dumped by pg_dump version 15.18\n\nSET statement_timeout = 0;\nSET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\nSELECT pg_catalog.set_config('search_path', '', false);\n\n" +
		statements + "\n--\n-- PostgreSQL database dump complete\n--\n\n")
}

// TestTheMarkComesBack fails after SQL has replaced the mark, as a block in a dump or the config may.
func TestTheMarkComesBack(t *testing.T) {
	s := newServer(t)
	config := writeConfig(t, "", map[string][]byte{"shop.sql": dumpOf("CREATE TABLE public.t (id integer);\nCOPY public.t (id) FROM stdin;\n1\n\\.\n" +
		"DO $$ begin execute 'comment on database ' || current_database() || ' is ''mine'''; end $$;\nSELECT 1/0;\n")})
	stdout, exit, stderr := s.run(t, config, "--yes", "--format", "json", "--progress", "none")
	if r := resultIn(t, stdout, stderr); exit != 3 || !strings.HasPrefix(s.comment(t), "drillgres: restore "+r.RunID+" began ") {
		t.Errorf("exit %d, and the database has the comment %q", exit, s.comment(t))
	}
}

// TestASignalLeavesTheMark interrupts a restore while it loads.
func TestASignalLeavesTheMark(t *testing.T) {
	for _, loader := range []string{"parallel", "client"} {
		t.Run(loader, func(t *testing.T) {
			s := newServer(t)
			// The load waits in the dump, and tells when.
			config := writeConfig(t, "", map[string][]byte{"shop.sql": dumpOf("CREATE TABLE public.begun ();\nSELECT pg_catalog.pg_sleep(600);\n")})
			p := program.StartArguments(t, config, []string{"restore", "shop", "--to", s.url(), "--yes", "--progress", "plain", "--loader", loader})
			p.Eventually(t, func() string {
				return s.ask(t, "select 1::text where to_regclass('public.begun') is not null union all select null limit 1")
			})
			if err := p.Cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			r, exit := p.Result(t, time.Minute)
			if exit != 130 || r.Failure == nil || r.Failure.Code != outcome.Interrupted || !strings.Contains(r.Failure.Hint, "drop the database") {
				t.Errorf("exit %d, %+v", exit, r.Failure)
			}
			if got := s.comment(t); !strings.HasPrefix(got, "drillgres: restore "+r.RunID) {
				t.Errorf("the database has the comment %q", got)
			}
			if strings.Contains(p.Stderr.String(), s.Password.Reveal()) {
				t.Error("the password is shown")
			}
		})
	}
}
