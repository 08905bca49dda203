package wiring

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/sandbox/docker"
	"github.com/drillgres/drillgres/drill/work"
)

// defaultMemory is the memory of a sandbox if the config does not set it and the
// machine of the engine has enough.
const defaultMemory = 4 << 30

// connect connects to the engine and removes what dead runs left. It returns the engine
// and the default memory of a sandbox.
func (w *Wiring) connect(ctx context.Context) (engine *docker.Engine, memory config.Size, err error) {
	if engine, err = connect(ctx, docker.Options{Root: w.workRoot, Lifetime: LongestDrill(w.Config)}, w.options); err != nil {
		return nil, 0, err
	}
	about, err := engine.Describe(ctx)
	if err != nil {
		return nil, 0, errors.Join(err, engine.Close())
	}
	sweepBefore(ctx, engine, w.workRoot, w.options.Log)
	return engine, config.Size(min(defaultMemory, about.Memory/4*3)), nil
}

// Connect connects to the container engine that the environment names, to examine it or
// to sweep. workRoot is the work root of the runs on this machine. Failure:
// engine_unreachable.
func Connect(ctx context.Context, workRoot string, o Options) (*docker.Engine, error) {
	return connect(ctx, docker.Options{Root: workRoot}, o)
}

func connect(ctx context.Context, engine docker.Options, o Options) (*docker.Engine, error) {
	engine.Log, engine.Getenv = o.Log, o.Getenv
	return docker.Connect(ctx, engine)
}

// retryAfter is how long a failed connection is not tried again. The next drill of a
// command fails at once; that of a worker finds an engine that was started in the
// meantime.
const retryAfter = time.Minute

// connection connects to the engine when it is first needed, and shares it.
type connection struct {
	connect func(context.Context) (*docker.Engine, config.Size, error)
	turn    *semaphore.Weighted // a mutex whose waiters stop with their context

	engine *docker.Engine
	memory config.Size // default of a sandbox
	err    error
	tried  time.Time
}

func newConnection(connect func(context.Context) (*docker.Engine, config.Size, error)) *connection {
	return &connection{connect: connect, turn: semaphore.NewWeighted(1)}
}

// get returns the engine and the default memory of a sandbox. Concurrent callers share
// one attempt and its error, unless the caller that made the attempt was cancelled.
func (c *connection) get(ctx context.Context) (*docker.Engine, config.Size, error) {
	if c.turn.Acquire(ctx, 1) != nil {
		return nil, 0, context.Cause(ctx)
	}
	defer c.turn.Release(1)
	if c.engine != nil {
		return c.engine, c.memory, nil
	}
	if c.err != nil && time.Since(c.tried) < retryAfter {
		return nil, 0, c.err
	}
	engine, memory, err := c.connect(ctx)
	switch {
	case err == nil:
		c.engine, c.memory, c.err = engine, memory, nil
	case ctx.Err() == nil:
		c.err, c.tried = err, time.Now()
	}
	return engine, memory, err
}

func (c *connection) close() {
	_ = c.turn.Acquire(context.Background(), 1) // never cancelled
	defer c.turn.Release(1)
	if c.engine != nil {
		_ = c.engine.Close() // closes idle connections
	}
}

// Sweep removes what dead runs left on the engine and in the work directory. It returns
// what it removed, and what it kept because it belongs to a run that is alive.
func Sweep(ctx context.Context, engine *docker.Engine, workRoot string, o docker.SweepOptions) (removed, kept []string, err error) {
	removed, kept, engineErr := engine.Sweep(ctx, o)
	files, filesErr := work.Sweep(workRoot)
	return append(removed, files...), kept, errors.Join(engineErr, filesErr)
}

// sweepLimit bounds the sweep before a drill, because an engine can hang on a leftover
// that it cannot remove.
const sweepLimit = time.Minute

// sweepBefore is the sweep before the first drill. What it cannot remove is logged and
// does not prevent the drill.
func sweepBefore(ctx context.Context, engine *docker.Engine, workRoot string, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, sweepLimit)
	defer cancel()
	removed, _, err := Sweep(ctx, engine, workRoot, docker.SweepOptions{})
	for _, r := range removed {
		log.Info("removed leftover of a dead run", "what", r)
	}
	if err != nil {
		log.Warn("could not remove all leftovers of dead runs", "err", err)
	}
}
