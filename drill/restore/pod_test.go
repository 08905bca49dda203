package restore_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/restore"
	"github.com/drillgres/drillgres/drill/sandbox"
	"github.com/drillgres/drillgres/drill/sandbox/docker"
	"github.com/drillgres/drillgres/drill/work"
	"github.com/drillgres/drillgres/fixtures/images"
)

// labs holds the pods that tests which do not end them use one after another.
var labs struct {
	sync.Mutex
	all  []*lab
	idle map[string][]*lab // by major
}

func TestMain(m *testing.M) {
	labs.idle = map[string][]*lab{}
	code := m.Run()
	for _, l := range labs.all {
		if err := l.close(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// lab is a pod of one major. Every case has its own database in it.
type lab struct {
	major    string
	image    string
	engine   *docker.Engine
	root     string
	work     *work.Dir // its lock protects the pod from sweeps
	memory   config.Size
	shm      config.Size
	open     sync.Once
	running  sandbox.Running
	user     string // the first superuser
	password string
	run      string
	cases    int
}

// Open returns the same pod each time, with the requested superuser.
func (l *lab) Open(ctx context.Context, s sandbox.Spec) (sandbox.Running, error) {
	var err error
	l.open.Do(func() {
		l.user, l.password = s.User, s.Password
		l.running, err = l.engine.Open(ctx, s)
	})
	if err != nil || l.running.Pod == nil {
		return sandbox.Running{}, errors.Join(err, errors.New("the pod did not open"))
	}
	if l.user == s.User {
		return l.running, nil
	}
	conn, err := provision.Connect(ctx, l.running, "template1", l.user, redact.Secret(l.password))
	if err != nil {
		return sandbox.Running{}, err
	}
	defer provision.Close(ctx, conn)
	_, err = conn.Exec(ctx, fmt.Sprintf("create role %s superuser login password '%s'", s.User, s.Password))
	return l.running, err
}

// sharedLab is for tests that do not end the pod. No other test uses the pod before this one ends.
func sharedLab(t *testing.T, major string) *lab {
	t.Helper()
	labs.Lock()
	defer labs.Unlock()
	var l *lab
	if idle := labs.idle[major]; len(idle) > 0 {
		l, labs.idle[major] = idle[0], idle[1:]
	} else {
		l = newLab(t, major)
		labs.all = append(labs.all, l)
	}
	t.Cleanup(func() {
		labs.Lock()
		defer labs.Unlock()
		labs.idle[major] = append(labs.idle[major], l)
	})
	return l
}

// ownLab is for tests that end the pod. The pod is opened at its first use.
func ownLab(t *testing.T, major string) *lab {
	t.Helper()
	l := newLab(t, major)
	t.Cleanup(func() {
		if err := l.close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return l
}

func newLab(t *testing.T, major string) *lab {
	t.Helper()
	l := &lab{major: major, image: images.Postgres(t, major), run: "restore-" + strings.ToLower(rand.Text())}
	var err error
	if l.root, err = os.MkdirTemp("", "drillgres-restore-test-"); err != nil {
		t.Fatal(err)
	}
	if l.work, err = work.New(l.root, l.run); err != nil {
		t.Fatal(err)
	}
	if l.engine, err = docker.Connect(t.Context(), docker.Options{Root: l.root}); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *lab) close(ctx context.Context) error {
	var left []string
	if l.running.Pod != nil {
		left = l.running.Close(ctx)
	}
	err := errors.Join(l.engine.Close(), l.work.Close(), os.RemoveAll(l.root))
	if len(left) > 0 {
		err = errors.Join(err, fmt.Errorf("left behind: %s", strings.Join(left, ", ")))
	}
	return err
}

// server returns a server with an empty database.
func (l *lab) server(t *testing.T) provision.Server {
	t.Helper()
	s, _, f := l.drill(t, job{dump: []byte("select 1;"), change: plain})
	if f != nil {
		t.Fatal(f)
	}
	return s
}

// job is one dump to restore.
type job struct {
	dump   []byte
	change func(*inspect.Contents) // changes the result of inspect
	config config.Restore
	watch  outcome.Progress
}

// drill provisions and restores.
func (l *lab) drill(t *testing.T, j job) (provision.Server, restore.Restored, *outcome.Failure) {
	t.Helper()
	l.cases++
	path, contents := l.write(t, j)
	j.config.Profile = provision.Fast // the tests do not depend on durability
	p := provision.Provisioner{
		Opener: l, Restore: j.config, RunID: l.run, WorkDir: l.work.Shared, Database: fmt.Sprintf("case_%d", l.cases),
		Config: config.Postgres{Version: l.major, Image: config.Text(l.image), Memory: l.memory, ShmSize: l.shm},
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	s, err := p.Provision(ctx, contents.Needs)
	if err != nil {
		t.Fatalf("provision: %v", err)
	}
	restored, err := restore.Restorer{Config: j.config, WorkDir: l.work.Shared}.Restore(ctx, s, restore.Dump{Path: path, Source: contents.Source}, j.watch)
	return s, restored, outcome.AsFailure(err)
}

// write writes the dump to a file and returns the result of inspect.
func (l *lab) write(t *testing.T, j job) (path string, contents inspect.Contents) {
	t.Helper()
	contents, err := inspect.Scan(t.Context(), bytes.NewReader(j.dump), layers.Opener{})
	if err != nil && j.change == nil {
		t.Fatalf("inspect: %v", err)
	}
	contents.Needs.Database.Name = "" // each case has its own database
	if j.change != nil {
		j.change(&contents)
	}
	path = filepath.Join(l.work.Shared, fmt.Sprintf("case-%d.dump", l.cases))
	if err := os.WriteFile(path, j.dump, 0o644); err != nil {
		t.Fatal(err)
	}
	return path, contents
}

// source creates the database source with a script, and dumps it.
func (l *lab) source(t *testing.T, s provision.Server, script string, dumpArgs ...string) []byte {
	t.Helper()
	l.createSource(t, s, script)
	return l.dumpSource(t, s, dumpArgs...)
}

// createSource creates the database source with a script. The one before it is dropped.
func (l *lab) createSource(t *testing.T, s provision.Server, script string) {
	t.Helper()
	l.psql(t, s, "postgres", "drop database if exists source;\ncreate database source template template0;\n\\connect source\n"+script)
}

func (l *lab) dumpSource(t *testing.T, s provision.Server, args ...string) []byte {
	t.Helper()
	return l.inPod(t, s, append([]string{"pg_dump", "--host=127.0.0.1", "--username=" + s.User, "--dbname=source"}, args...), "")
}

func (l *lab) psql(t *testing.T, s provision.Server, database, script string) string {
	t.Helper()
	return string(l.inPod(t, s, []string{
		"psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "--host=127.0.0.1",
		"--username=" + s.User, "--dbname=" + database,
	}, script))
}

func (l *lab) inPod(t *testing.T, s provision.Server, args []string, stdin string) []byte {
	t.Helper()
	var out, complaints bytes.Buffer
	code, err := s.Exec(t.Context(), sandbox.Command{
		Args: args, Env: []string{"PGPASSWORD=" + s.Password.Reveal()}, Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &complaints,
	})
	if err != nil || code != 0 {
		t.Fatalf("%s: exit code %d, %v\n%s", args[0], code, err, complaints.String())
	}
	return out.Bytes()
}
