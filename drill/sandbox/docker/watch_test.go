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
		t.Errorf("lines of the log, which may hold restored data, are in: %v", p.Cause())
	}
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("the connection still gives bytes")
	}
	_, err := p.Dial(t.Context(), "tcp", "127.0.0.1:5432")
	wantCode(t, err, outcome.SandboxLost)
}

// A stopped server keeps its port open: only an answer shows that it lives.
func TestAHungServerIsLost(t *testing.T) {
	t.Parallel()
	p := ownPod(t, func(e *Engine, _ *sandbox.Spec) {
		e.pace = pace{look: time.Second, greet: 200 * time.Millisecond, silent: 4 * time.Second, space: time.Second}
	})
	sh(t, p, `kill -STOP "$(head -1 "$PGDATA/postmaster.pid")"`)
	wantLost(t, p, outcome.SandboxLost, "Postgres has not answered")
}

// The Postgres container outlives it, and its state says nothing of it.
func TestWhatIsKilledForMemorySaysSo(t *testing.T) {
	t.Parallel()
	p := ownPod(t, func(_ *Engine, s *sandbox.Spec) { s.Memory = 200 << 20 })
	const hog = `my $x = "x" x (1 << 30); print length $x`
	c := start(t, p, sandbox.Container{Name: "hungry", Command: []string{"perl", "-e", hog}})
	waitDone(t, c)
	if code, oom := c.Ended(); code != 137 || !oom {
		t.Errorf("a further container: exit code %d, out of memory %v", code, oom)
	}
	if err := p.Health(t.Context()); err != nil {
		t.Errorf("a further container's memory is not the pod's: %v", err)
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
		t.Errorf("lost, although Postgres lives on: %v", p.Cause())
	default:
	}
	eventually(t, "the engine's event has arrived", 10*time.Second, func() bool { return p.watch.hadKill(p.id) })
}

func wantLost(t *testing.T, p *pod, code outcome.Code, says string) {
	t.Helper()
	select {
	case <-p.Lost():
	case <-time.After(20 * time.Second):
		t.Fatal("the pod is not lost")
	}
	if f := wantCode(t, p.Cause(), code); !contains(f.Error(), says) {
		t.Errorf("%q is not in: %s", says, f)
	}
}
