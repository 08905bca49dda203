package target

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/restore"
	"github.com/drillgres/drillgres/drill/sandbox"
)

const canary = "canary-of-the-target"

func TestParse(t *testing.T) {
	t.Setenv("PGPASSWORD", "")
	t.Setenv("PGPASSFILE", "/nonexistent")
	for text, want := range map[string]string{
		"postgres://ada:" + canary + "@db.internal:6432/shop": "postgres://ada@db.internal:6432/shop",
		"postgresql://ada@[::1]/shop?sslmode=disable":         "postgres://ada@[::1]:5432/shop",
		"postgres://ada@db/two%20words":                       "postgres://ada@db:5432/two%20words",
	} {
		got, err := Parse(text)
		if err != nil || got.String() != want || strings.Contains(fmt.Sprintf("%+v %s", got.Password, got), canary) {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"host=db dbname=shop password=" + canary, "mysql://ada:" + canary + "@db/shop", "postgres://ada:" + canary + "@db:port/shop",
		"postgres://ada:" + canary + "@db/shop?sslmode=" + canary, "postgres://ada:" + canary + "@db", "postgres://ada:" + canary + "@one,two/shop",
		"postgres://ada@db/shop?host=one,two", "postgres:///shop", "postgres://ada@db/shop?service=x", "postgres://ada@db/shop?options=-c%20role%3Dx", "postgres://ada@db/shop?search_path=x", "postgres://ada@db/shop?password=" + canary, "postgres://ada:" + canary + "/x@db/shop",
	} {
		_, err := Parse(text)
		f := outcome.AsFailure(err)
		if err == nil || f.Code != outcome.ConfigInvalid || strings.Contains(f.Error()+f.Remedy(), canary) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestTheURLNamesTheServer checks that no other server than that of the URL is restored into.
// TestNameTheFileThatCannotBeRead says which file of the URL it is.
func TestNameTheFileThatCannotBeRead(t *testing.T) {
	for _, name := range []string{"sslrootcert", "sslcert", "sslkey"} {
		_, err := Parse("postgres://ada:" + canary + "@db/shop?sslmode=verify-full&" + name + "=/nonexistent/file.pem")
		if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "/nonexistent/file.pem") || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheURLNamesTheServer(t *testing.T) {
	t.Setenv("PGHOST", "elsewhere")
	if got, err := Parse("postgres:///shop"); err == nil {
		t.Errorf("the server is that of PGHOST: %s", got)
	}
	if got, err := Parse("postgres:///shop?host=/run/postgresql"); err != nil || !strings.Contains(got.String(), "socket in /run/postgresql") {
		t.Errorf("%v, %v", got, err)
	}
	t.Setenv("PGSERVICE", "x")
	if _, err := Parse("postgres://ada@db/shop"); err == nil || !strings.Contains(err.Error(), "PGSERVICE") {
		t.Errorf("with a service: %v", err)
	}
}

// TestClientsGetTheParameters checks that psql is as strict as drillgres.
func TestClientsGetTheParameters(t *testing.T) {
	got, err := Parse("postgres://ada@db/shop?sslmode=require&channel_binding=require&target_session_attrs=read-write&connect_timeout=5")
	if err != nil {
		t.Fatal(err)
	}
	info := provision.Server{Address: got.Address}.Conninfo("shop")
	for _, want := range []string{"sslmode='require'", "channel_binding='require'", "target_session_attrs='read-write'"} {
		if !strings.Contains(info, want) {
			t.Errorf("%s lacks %s", info, want)
		}
	}
}

// TestClientsGetTheAddress checks the connection string of psql and pg_restore.
func TestClientsGetTheAddress(t *testing.T) {
	got, err := Parse("postgres://ada:" + canary + "@db.internal:6432/shop?sslmode=verify-full&sslrootcert=" + "/nonexistent/../dev/null")
	if err != nil { // pgx reads the file, which has no certificate
		if got, err = Parse("postgres://ada:" + canary + "@db.internal:6432/shop?sslmode=require"); err != nil {
			t.Fatal(err)
		}
	}
	s := provision.Server{Address: got.Address, User: got.User, Password: got.Password}
	info := s.Conninfo("it's")
	if !strings.HasPrefix(info, `host='db.internal' port=6432 sslmode='`) || !strings.HasSuffix(info, ` user='ada' dbname='it\'s'`) || strings.Contains(info, canary) {
		t.Error(info)
	}
}

func TestSettingsOfAnotherDatabase(t *testing.T) {
	const was = `ALTER DATABASE shop SET work_mem TO '8MB';
ALTER DATABASE shop SET app.name TO 'alter database shop; set';
ALTER ROLE shop IN DATABASE shop SET work_mem TO '8MB';
`
	want := strings.ReplaceAll(was, "DATABASE shop", `DATABASE "new one"`)
	if got := forDatabase(was, "new one"); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if got := forDatabase("", "x"); got != "" {
		t.Errorf("%q", got)
	}
}

// programsNamed returns the programs of this machine as if they were client programs.
func programsNamed(t *testing.T, names ...string) local {
	t.Helper()
	l := local{paths: map[string]string{}}
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Skip(err)
		}
		l.paths[name] = path
	}
	return l
}

type brokenReader struct{ read bool }

var errBroken = errors.New("the stream is broken")

func (r *brokenReader) Read(p []byte) (int, error) {
	if r.read {
		return 0, errBroken
	}
	r.read = true
	return copy(p, "begin\n"), nil
}

// TestLocalPrograms checks what sandbox.Execer promises.
func TestLocalPrograms(t *testing.T) {
	l := programsNamed(t, "sh", "cat", "true")
	var out bytes.Buffer
	if code, err := l.Exec(t.Context(), sandbox.Command{Args: []string{"cat"}, Stdin: strings.NewReader("x"), Stdout: &out, WholeInput: true}); code != 0 || err != nil || out.String() != "x" {
		t.Errorf("%d, %v, %q", code, err, out.String())
	}
	if code, err := l.Exec(t.Context(), sandbox.Command{Args: []string{"sh", "-c", `test -z "$HOME" && exit $CODE`}, Env: []string{"CODE=7"}}); code != 7 || err != nil {
		t.Errorf("%d, %v", code, err)
	}
	out.Reset()
	_, err := l.Exec(t.Context(), sandbox.Command{Args: []string{"sh", "-c", "cat; echo complete"}, Stdin: &brokenReader{}, Stdout: &out})
	if !errors.Is(err, errBroken) || strings.Contains(out.String(), "complete") {
		t.Errorf("a broken input: %v, and %q", err, out.String())
	}
	whole := io.MultiReader(strings.NewReader(strings.Repeat("x", 8<<20)))
	if _, err := l.Exec(t.Context(), sandbox.Command{Args: []string{"true"}, Stdin: whole, WholeInput: true}); outcome.AsFailure(err).Code != outcome.SandboxLost {
		t.Errorf("an input that was not read: %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(50*time.Millisecond, func() { cancel(errBroken) })
	if _, err := l.Exec(ctx, sandbox.Command{Args: []string{"sh", "-c", "exec sleep 600"}}); !errors.Is(err, errBroken) {
		t.Errorf("a cancelled program: %v", err)
	}
}

// scanned returns a dump with these statements.
func scanned(t *testing.T, role, statements string) restore.Dump {
	t.Helper()
	c, err := inspect.Scan(t.Context(), strings.NewReader("--\n-- PostgreSQL database dump\n--\n\n"+statements+"\n--\n-- PostgreSQL database dump complete\n--\n\n"), layers.Opener{})
	if err != nil {
		t.Fatal(err)
	}
	return restore.Dump{Role: role, Source: c.Source}
}

// TestWhatReachesFurtherIsLeftOut checks what a restore does with statements about more than the
// database.
func TestWhatReachesFurtherIsLeftOut(t *testing.T) {
	for _, c := range []struct {
		name, globals, dump string
		withRoles           bool
		leftOut             int    // statements
		refused             string // for this statement
	}{
		{name: "roles that nobody asked for", dump: "CREATE ROLE new; ALTER ROLE old SUPERUSER; CREATE USER mallory SUPERUSER; GRANT old TO mallory;", leftOut: 4},
		{name: "roles", dump: "CREATE ROLE new; ALTER ROLE old SUPERUSER; ALTER ROLE ALL SET work_mem = '1MB'; GRANT old TO new;", withRoles: true, leftOut: 2},
		{name: "globals that nobody asked for", globals: "ALTER SYSTEM SET work_mem = '1MB';", dump: "SELECT 1;"},
		{name: "globals", globals: "CREATE ROLE new;\nCREATE TABLESPACE fast OWNER old LOCATION '/fast';\nGRANT ALL ON TABLESPACE fast TO new;", dump: "SELECT 1;", withRoles: true, leftOut: 2},
		{name: "the server", dump: "ALTER SYSTEM SET work_mem = '1MB';", refused: "ALTER SYSTEM"},
		{name: "another database", globals: "DROP DATABASE other;", dump: "SELECT 1;", withRoles: true, refused: "DROP DATABASE"},
		{name: "another database of the same name", dump: "ALTER DATABASE other SET work_mem = '1MB';", refused: "ALTER DATABASE"},
		{name: "several roles", globals: "DROP ROLE old, other;", dump: "SELECT 1;", withRoles: true, refused: "DROP ROLE"},
	} {
		r := Real{Name: "shop", WithRoles: c.withRoles}
		dump := scanned(t, "", c.dump)
		if c.globals != "" {
			dump.Before = []restore.Dump{scanned(t, "globals", c.globals)}
		}
		got, err := r.asRestored(dump, about{roles: []string{"old"}}, inspect.Needs{})
		if c.refused != "" {
			if f := outcome.AsFailure(err); err == nil || f.Code != outcome.ConfigInvalid || !strings.Contains(f.Error(), c.refused) {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		leftOut := 0
		for _, part := range append(got.Before, got) {
			for _, s := range part.Splices {
				if s.SQL == "" {
					leftOut++
				}
			}
		}
		if err != nil || leftOut != c.leftOut || len(got.Before) > 0 != (c.globals != "" && c.withRoles) {
			t.Errorf("%s: %d statements are left out, want %d; %d parts before it; %v", c.name, leftOut, c.leftOut, len(got.Before), err)
		}
	}
}

// TestADumpThatCreatesItsDatabase checks that all of it goes into the target.
func TestADumpThatCreatesItsDatabase(t *testing.T) {
	dump := "DROP DATABASE shop;\nCREATE DATABASE shop WITH TEMPLATE = template0 ENCODING = 'UTF8';\nALTER DATABASE shop OWNER TO old;\n\\connect shop\n" +
		"COMMENT ON DATABASE shop IS 'x';\nALTER DATABASE shop SET work_mem TO '1MB';\nALTER ROLE old IN DATABASE shop SET work_mem TO '1MB';\n" +
		"CREATE TABLE public.t (n integer);\nREVOKE CONNECT ON DATABASE shop FROM PUBLIC;\n"
	source := scanned(t, "", dump)
	r := Real{Target: Target{Database: "new one"}}
	got, err := r.asRestored(source, about{roles: []string{"old"}}, inspect.Needs{Database: inspect.Database{Name: "shop"}})
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, s := range got.Splices {
		said = append(said, s.SQL+s.Database)
	}
	want := []string{
		"", "", "", "new one", "", `ALTER DATABASE "new one" SET work_mem TO '1MB';`, `ALTER ROLE old IN DATABASE "new one" SET work_mem TO '1MB';`,
		`REVOKE CONNECT ON DATABASE "new one" FROM PUBLIC;`,
	}
	if !slices.Equal(said, want) {
		t.Errorf("got %q, want %q", said, want)
	}
	if r.production != `COMMENT ON DATABASE "new one" IS 'x';` {
		t.Errorf("the comment at the end is set by %q", r.production)
	}
	r.keepComment("COMMENT ON DATABASE shop IS 'drillgres: restore R began T and has not ended';")
	if r.production != "" {
		t.Errorf("the mark of another restore would be set: %q", r.production)
	}
	if _, err := r.asRestored(source, about{}, inspect.Needs{Database: inspect.Database{Name: "other"}}); err == nil {
		t.Error("it reaches a database that is not its own")
	}
}

// TestSessionsThatAServerHasRoomFor checks how many load by default: one more looks on.
func TestSessionsThatAServerHasRoomFor(t *testing.T) {
	for free, want := range map[int]int{100: 4, 5: 4, 4: 3, 3: 2, 2: 1, 1: 1} {
		if got := sessionsFor(about{sessions: free}); got != want {
			t.Errorf("%d free: %d sessions, want %d", free, got, want)
		}
	}
	r := Real{Plan: Plan{Steps: []restore.Step{{Jobs: 1}, {Jobs: 4}}}}
	if err := r.checkSessions(about{sessions: 5}); err != nil {
		t.Error(err)
	}
	if err := r.checkSessions(about{sessions: 4}); err == nil || !strings.Contains(err.Error(), "needs 5 sessions") {
		t.Errorf("one too few: %v", err)
	}
}
