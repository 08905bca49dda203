package docker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/events"
	"github.com/moby/moby/client"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox"
)

// intervals are the times by which a pod is watched.
type intervals struct {
	check   time.Duration // between checks of the container
	ping    time.Duration // between pings of the server
	silence time.Duration // of engine or server after which the pod counts as lost
	space   time.Duration // between checks of the engine's disk
}

var defaultIntervals = intervals{check: 2 * time.Second, ping: 10 * time.Second, silence: 45 * time.Second, space: 5 * time.Second}

// watch records what happens to a pod.
type watch struct {
	lost  chan struct{}
	once  sync.Once
	cause error

	mu      sync.Mutex
	killed  map[string]bool // ids of containers that ran out of memory, by the engine's events
	changed chan struct{}   // closed and replaced when killed changes
}

func newWatch() *watch {
	return &watch{lost: make(chan struct{}), killed: map[string]bool{}, changed: make(chan struct{})}
}

// lose marks the pod as lost. Only the first cause is recorded.
func (w *watch) lose(cause error) {
	w.once.Do(func() {
		w.cause = cause
		close(w.lost)
	})
}

func (w *watch) recordKill(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.killed[id] = true
	close(w.changed)
	w.changed = make(chan struct{})
}

// awaitKill waits until the kernel kills a process of a container because it ran
// out of memory. It returns false if ctx ends first.
func (w *watch) awaitKill(ctx context.Context, id string) bool {
	for {
		w.mu.Lock()
		killed, changed := w.killed[id], w.changed
		w.mu.Unlock()
		if killed {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

// hasKill reports whether the kernel has killed a process of a container because
// it ran out of memory.
func (w *watch) hasKill(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.killed[id]
}

// Lost is closed when the pod is lost, as described by sandbox.Pod.
func (p *pod) Lost() <-chan struct{} { return p.watch.lost }

// Cause returns why the pod is lost, or nil if it is not.
func (p *pod) Cause() error {
	select {
	case <-p.watch.lost:
		return p.watch.cause
	default:
		return nil
	}
}

// Health checks the pod, as described by sandbox.Pod.
func (p *pod) Health(ctx context.Context) error {
	if err := p.check(ctx); err != nil {
		return err
	}
	kills, err := p.countKills(ctx)
	if p.watch.hasKill(p.id) || kills > 0 {
		return p.outOfMemory("a process of the Postgres container")
	}
	return err
}

func (p *pod) outOfMemory(what string) error {
	limit := "no limit"
	if p.spec.Memory > 0 {
		limit = fmt.Sprintf("limit %d MiB", p.spec.Memory>>20)
	}
	return outcome.Fail(outcome.SandboxOutOfMemory, "the kernel killed %s because it ran out of memory (%s)", what, limit)
}

// countKills returns how many processes of the container the kernel has killed
// because it ran out of memory. It reads the control group, version 2 or 1.
func (p *pod) countKills(ctx context.Context) (int, error) {
	var out strings.Builder
	const script = `cat /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control 2>/dev/null; true`
	if _, err := p.Exec(ctx, sandbox.Command{Args: []string{"sh", "-c", script}, Stdout: &out}); err != nil {
		return 0, err
	}
	for line := range strings.Lines(out.String()) {
		if count, ok := strings.CutPrefix(strings.TrimSpace(line), "oom_kill "); ok {
			return strconv.Atoi(count)
		}
	}
	return 0, nil
}

// check reads the container's state from the engine. It returns a Failure if the
// pod is lost, and any other error if the state could not be read.
func (p *pod) check(ctx context.Context) error {
	if cause := p.Cause(); cause != nil {
		return cause
	}
	found, err := p.client.ContainerInspect(ctx, p.id, client.ContainerInspectOptions{})
	if errdefs.IsNotFound(err) {
		err = outcome.Fail(outcome.SandboxLost, "the Postgres container was removed")
	} else if err == nil {
		err = p.checkState(ctx, found.Container.State)
	}
	if lost := failureIn(err); lost != nil {
		p.watch.lose(lost)
		return p.Cause()
	}
	return err
}

func (p *pod) checkState(ctx context.Context, s *container.State) error {
	switch {
	case s == nil:
		return errors.New("the engine does not report the state of the Postgres container")
	case s.Paused:
		return outcome.Fail(outcome.SandboxLost, "the Postgres container was paused")
	case s.Running:
		return nil
	case s.OOMKilled || p.watch.hasKill(p.id):
		return p.outOfMemory("Postgres")
	}
	return outcome.Fail(outcome.SandboxLost, "the Postgres container ended with exit code %d%s", s.ExitCode, p.logExcerpt(ctx))
}

// observe checks the pod at intervals and whenever the engine reports an event of
// the run, until the pod is lost or closed.
func (p *pod) observe(ctx context.Context) {
	notify := make(chan struct{}, 1)
	p.background.Go(func() { p.followEvents(ctx, notify) })
	ticker := time.NewTicker(p.intervals.check)
	defer ticker.Stop()
	answered := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.watch.lost:
			return
		case <-ticker.C:
		case <-notify:
		}
		err := p.check(ctx)
		if err == nil {
			answered = time.Now()
		} else if silence := time.Since(answered); silence > p.intervals.silence && ctx.Err() == nil {
			p.watch.lose(outcome.Fail(outcome.SandboxLost, "the container engine has not answered for %s: %w", silence.Round(time.Second), err))
		}
	}
}

// followEvents reads the engine's events of this run and sends to notify after
// each. If the engine ends the stream, followEvents requests a new one, including
// the events since the last one.
func (p *pod) followEvents(ctx context.Context, notify chan<- struct{}) {
	since := time.Now().Add(-time.Minute)
	filters := client.Filters{}.Add("type", string(events.ContainerEventType)).Add("label", labelRun+"="+p.spec.RunID).
		Add("event", string(events.ActionOOM), string(events.ActionDie), string(events.ActionPause))
	for ctx.Err() == nil {
		stream := p.client.Events(ctx, client.EventsListOptions{
			Since: strconv.FormatInt(since.Unix(), 10), Filters: filters,
		})
		for open := true; open; {
			select {
			case m := <-stream.Messages:
				since = time.Unix(0, m.TimeNano)
				if m.Action == events.ActionOOM {
					p.watch.recordKill(m.Actor.ID)
				}
				select {
				case notify <- struct{}{}:
				default:
				}
			case <-stream.Err: //nolint:errcheck // a new stream is opened after any error
				open = false
			}
		}
		_ = pause(ctx, p.intervals.check) // the loop checks ctx
	}
}

// pingRegularly marks the pod as lost when the server no longer answers. An open
// port is not enough, because that of a stopped server stays open.
func (p *pod) pingRegularly(ctx context.Context) {
	answered := time.Now()
	for pause(ctx, p.intervals.ping) == nil {
		err := p.pingServer(ctx)
		silence := time.Since(answered)
		switch {
		case err == nil:
			answered = time.Now()
		case ctx.Err() != nil || p.Cause() != nil:
			return
		case silence > p.intervals.silence:
			p.watch.lose(outcome.Fail(outcome.SandboxLost, "Postgres has not answered for %s: %w", silence.Round(time.Second), err))
			return
		}
	}
}

// pingServer sends an SSLRequest, which the server answers from a new process,
// without authentication and without a line in its log.
func (p *pod) pingServer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, p.intervals.silence/3)
	defer cancel()
	c, err := p.Dial(ctx, "tcp", net.JoinHostPort("127.0.0.1", postgresPort))
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // the answer has been read
	deadline, _ := ctx.Deadline()
	if err := c.SetDeadline(deadline); err != nil {
		return err
	}
	sslRequest := []byte{0, 0, 0, 8, 4, 210, 22, 47}
	if _, err := c.Write(sslRequest); err != nil {
		return err
	}
	_, err = c.Read(make([]byte, 1))
	return err
}
