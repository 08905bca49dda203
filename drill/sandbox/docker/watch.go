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

// pace is how closely a pod is watched.
type pace struct {
	look   time.Duration // between looks at the container
	greet  time.Duration // between questions to the server
	silent time.Duration // of engine or server until the pod counts as lost
	space  time.Duration // between looks at the engine's disk
}

var defaultPace = pace{look: 2 * time.Second, greet: 10 * time.Second, silent: 45 * time.Second, space: 5 * time.Second}

// watch is what has become of a pod.
type watch struct {
	lost  chan struct{}
	once  sync.Once
	cause error

	mu     sync.Mutex
	killed map[string]bool // containers in which the kernel killed for memory, by the engine's events
	news   chan struct{}   // closed, and replaced, when killed grows
}

func newWatch() *watch {
	return &watch{lost: make(chan struct{}), killed: map[string]bool{}, news: make(chan struct{})}
}

func (w *watch) lose(cause error) {
	w.once.Do(func() {
		w.cause = cause
		close(w.lost)
	})
}

func (w *watch) sawKill(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.killed[id] = true
	close(w.news)
	w.news = make(chan struct{})
}

// awaitKill waits until the kernel has killed something in a container for
// memory, and tells whether it has.
func (w *watch) awaitKill(ctx context.Context, id string) bool {
	for {
		w.mu.Lock()
		killed, news := w.killed[id], w.news
		w.mu.Unlock()
		if killed {
			return true
		}
		select {
		case <-news:
		case <-ctx.Done():
			return false
		}
	}
}

func (w *watch) hadKill(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.killed[id]
}

// Lost is closed when the Postgres container is of no more use.
func (p *pod) Lost() <-chan struct{} { return p.watch.lost }

// Cause tells why the pod is lost; nil while it is not.
func (p *pod) Cause() error {
	select {
	case <-p.watch.lost:
		return p.watch.cause
	default:
		return nil
	}
}

// Health looks now, as sandbox.Pod says.
func (p *pod) Health(ctx context.Context) error {
	if err := p.look(ctx); err != nil {
		return err
	}
	kills, err := p.kills(ctx)
	if p.watch.hadKill(p.id) || kills > 0 {
		return p.outOfMemory("a process of the Postgres container")
	}
	return err
}

func (p *pod) outOfMemory(what string) error {
	limit := "no limit of its own"
	if p.spec.Memory > 0 {
		limit = fmt.Sprintf("a limit of %d MiB", p.spec.Memory>>20)
	}
	return outcome.Fail(outcome.SandboxOutOfMemory, "the kernel killed %s for memory (%s)", what, limit)
}

// kills asks the container's control group how many processes the kernel has
// killed in it for memory: version 2, then version 1.
func (p *pod) kills(ctx context.Context) (int, error) {
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

// look asks the engine for the container's state. A Failure says that the
// pod is lost; any other error that the engine did not tell.
func (p *pod) look(ctx context.Context) error {
	if cause := p.Cause(); cause != nil {
		return cause
	}
	found, err := p.client.ContainerInspect(ctx, p.id, client.ContainerInspectOptions{})
	if errdefs.IsNotFound(err) {
		err = outcome.Fail(outcome.SandboxLost, "the Postgres container was removed")
	} else if err == nil {
		err = p.judge(ctx, found.Container.State)
	}
	if lost := failureIn(err); lost != nil {
		p.watch.lose(lost)
		return p.Cause()
	}
	return err
}

func (p *pod) judge(ctx context.Context, s *container.State) error {
	switch {
	case s == nil:
		return errors.New("the engine does not tell the state of the Postgres container")
	case s.Paused:
		return outcome.Fail(outcome.SandboxLost, "the Postgres container was paused")
	case s.Running:
		return nil
	case s.OOMKilled || p.watch.hadKill(p.id):
		return p.outOfMemory("Postgres")
	}
	return outcome.Fail(outcome.SandboxLost, "the Postgres container ended with exit code %d%s", s.ExitCode, p.lastWords(ctx))
}

// observe looks at regular times and whenever the engine reports something of
// the run, until the pod is lost or closed.
func (p *pod) observe(ctx context.Context) {
	news := make(chan struct{}, 1)
	p.chores.Go(func() { p.listen(ctx, news) })
	ticker := time.NewTicker(p.pace.look)
	defer ticker.Stop()
	answered := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.watch.lost:
			return
		case <-ticker.C:
		case <-news:
		}
		err := p.look(ctx)
		if err == nil {
			answered = time.Now()
		} else if silence := time.Since(answered); silence > p.pace.silent && ctx.Err() == nil {
			p.watch.lose(outcome.Fail(outcome.SandboxLost, "the container engine has not answered for %s: %w", silence.Round(time.Second), err))
		}
	}
}

// listen follows the engine's events of this run. The end of a stream is the
// engine's: it is asked again, for what happened meanwhile too.
func (p *pod) listen(ctx context.Context, news chan<- struct{}) {
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
					p.watch.sawKill(m.Actor.ID)
				}
				select {
				case news <- struct{}{}:
				default:
				}
			case <-stream.Err: //nolint:errcheck // whatever ended the stream, it is opened again
				open = false
			}
		}
		_ = pause(ctx, p.pace.look) // its error is the loop's end
	}
}

// converse asks the server at regular times whether it is there: a stopped
// server keeps its open port, so only an answer counts.
func (p *pod) converse(ctx context.Context) {
	answered := time.Now()
	for pause(ctx, p.pace.greet) == nil {
		err := p.greetServer(ctx)
		silence := time.Since(answered)
		switch {
		case err == nil:
			answered = time.Now()
		case ctx.Err() != nil || p.Cause() != nil:
			return
		case silence > p.pace.silent:
			p.watch.lose(outcome.Fail(outcome.SandboxLost, "Postgres has not answered for %s: %w", silence.Round(time.Second), err))
			return
		}
	}
}

// greetServer asks whether the server would speak TLS, which it answers to
// everybody, in a process of its own, without a line in its log.
func (p *pod) greetServer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, p.pace.silent/3)
	defer cancel()
	c, err := p.Dial(ctx, "tcp", net.JoinHostPort("127.0.0.1", postgresPort))
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // it was only asked, and is hung up on
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
