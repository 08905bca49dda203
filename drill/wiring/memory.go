package wiring

import (
	"context"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/words"
)

// memory is what the containers of all drills may use together.
type memory struct {
	size int64
	free *semaphore.Weighted // first come, first served: a large drill is not overtaken forever
}

// leftToMachine is how much of the engine's memory no container gets, if it has that much: for
// its system, the engine and drillgres.
const leftToMachine = 1 << 30

// newMemory returns the memory of an engine that has total bytes. If that is not known, one drill
// runs at a time.
func newMemory(total int64) *memory {
	size := max(total-min(leftToMachine, total/8), 1)
	return &memory{size: size, free: semaphore.NewWeighted(size)}
}

// admitWithin is how long Admit waits for the engine to answer. The drill's own preflight, which
// reports it, waits as long.
const admitWithin = 3 * time.Minute

// Admit waits until the engine has the memory that the containers of a drill may use, beside
// the drills that were admitted and have not released theirs. A drill that may use more than
// the engine has is admitted when no other is, and runs alone. Admit does not fail: the drill
// itself reports an engine that does not answer, and a signal.
func (w *Wiring) Admit(ctx context.Context, db *config.Database) (release func()) {
	limited, cancel := context.WithTimeout(ctx, admitWithin)
	m, err := w.engine.get(limited)
	cancel()
	if err != nil {
		return func() {}
	}
	server, others := MemoryOf(db, m.total)
	needed := server + others
	if needed > m.memory.size {
		w.options.Log.Warn("a drill of this database runs alone, because its containers may use more memory than the engine has for drills",
			"database", db.Name, "containers", words.Size(needed), "engine", words.Size(m.memory.size), "hint", "lower postgres.memory or app.memory")
		needed = m.memory.size
	}
	if m.memory.free.Acquire(ctx, needed) != nil { // cancelled: the drill does not reach its sandbox
		return func() {}
	}
	return func() { m.memory.free.Release(needed) }
}
