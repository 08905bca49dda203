package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// living is a drill in a process of its own.
type living struct {
	cmd    *exec.Cmd
	root   string // of its work directories
	stdout bytes.Buffer
	stderr transcript
	ended  chan struct{}
}

// start begins a drill whose environment has more than the test's own.
func start(t *testing.T, config string, env ...string) *living {
	t.Helper()
	l := &living{root: workRootOf(config), ended: make(chan struct{})}
	l.cmd = exec.CommandContext(t.Context(), "drillgres", "run", "--format", "json", "--progress", "plain", "--config", config)
	l.cmd.Env = append(os.Environ(), env...)
	l.cmd.Stdout, l.cmd.Stderr = &l.stdout, &l.stderr
	if err := l.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = l.cmd.Wait() // how it ended is looked at
		close(l.ended)
	}()
	t.Cleanup(func() {
		_ = l.cmd.Process.Kill()
		<-l.ended
		l.remove()
	})
	return l
}

// remove takes away what a test that failed may have left: with its root gone,
// no sweep would for two days.
func (l *living) remove() {
	const script = `docker ps -aq --filter "label=$0" | xargs -r docker rm -fv; docker volume ls -q --filter "label=$0" | xargs -r docker volume rm -f`
	_ = exec.CommandContext(context.Background(), "sh", "-c", script, "io.drillgres.root="+l.root).Run()
}

// end waits for the drill's end, for as long as it may take.
func (l *living) end(t *testing.T, within time.Duration) {
	t.Helper()
	select {
	case <-l.ended:
	case <-time.After(within):
		t.Fatalf("the drill did not end within %s; stderr:\n%s", within, l.stderr.String())
	}
}

func (l *living) result(t *testing.T, within time.Duration) (r outcome.Result, exit int) {
	t.Helper()
	l.end(t, within)
	if err := json.Unmarshal(l.stdout.Bytes(), &r); err != nil {
		t.Fatalf("no result: %q\n%s", l.stdout.String(), l.stderr.String())
	}
	return r, l.cmd.ProcessState.ExitCode()
}

// transcript is what a process has said so far.
type transcript struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *transcript) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *transcript) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// sleeping waits until a session of the drill's server sleeps, and gives the id
// of its container.
func (l *living) sleeping(t *testing.T) (pod string) {
	t.Helper()
	return l.eventually(t, func() string {
		for _, id := range l.containers(t, "postgres") {
			out, err := exec.CommandContext(t.Context(), "docker", "exec", id, "psql", "-U", "drillgres", "-d", "postgres", "-Atc", sleepers).Output()
			if err == nil && strings.TrimSpace(string(out)) != "0" {
				return id
			}
		}
		return ""
	})
}

const sleepers = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'"

// said waits until the drill has written something to stderr.
func (l *living) said(t *testing.T, text string) {
	t.Helper()
	l.eventually(t, func() string {
		if strings.Contains(l.stderr.String(), text) {
			return text
		}
		return ""
	})
}

// eventually asks again and again, unless the drill ends before.
func (l *living) eventually(t *testing.T, probe func() string) string {
	t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for time.Now().Before(deadline) {
		if found := probe(); found != "" {
			return found
		}
		select {
		case <-tick.C:
		case <-l.ended:
			t.Fatalf("the drill ended before; stdout:\n%s\nstderr:\n%s", l.stdout.String(), l.stderr.String())
		}
	}
	t.Fatalf("waited two minutes for nothing; stderr:\n%s", l.stderr.String())
	return ""
}

func workRootOf(config string) string { return filepath.Join(filepath.Dir(config), "work") }

// left are the containers and volumes that drills of a config have left.
func left(t *testing.T, config string) []string {
	t.Helper()
	return leftBelow(t, workRootOf(config))
}

func leftBelow(t *testing.T, root string) []string {
	t.Helper()
	label := "label=io.drillgres.root=" + root
	return append(engineList(t, "ps", "-aq", "--filter", label), engineList(t, "volume", "ls", "-q", "--filter", label)...)
}

// filesLeft are the run's directories and locks below a work root.
func filesLeft(t *testing.T, root string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(root)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != "id" { // the root's own
			names = append(names, e.Name())
		}
	}
	return names
}

// nothingLeft looks for itself, whatever the results say.
func nothingLeft(t *testing.T, config string) {
	t.Helper()
	if l := left(t, config); len(l) > 0 {
		t.Errorf("left on the engine: %q", l)
	}
}

func engineList(t *testing.T, args ...string) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "docker", args...).Output()
	if err != nil {
		t.Fatalf("docker %s: %v", strings.Join(args, " "), err)
	}
	return strings.Fields(string(out))
}

// engine tells the container engine to do something to a container.
func engine(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "docker", args...).CombinedOutput(); err != nil {
		t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// containers are those of the drill, or of one role in it.
func (l *living) containers(t *testing.T, role string, more ...string) []string {
	t.Helper()
	args := []string{"ps", "-aq", "--filter", "label=io.drillgres.root=" + l.root}
	if role != "" {
		args = append(args, "--filter", "label=io.drillgres.role="+role)
	}
	return engineList(t, append(args, more...)...)
}
