package recovery

import (
	"bytes"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/restore"
	"github.com/drillgres/drillgres/drill/target"
	"github.com/drillgres/drillgres/fixtures/program"
	"github.com/drillgres/drillgres/fixtures/shop"
)

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
		{name: "not empty", roles: own, prepare: func(t *testing.T, s *server, _ string) { s.ask(t, "select lo_create(4711)::text") }, exit: 2, says: []string{"is not empty: it has large object 4711", "createdb --template=template0 recovered_new"}},
		{name: "without the schema public", roles: own, prepare: func(t *testing.T, s *server, _ string) {
			inside := *s
			inside.Maintenance = s.database
			inside.exec(t, "drop schema public")
		}, exit: 2, says: []string{"lacks the schema public", "dropdb recovered && createdb --template=template0 recovered"}},
		{name: "read-only", roles: own, prepare: func(t *testing.T, s *server, _ string) {
			s.exec(t, "alter database recovered set default_transaction_read_only = on")
		}, exit: 2, says: []string{"read-only (default_transaction_read_only)", "ALTER DATABASE"}},
		{name: "too few sessions", roles: own, args: []string{"--loader", "parallel", "--jobs", "500"}, exit: 2, says: []string{"needs 501 sessions at the same time, and the server has room for ", "--jobs"}},
		{name: "a restore has begun", roles: own, prepare: func(t *testing.T, s *server, _ string) {
			s.exec(t, "comment on database recovered is 'drillgres: restore X began and has not ended'")
		}, exit: 2, says: []string{"has the mark of a restore that has not ended", "no session uses it", "dropdb recovered && createdb"}},
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
