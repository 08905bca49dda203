package wiring

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/equip"
	"github.com/drillgres/drillgres/drill/sandbox/docker"
	"github.com/drillgres/drillgres/drill/work"
)

// defaultMemory is the memory of a sandbox if the config does not set it and the
// machine of the engine has enough.
const defaultMemory = 4 << 30

// machine is the engine and what its machine offers to the drills.
type machine struct {
	*docker.Engine
	total  int64 // bytes of its memory; 0: unknown
	memory *memory
}

// connect connects to the engine and removes what dead runs left.
func (w *Wiring) connect(ctx context.Context) (*machine, error) {
	engine, err := connect(ctx, docker.Options{Root: w.workRoot, Lifetime: LongestDrill(w.Config)}, w.options)
	if err != nil {
		return nil, err
	}
	about, err := engine.Describe(ctx)
	if err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	sweepBefore(ctx, engine, w.workRoot, w.options.Log)
	return &machine{Engine: engine, total: about.Memory, memory: newMemory(about.Memory)}, nil
}

// defaultMemoryOn returns the default memory of a sandbox on an engine with that much; 0:
// unknown.
func defaultMemoryOn(ofEngine int64) config.Size {
	if ofEngine <= 0 {
		return defaultMemory
	}
	return config.Size(min(defaultMemory, ofEngine/4*3))
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
	connect func(context.Context) (*machine, error)
	turn    *semaphore.Weighted // a mutex whose waiters stop with their context

	machine *machine
	err     error
	tried   time.Time
}

func newConnection(connect func(context.Context) (*machine, error)) *connection {
	return &connection{connect: connect, turn: semaphore.NewWeighted(1)}
}

// get returns the engine and its machine. Concurrent callers share one attempt and its
// error, unless the caller that made the attempt was cancelled.
func (c *connection) get(ctx context.Context) (*machine, error) {
	if c.turn.Acquire(ctx, 1) != nil {
		return nil, context.Cause(ctx)
	}
	defer c.turn.Release(1)
	if c.machine != nil {
		return c.machine, nil
	}
	if c.err != nil && time.Since(c.tried) < retryAfter {
		return nil, c.err
	}
	m, err := c.connect(ctx)
	switch {
	case err == nil:
		c.machine, c.err = m, nil
	case ctx.Err() == nil:
		c.err, c.tried = err, time.Now()
	}
	return m, err
}

func (c *connection) close() {
	_ = c.turn.Acquire(context.Background(), 1) // never cancelled
	defer c.turn.Release(1)
	if c.machine != nil {
		_ = c.machine.Close() // closes idle connections
	}
}

// Sweep removes what dead runs left on the engine and in the work directory, and the
// images that drillgres made and has not used for 30 days. It returns
// what it removed, and what it kept, with the reason.
func Sweep(ctx context.Context, engine *docker.Engine, workRoot string, o docker.SweepOptions) (removed, kept []string, err error) {
	removed, kept, engineErr := engine.Sweep(ctx, o)
	images, used, imagesErr := equip.Sweep(ctx, engine, time.Now())
	for _, i := range used {
		kept = append(kept, fmt.Sprintf("image %s: it was used on %s", i.Ref, i.LastUsed.UTC().Format(time.DateOnly)))
	}
	files, filesErr := work.Sweep(workRoot)
	return slices.Concat(removed, images, files), kept, errors.Join(engineErr, imagesErr, filesErr)
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
