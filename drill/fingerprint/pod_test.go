package fingerprint

import (
	"context"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/fixtures/pgserver"
)

// shared is the server of all tests. Each test has its own database.
var shared = pgserver.Shared{Major: "15"}

func TestMain(m *testing.M) { os.Exit(shared.Run(m)) }

// made runs the script in a new database. It returns a connection that can
// change the database, and a session in which fingerprints are read.
func made(t *testing.T, database, script string) (conn, session *pgx.Conn) {
	t.Helper()
	s := shared.Get(t)
	connected := func(conn *pgx.Conn, err error) *pgx.Conn {
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { provision.Close(t.Context(), conn) })
		return conn
	}
	admin := connected(provision.Connect(t.Context(), s, s.Maintenance, s.User, s.Password))
	run(t, admin, "create database "+database+" template template0")
	t.Cleanup(func() {
		if _, err := admin.Exec(context.WithoutCancel(t.Context()), "drop database "+database+" with (force)"); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	conn = connected(provision.Connect(t.Context(), s, database, s.User, s.Password))
	run(t, conn, script)
	return conn, connected(s.Session(t.Context(), database, provision.SessionOptions{ReadOnly: true}))
}

func run(t *testing.T, conn *pgx.Conn, script string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), script, pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatalf("%s: %v", script, err)
	}
}

func read(t *testing.T, session *pgx.Conn) Schema {
	t.Helper()
	s, err := Read(t.Context(), session)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func want[T any](t *testing.T, what string, got, expected T) {
	t.Helper()
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
