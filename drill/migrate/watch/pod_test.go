package watch

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/sandbox"
	"github.com/drillgres/drillgres/fixtures/pgserver"
)

// servers holds a server of each major version, started by the first test that
// needs it. Each test has a separate database.
var servers = map[string]*pgserver.Shared{"13": {Major: "13"}, "15": {Major: "15"}, "17": {Major: "17"}, "18": {Major: "18"}}

// major is the version for tests that need only one server.
const major = "17"

func TestMain(m *testing.M) {
	code := m.Run()
	for _, s := range servers {
		if err := s.Close(); err != nil {
			fmt.Fprintln(os.Stderr, "clean up after the tests:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// shop creates a database for the test and runs a script in it.
func shop(t *testing.T, major, script string) provision.Server {
	t.Helper()
	s := servers[major].Get(t)
	s.Database = "watch_" + strings.Map(letter, strings.ToLower(t.Name()))
	s.Database = s.Database[:min(len(s.Database), 60)]
	admin := connect(t, s, s.Maintenance)
	if s.Maintenance == s.Database {
		admin = connect(t, s, "postgres")
	}
	run(t, admin, "create database "+s.Database+" template template0")
	t.Cleanup(func() {
		if _, err := admin.Exec(context.WithoutCancel(t.Context()), "drop database "+s.Database+" with (force)"); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	conn := connect(t, s, s.Database)
	run(t, conn, script)
	run(t, conn, "analyze")
	closeNow(t, conn)
	return s
}

func letter(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
		return r
	}
	return '_'
}

func connect(t *testing.T, s provision.Server, database string) *pgx.Conn {
	t.Helper()
	conn, err := provision.Connect(t.Context(), s, database, s.User, s.Password)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

func closeNow(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, conn *pgx.Conn, script string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), script, pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatalf("%s: %v", script, err)
	}
}

// psql runs a script as a migration tool would, and returns the exit code.
func psql(t testing.TB, s provision.Server, script string, more ...string) int {
	t.Helper()
	var output bytes.Buffer
	code, err := s.Exec(t.Context(), sandbox.Command{
		Args:  append([]string{"psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "--host=127.0.0.1", "--username=" + s.User, "--dbname=" + s.Database}, more...),
		Env:   []string{"PGPASSWORD=" + s.Password.Reveal()},
		Stdin: strings.NewReader(script), Stdout: &output, Stderr: &output,
	})
	if err != nil {
		t.Fatal(err)
	}
	if output.Len() > 0 {
		t.Logf("psql: %s", output.String())
	}
	return code
}

// lab is a database that a separate connection migrates.
type lab struct{ provision.Server }

func command(args ...string) sandbox.Command { return sandbox.Command{Args: args} }

// watched runs a migration and returns what the watch saw.
func watched(t *testing.T, s provision.Server, migrate func()) Seen {
	t.Helper()
	return watchedWith(t, s, func(*Watch) { migrate() })
}

func watchedWith(t *testing.T, s provision.Server, migrate func(*Watch)) Seen {
	t.Helper()
	begun := time.Now()
	w, err := Begin(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(begun)
	migrate(w)
	begun = time.Now()
	seen, err := w.End(t.Context())
	if testing.Verbose() {
		samples, mean, longest, each := w.Sampling()
		t.Logf("Begin took %s, End %s; %d samples, one each %s, %s at most, each took %s", took, time.Since(begun), samples, mean, longest, each)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range seen.Findings {
		if f.On == "" || f.Message == "" || f.Hint == "" {
			t.Errorf("a finding lacks something: %+v", f)
		}
	}
	return seen
}

// bySQL runs a script with psql and returns what the watch saw.
func bySQL(t *testing.T, s provision.Server, script string) Seen {
	t.Helper()
	return watched(t, s, func() {
		if code := psql(t, s, script); code != 0 {
			t.Fatalf("psql ended with %d", code)
		}
	})
}

// codes returns the code and the object of each finding.
func codes(seen Seen) []string {
	list := []string{}
	for _, f := range seen.Findings {
		list = append(list, f.Code+" "+f.On)
	}
	return list
}

func want[T any](t *testing.T, what string, got, expected T) {
	t.Helper()
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// find returns the first statement that begins with a text.
func find(t *testing.T, seen Seen, sql string) outcome.Statement {
	t.Helper()
	i := slices.IndexFunc(seen.Migration.Statements, func(s outcome.Statement) bool { return strings.HasPrefix(strings.ToLower(s.SQL), sql) })
	if i < 0 {
		t.Fatalf("no statement %q in %s", sql, show(seen))
	}
	return seen.Migration.Statements[i]
}

func show(seen Seen) string {
	var b strings.Builder
	for _, s := range seen.Migration.Statements {
		fmt.Fprintf(&b, "\n%d/%d %.4fs %s %s", s.Session, s.Transaction, s.Seconds, s.SQLState, s.SQL)
		for _, l := range s.Locks {
			fmt.Fprintf(&b, "\n      %s %s %.4fs blocks %q seen %v", l.Table, l.Mode, l.HeldSeconds, l.Blocks, l.Seen)
		}
	}
	for _, f := range seen.Findings {
		fmt.Fprintf(&b, "\n%s on %s: %s\n      %s", f.Code, f.On, f.Message, f.Hint)
	}
	return b.String()
}
