package docker

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/moby/moby/client"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox"
	"github.com/drillgres/drillgres/drill/work"
)

const (
	postgresPort   = "5432"
	retryReady     = 50 * time.Millisecond
	defaultStartIn = 2 * time.Minute
	logLines       = 15 // of a container that ended, in the message
)

// pod is a running sandbox.
type pod struct {
	*box
	engine *Engine
	pace   pace
	spec   sandbox.Spec
	watch  *watch
	reach  reach
	bound  bool        // the work directory is mounted
	open   atomic.Bool // Open has given it away

	life   context.Context // until Close
	stop   context.CancelFunc
	chores chores
}

var _ sandbox.Pod = (*pod)(nil)

// Open makes a pod as sandbox.Opener says.
func (e *Engine) Open(ctx context.Context, s sandbox.Spec) (sandbox.Running, error) {
	if !work.ValidID(s.RunID) {
		return sandbox.Running{}, fmt.Errorf("open a sandbox: %q is not a run id", s.RunID)
	}
	img, err := e.image(ctx, s.Image, s.PullWithin)
	if err != nil {
		return sandbox.Running{}, err
	}
	p, err := e.boot(ctx, s, img)
	if err != nil {
		return sandbox.Running{}, err
	}
	isolation, err := p.prepare(ctx)
	if err != nil {
		return sandbox.Running{}, remains(err, p.Close(ctx))
	}
	p.open.Store(true)
	p.chores.Go(func() { p.converse(p.life) })
	p.chores.Go(func() { p.guardDisk(p.life) })
	return sandbox.Running{Pod: p, Digest: img.digest, Isolation: isolation}, nil
}

// makeWithin is how long an engine may take to create and start a container.
const makeWithin = 45 * time.Second

// boot starts the Postgres container. If the engine refuses something that a
// drill can do without, boot tries again without it.
func (e *Engine) boot(ctx context.Context, s sandbox.Spec, img image) (*pod, error) {
	want := wish{init: true, loopback6: true, workDir: e.at.local() && s.WorkDir != ""}
	for {
		// A create that is cancelled half-way may still be carried out, when
		// nobody looks for its container any more.
		making, made := context.WithTimeout(context.WithoutCancel(ctx), makeWithin)
		id, err := e.startPostgres(making, s, img, want)
		made()
		if err == nil {
			return e.newPod(s, id, want.workDir), nil
		}
		// A container may come back together with an error.
		left := e.removeRun(context.WithoutCancel(ctx), s.RunID)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		less, ok := want.without(err)
		if !ok || len(left) > 0 {
			return nil, remains(e.notStarted(ctx, s.Image, err), left)
		}
		e.log.Debug("the engine refused a part of the sandbox that can be done without", "err", err)
		want = less
	}
}

// notStarted tells an engine that is no longer there from one that refuses.
func (e *Engine) notStarted(ctx context.Context, ref string, err error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerWithin)
	defer cancel()
	if _, silent := e.client.Ping(ctx, client.PingOptions{}); silent != nil {
		return unreachable(e.at, err)
	}
	return outcome.Fail(outcome.ServerStartFailed, "start a container of %s: %w", ref, plain(err))
}

func remains(err error, left []string) error {
	if len(left) == 0 {
		return err
	}
	return &sandbox.LeftBehind{Err: err, Things: left}
}

func (e *Engine) newPod(s sandbox.Spec, id string, bound bool) *pod {
	p := &pod{engine: e, pace: e.pace, spec: s, watch: newWatch(), bound: bound}
	p.life, p.stop = context.WithCancel(context.Background())
	p.box = &box{client: e.client, id: id, name: "the Postgres container", user: "postgres", shell: true, vital: true, look: p.look}
	p.chores.Go(func() { p.observe(p.life) })
	return p
}

// prepare proves the isolation while the server makes its cluster, and then
// waits for it.
func (p *pod) prepare(ctx context.Context) (outcome.Isolation, error) {
	within := p.spec.StartIn
	if within <= 0 {
		within = defaultStartIn
	}
	limited, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	// A cluster is not made twice: what starves while it is made never comes up.
	p.chores.Go(func() {
		if p.watch.awaitKill(limited, p.id) {
			cancel()
		}
	})
	isolation, way, err := p.isolation(limited)
	if err == nil {
		p.reach = way
		err = p.awaitReady(limited)
	}
	if err == nil {
		return isolation, nil
	}
	return isolation, p.whyNotReady(ctx, limited, within, err)
}

func (p *pod) whyNotReady(ctx, limited context.Context, within time.Duration, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if p.watch.hadKill(p.id) {
		return p.outOfMemory("a process of Postgres while it started")
	}
	if lost := failureIn(p.look(ctx)); lost != nil {
		if lost.Code == outcome.SandboxLost {
			return outcome.Fail(outcome.ServerStartFailed, "%w", lost.Err)
		}
		return lost
	}
	if limited.Err() != nil {
		return outcome.Fail(outcome.ServerStartFailed, "Postgres does not answer %s after its start: %w%s", within, err, p.lastWords(ctx))
	}
	return err
}

// awaitReady waits for the port, which costs the engine one command, and then
// for an answer. The server that the image starts only to make the cluster
// listens on no port.
func (p *pod) awaitReady(ctx context.Context) error {
	code, err := p.Exec(ctx, sandbox.Command{Args: []string{p.reach.shell, "-c", p.reach.listen, p.reach.shell, postgresPort}})
	if err != nil {
		return err
	}
	if code != 0 {
		return outcome.Fail(outcome.ServerStartFailed, "wait for the port of Postgres: exit code %d", code)
	}
	if p.spec.Ready == nil {
		return nil
	}
	for {
		err := p.spec.Ready(ctx, p)
		if err == nil {
			return nil
		}
		if lost := failureIn(p.look(ctx)); lost != nil {
			return lost
		}
		if pause(ctx, retryReady) != nil {
			return err
		}
	}
}

// lastWords are the last lines of the Postgres container's log, ready to be
// appended to a message. Once the server is open to restored data, whose
// values its log may hold, they are only the reason why it ended.
func (p *pod) lastWords(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerWithin)
	defer cancel()
	lines, err := p.logs(ctx, logLines)
	if err != nil {
		return fmt.Sprintf(" (its log cannot be read: %v)", err)
	}
	if p.open.Load() {
		lines = slices.DeleteFunc(lines, func(line string) bool { return !fatal.MatchString(line) })
	}
	lines = slices.DeleteFunc(lines, func(line string) bool { return strings.TrimSpace(line) == "" })
	if len(lines) == 0 {
		return ""
	}
	return "; its last log lines:\n" + strings.Join(lines, "\n")
}

var fatal = regexp.MustCompile(`\b(PANIC|FATAL):  `)

// serverArgs are the settings as the server's arguments, in a fixed order.
func serverArgs(settings map[string]string) []string {
	args := []string{"postgres"}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", name+"="+settings[name])
	}
	return args
}

// plain is what the engine itself said, without what the client puts before it.
func plain(err error) error {
	if _, said, ok := strings.Cut(err.Error(), "Error response from daemon: "); ok {
		return errors.New(said)
	}
	return err
}
