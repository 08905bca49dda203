package docker

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox"
	"github.com/drillgres/drillgres/drill/work"
	"github.com/drillgres/drillgres/fixtures/images"
)

// patience is how long a test waits for a state. It is long because the machine
// may be busy with other tests.
const patience = 3 * time.Minute

// common is the pod of all tests that do not change it.
var common struct {
	sync.Once
	pod    *pod
	engine *Engine
	close  func()
}

func TestMain(m *testing.M) {
	if os.Getenv(sshSocket) != "" && strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe") == "ssh" {
		os.Exit(asSSH())
	}
	code := m.Run()
	if common.close != nil {
		common.close()
	}
	if code == 0 {
		// The HTTP client keeps the connection of a cancelled request idle for a
		// while. It does not own the connections of execs.
		idle := []goleak.Option{
			goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"),
			goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"),
		}
		err := goleak.Find(idle...)
		for deadline := time.Now().Add(time.Minute); err != nil && time.Now().Before(deadline); {
			err = goleak.Find(idle...)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "goroutines are left:", err)
			code = 1
		}
	}
	os.Exit(code)
}

func connect(t testing.TB, root string) *Engine {
	t.Helper()
	images.NeedEngine(t)
	e, err := Connect(t.Context(), Options{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// sharedPod returns the common pod, for tests that neither end nor fill it.
func sharedPod(t testing.TB) *pod {
	t.Helper()
	images.NeedEngine(t)
	common.Do(func() {
		root, err := os.MkdirTemp("", "drillgres-docker-test-")
		if err != nil {
			t.Fatal(err)
		}
		common.engine = connect(t, root)
		p, clean := openPod(t, common.engine, func(s *sandbox.Spec) { s.InMemory = false })
		common.pod = p
		common.close = func() {
			clean()
			_ = common.engine.Close()
			_ = os.RemoveAll(root)
		}
	})
	if common.pod == nil {
		t.Fatal("the common pod did not open")
	}
	return common.pod
}

// ownPod returns a pod for a test that changes it.
func ownPod(t testing.TB, change func(*Engine, *sandbox.Spec)) *pod {
	t.Helper()
	e := connect(t, t.TempDir())
	t.Cleanup(func() { _ = e.Close() })
	p, clean := openPod(t, e, func(s *sandbox.Spec) { change(e, s) })
	t.Cleanup(clean)
	return p
}

func openPod(t testing.TB, e *Engine, change func(*sandbox.Spec)) (*pod, func()) {
	t.Helper()
	spec, dir := newSpec(t, e)
	change(&spec)
	r, err := e.Open(context.Background(), spec)
	if err != nil {
		t.Fatal(err)
	}
	p := r.Pod.(*pod)
	return p, func() {
		if left := p.Close(context.Background()); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
		if err := dir.Close(); err != nil {
			t.Error(err)
		}
	}
}

func newSpec(t testing.TB, e *Engine) (sandbox.Spec, *work.Dir) {
	t.Helper()
	dir, err := work.New(e.root, newRunID())
	if err != nil {
		t.Fatal(err)
	}
	return sandbox.Spec{
		RunID: dirID(dir), Image: images.Postgres(t, "15"), WorkDir: dir.Shared,
		User: "drill_admin", Password: "canary1234", Hosts: []string{"cache"},
		Settings: map[string]string{"fsync": "off", "max_connections": "50"},
		Memory:   1 << 30, ShmSize: 128 << 20, CPUs: 2, InMemory: true,
		StartIn: patience, Ready: ready,
	}, dir
}

func newRunID() string {
	b := make([]byte, 6)
	_, _ = rand.Read(b)
	return "test-" + hex.EncodeToString(b)
}

func dirID(d *work.Dir) string { return d.Path[strings.LastIndexByte(d.Path, os.PathSeparator)+1:] }

func ready(ctx context.Context, d sandbox.Dialer) error {
	c, err := query(ctx, d)
	if err != nil {
		return err
	}
	return c.Close(ctx)
}

// query connects as an application does: over TCP, with a password.
func query(ctx context.Context, d sandbox.Dialer) (*pgx.Conn, error) {
	cfg, err := pgx.ParseConfig("host=127.0.0.1 port=5432 user=drill_admin password=canary1234 dbname=postgres sslmode=disable")
	if err != nil {
		return nil, err
	}
	cfg.DialFunc = d.Dial
	cfg.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	c, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	var one int
	if err := c.QueryRow(ctx, "select 1").Scan(&one); err != nil {
		return nil, errors.Join(err, c.Close(ctx))
	}
	return c, nil
}

// sh runs a script in a container and returns its output.
func sh(t testing.TB, x sandbox.Execer, script string, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	code, err := x.Exec(t.Context(), sandbox.Command{
		Args: append([]string{"bash", "-c", script, "bash"}, args...), Stdout: &out, Stderr: &errs,
	})
	if err != nil || code != 0 {
		t.Fatalf("%s: exit code %d, %v: %s", script, code, err, errs.String())
	}
	return strings.TrimSpace(out.String())
}

func wantCode(t testing.TB, err error, code outcome.Code) *outcome.Failure {
	t.Helper()
	var f *outcome.Failure
	if !errors.As(err, &f) || f.Code != code {
		t.Fatalf("got %v, want a Failure with code %s", err, code)
	}
	return f
}

// eventually waits until a condition is true.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !condition() {
		if pause(ctx, 20*time.Millisecond) != nil {
			t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

// wantNoProcesses waits until no command line in the Postgres container contains
// a word. A killed process may exist for a moment longer.
func wantNoProcesses(t testing.TB, p *pod, word string) {
	t.Helper()
	eventually(t, "processes with "+word+" have ended", func() bool { return processes(t, p, word) == "" })
}

// processes returns the command lines in the Postgres container that contain a
// word.
func processes(t testing.TB, p *pod, word string) string {
	t.Helper()
	return sh(t, p, `for f in /proc/[0-9]*/cmdline; do
		[ "$f" != "/proc/$$/cmdline" ] || continue
		line=$(tr '\0' ' ' <"$f" 2>/dev/null) || continue
		case $line in *"for f in"*) ;; *"$1"*) echo "$line" ;; esac
	done`, word)
}

func contains(text, part string) bool { return strings.Contains(text, part) }

func imageOf(t testing.TB, major string) string { return images.Postgres(t, major) }
