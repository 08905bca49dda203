package docker

import (
	"testing"
	"time"

	"github.com/moby/moby/client"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox"
)

func TestAPausedPodIsLost(t *testing.T) {
	t.Parallel()
	p := ownPod(t, func(*Engine, *sandbox.Spec) {})
	if err := p.Health(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := p.client.ContainerPause(t.Context(), p.id, client.ContainerPauseOptions{}); err != nil {
		t.Fatal(err)
	}
	wantLost(t, p, outcome.SandboxLost, "paused")
	wantCode(t, p.Health(t.Context()), outcome.SandboxLost)
	_, err := p.Exec(t.Context(), sandbox.Command{Args: []string{"true"}})
	wantCode(t, err, outcome.SandboxLost)
}

func TestAKilledPodIsLostAndSoIsWhatRunsInIt(t *testing.T) {
	t.Parallel()
	p := ownPod(t, func(*Engine, *sandbox.Spec) {})
	conn := dial(t, p, "127.0.0.1:5432")
	ended := make(chan error)
	started := make(chan struct{})
	go func() {
		_, err := p.Exec(t.Context(), sandbox.Command{
			Args: []string{"sh", "-c", "echo started; sleep 3600"}, Stdout: writerFunc(func([]byte) { close(started) }),
		})
		ended <- err
	}()
	<-started
	if _, err := p.client.ContainerKill(t.Context(), p.id, client.ContainerKillOptions{Signal: "KILL"}); err != nil {
		t.Fatal(err)
	}
	wantCode(t, <-ended, outcome.SandboxLost)
	wantLost(t, p, outcome.SandboxLost, "exit code 137")
	if contains(p.Cause().Error(), "LOG:") {
		t.Errorf("lines of the log, which may contain restored data, are in: %v", p.Cause())
	}
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("the connection still returns bytes")
	}
	_, err := p.Dial(t.Context(), "tcp", "127.0.0.1:5432")
	wantCode(t, err, outcome.SandboxLost)
}

// The port of a stopped server stays open, so only an answer shows that it runs.
func TestAHungServerIsLost(t *testing.T) {
	t.Parallel()
	p := ownPod(t, func(e *Engine, _ *sandbox.Spec) {
		e.intervals = intervals{check: time.Second, ping: 200 * time.Millisecond, silence: 15 * time.Second, space: time.Second}
	})
	sh(t, p, `kill -STOP "$(head -1 "$PGDATA/postmaster.pid")"`)
	wantLost(t, p, outcome.SandboxLost, "Postgres has not answered")
}

// The Postgres container survives when one of its processes runs out of memory,
// and its state does not show it.
func TestOutOfMemoryIsReported(t *testing.T) {
	t.Parallel()
	p := ownPod(t, func(_ *Engine, s *sandbox.Spec) { s.Memory, s.ContainerMemory = 200<<20, 200<<20 })
	const hog = `my $x = "x" x (1 << 30); print length $x`
	c := start(t, p, sandbox.Container{Name: "hungry", Command: []string{"perl", "-e", hog}})
	waitDone(t, c)
	if code, oom := c.Ended(); code != 137 || !oom {
		t.Errorf("the container: exit code %d, out of memory %v", code, oom)
	}
	if err := p.Health(t.Context()); err != nil {
		t.Errorf("another container ran out of memory, but the pod is reported: %v", err)
	}
	code, err := p.Exec(t.Context(), sandbox.Command{Args: []string{"perl", "-e", hog}})
	if err == nil && code == 0 {
		t.Fatal("a process got more memory than the container has")
	}
	f := wantCode(t, p.Health(t.Context()), outcome.SandboxOutOfMemory)
	if !contains(f.Error(), "200 MiB") {
		t.Errorf("the limit is not in: %s", f)
	}
	select {
	case <-p.Lost():
		t.Errorf("lost, although Postgres still runs: %v", p.Cause())
	default:
	}
	eventually(t, "the engine's event has arrived", func() bool { return p.watch.hasKill(p.id) })
}

func wantLost(t *testing.T, p *pod, code outcome.Code, text string) {
	t.Helper()
	select {
	case <-p.Lost():
	case <-time.After(patience):
		t.Fatal("the pod is not lost")
	}
	if f := wantCode(t, p.Cause(), code); !contains(f.Error(), text) {
		t.Errorf("%q is not in: %s", text, f)
	}
}
