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
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
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

// visitor is a role that only a privilege of the database names.
const visitor = "visitor"

// dumps are backups of one database, in several forms. Only granted has the privilege of visitor.
type dumps struct{ plain, created, custom, globals, granted []byte }

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
		if err := server.SQL(ctx, "postgres", "ALTER DATABASE shop SET work_mem = '8MB'; REVOKE TEMPORARY ON DATABASE shop FROM PUBLIC; COMMENT ON DATABASE shop IS 'of production';"); err != nil {
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
		if err := server.SQL(ctx, "postgres", "CREATE ROLE "+visitor+"; GRANT CREATE ON DATABASE shop TO "+visitor); err != nil {
			t.Fatal(err)
		}
		made.granted = take("pg_dump", "--format=custom", shop.Database)
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
		for _, role := range []string{shop.Owner, shop.App, visitor} {
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
