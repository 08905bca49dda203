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
	readyInterval  = 50 * time.Millisecond
	defaultStartIn = 2 * time.Minute
	logLines       = 15 // of a container, in a message
)

// pod is a running sandbox.
type pod struct {
	*box
	engine    *Engine
	intervals intervals
	spec      sandbox.Spec
	watch     *watch
	tools     portTools
	spare     spare
	cpus      int         // of its processes; 0: unknown
	mounted   bool        // the work directory is mounted
	opened    atomic.Bool // Open has returned it

	life       context.Context // until Close
	stop       context.CancelFunc
	background background
}

var _ sandbox.Pod = (*pod)(nil)

// Open creates a pod, as described by sandbox.Opener.
func (e *Engine) Open(ctx context.Context, s sandbox.Spec) (sandbox.Running, error) {
	if !work.ValidID(s.RunID) {
		return sandbox.Running{}, fmt.Errorf("open a sandbox: %q is not a run id", s.RunID)
	}
	img, err := e.ensureImage(ctx, s.Image, s.PullWithin)
	if err != nil {
		return sandbox.Running{}, err
	}
	p, err := e.boot(ctx, s, img)
	if err != nil {
		return sandbox.Running{}, err
	}
	isolation, err := p.prepare(ctx)
	if err != nil {
		return sandbox.Running{}, withLeftovers(err, p.Close(ctx))
	}
	p.opened.Store(true)
	p.renewSpare()
	p.background.Go(func() { p.pingRegularly(p.life) })
	p.background.Go(func() { p.guardDisk(p.life) })
	return sandbox.Running{Pod: p, Digest: img.digest, Isolation: isolation, Processors: p.cpus}, nil
}

// boot starts the Postgres container. If the engine refuses an optional feature,
// boot tries again without it.
func (e *Engine) boot(ctx context.Context, s sandbox.Spec, img image) (*pod, error) {
	features := optional{init: true, loopback6: true, workDir: e.at.local() && s.WorkDir != ""}
	for {
		id, err := e.startPostgres(ctx, s, img, features)
		if err == nil {
			return e.newPod(s, id, features.workDir), nil
		}
		// The container may exist in spite of the error.
		left := e.removeRun(context.WithoutCancel(ctx), s.RunID)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		less, ok := features.without(err)
		if !ok || len(left) > 0 {
			return nil, withLeftovers(e.bootFailure(ctx, s.Image, err), left)
		}
		e.log.Debug("the engine refused an optional feature of the sandbox", "err", err)
		features = less
	}
}

// bootFailure returns engine_unreachable if the engine does not answer, and
// otherwise server_start_failed.
func (e *Engine) bootFailure(ctx context.Context, ref string, err error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerWithin)
	defer cancel()
	if _, noAnswer := e.client.Ping(ctx, client.PingOptions{}); noAnswer != nil {
		return unreachable(e.at, err)
	}
	return outcome.Fail(outcome.ServerStartFailed, "start a container of %s: %w", ref, daemonError(err))
}

// withLeftovers wraps err in a LeftBehind if anything was left behind.
func withLeftovers(err error, left []string) error {
	if len(left) == 0 {
		return err
	}
	return &sandbox.LeftBehind{Err: err, Things: left}
}

func (e *Engine) newPod(s sandbox.Spec, id string, mounted bool) *pod {
	p := &pod{engine: e, intervals: e.intervals, spec: s, watch: newWatch(), mounted: mounted}
	p.life, p.stop = context.WithCancel(context.Background())
	p.box = &box{client: e.client, id: id, name: "the Postgres container", user: "postgres", shell: true, strict: true, check: p.check}
	p.background.Go(func() { p.observe(p.life) })
	return p
}

// prepare checks the isolation while the image initializes the cluster, and then
// waits for the server.
func (p *pod) prepare(ctx context.Context) (outcome.Isolation, error) {
	within := p.spec.StartIn
	if within <= 0 {
		within = defaultStartIn
	}
	limited, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	// The image does not initialize a cluster again: if it runs out of memory,
	// the server never starts.
	p.background.Go(func() {
		if p.watch.awaitKill(limited, p.id) {
			cancel()
		}
	})
	isolation, tools, err := p.checkIsolation(limited)
	if err == nil {
		p.tools = tools
		err = p.awaitReady(limited)
	}
	if err == nil {
		return isolation, nil
	}
	return isolation, p.startFailure(ctx, limited, within, err)
}

// startFailure returns why the server did not become ready: err, or what
// explains it.
func (p *pod) startFailure(ctx, limited context.Context, within time.Duration, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if p.watch.hasKill(p.id) {
		return p.outOfMemory("a process of Postgres during its start")
	}
	if lost := failureIn(p.check(ctx)); lost != nil {
		if lost.Code == outcome.SandboxLost {
			return outcome.Fail(outcome.ServerStartFailed, "%w", lost.Err)
		}
		return lost
	}
	if limited.Err() != nil {
		return outcome.Fail(outcome.ServerStartFailed, "Postgres did not answer within %s of its start: %w%s", within, err, p.logExcerpt(ctx))
	}
	return err
}

// awaitReady waits for an answer of the server. The temporary server
// with which the image initializes the cluster does not listen on a port.
func (p *pod) awaitReady(ctx context.Context) error {
	for {
		err := p.spec.Ready(ctx, starting{p})
		if err == nil {
			return nil
		}
		if lost := failureIn(p.check(ctx)); lost != nil {
			return lost
		}
		if pause(ctx, readyInterval) != nil {
			return err
		}
	}
}

// logExcerpt returns the last lines of the Postgres container's log in a form that
// can be appended to a message. After Open has returned, the log may contain
// restored data, so logExcerpt returns only lines about why the server ended.
func (p *pod) logExcerpt(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerWithin)
	defer cancel()
	lines, err := p.logs(ctx, logLines)
	if err != nil {
		return fmt.Sprintf(" (its log cannot be read: %v)", err)
	}
	if p.opened.Load() {
		lines = slices.DeleteFunc(lines, func(line string) bool { return !fatal.MatchString(line) })
	}
	lines = slices.DeleteFunc(lines, func(line string) bool { return strings.TrimSpace(line) == "" })
	if len(lines) == 0 {
		return ""
	}
	return "; its last log lines:\n" + strings.Join(lines, "\n")
}

var fatal = regexp.MustCompile(`\b(PANIC|FATAL):  `)

// serverArgs returns the server's command line, with the settings in a fixed
// order.
func serverArgs(settings map[string]string) []string {
	args := []string{"postgres"}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", name+"="+settings[name])
	}
	return args
}

// daemonError returns the engine's own error message, without the client's prefix.
func daemonError(err error) error {
	if _, message, ok := strings.Cut(err.Error(), "Error response from daemon: "); ok {
		return errors.New(message)
	}
	return err
}
