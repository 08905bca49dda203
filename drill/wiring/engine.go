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

// defaultMemory is the memory of a sandbox if neither the config says how much
// nor the engine's machine has less.
const defaultMemory = 4 << 30

// connect makes the one connection of a Wiring.
func (w *Wiring) connect(ctx context.Context) (engine *docker.Engine, memory config.Size, err error) {
	if engine, err = Connect(ctx, w.workRoot, w.options); err != nil {
		return nil, 0, err
	}
	about, err := engine.Describe(ctx)
	if err != nil {
		return nil, 0, errors.Join(err, engine.Close())
	}
	sweepBefore(ctx, engine, w.workRoot, w.options.Log)
	return engine, config.Size(min(defaultMemory, about.Memory/4*3)), nil
}

// Connect connects to the container engine that the environment names.
// workRoot is that of the runs whose sandboxes are made there.
// Failure: engine_unreachable.
func Connect(ctx context.Context, workRoot string, o Options) (*docker.Engine, error) {
	return docker.Connect(ctx, docker.Options{Root: workRoot, Log: o.Log, Getenv: o.Getenv})
}

// tryAgain is how long an engine that did not answer is not asked again: the
// next drill of a command fails at once, that of a worker finds an engine that
// was started meanwhile.
const tryAgain = time.Minute

// connection is an engine that is connected to when it is first needed, and
// then shared by all.
type connection struct {
	connect func(context.Context) (*docker.Engine, config.Size, error)
	turn    *semaphore.Weighted // of one: whoever waits for it need not wait longer than its context

	engine *docker.Engine
	memory config.Size // of a sandbox whose config does not say
	err    error
	tried  time.Time
}

func newConnection(connect func(context.Context) (*docker.Engine, config.Size, error)) *connection {
	return &connection{connect: connect, turn: semaphore.NewWeighted(1)}
}

// get returns the engine and the memory of a sandbox whose config does not say.
// Callers at the same time share one attempt, and its error. An attempt that
// its caller cancelled counts for nobody else.
func (c *connection) get(ctx context.Context) (*docker.Engine, config.Size, error) {
	if c.turn.Acquire(ctx, 1) != nil {
		return nil, 0, context.Cause(ctx)
	}
	defer c.turn.Release(1)
	if c.engine != nil {
		return c.engine, c.memory, nil
	}
	if c.err != nil && time.Since(c.tried) < tryAgain {
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
	_ = c.turn.Acquire(context.Background(), 1) // which never ends
	defer c.turn.Release(1)
	if c.engine != nil {
		_ = c.engine.Close() // gives up idle connections
	}
}

// Sweep removes what dead runs left on the engine and in the work directory.
func Sweep(ctx context.Context, engine *docker.Engine, workRoot string, o docker.SweepOptions) (removed, kept []string, err error) {
	removed, kept, engineErr := engine.Sweep(ctx, o)
	files, filesErr := work.Sweep(workRoot)
	return append(removed, files...), kept, errors.Join(engineErr, filesErr)
}

// sweepWithin bounds the sweep before a drill: an engine can hang on a
// leftover that it cannot remove.
const sweepWithin = time.Minute

// sweepBefore is the sweep before the first drill: what it cannot remove is a
// warning, and no reason not to drill.
func sweepBefore(ctx context.Context, engine *docker.Engine, workRoot string, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, sweepWithin)
	defer cancel()
	removed, _, err := Sweep(ctx, engine, workRoot, docker.SweepOptions{})
	for _, r := range removed {
		log.Info("removed what a dead run left", "what", r)
	}
	if err != nil {
		log.Warn("could not remove all that dead runs left", "err", err)
	}
}
