package main

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// leastMemory keeps the heap small: a drill streams, and needs little memory however large the backup is.
	leastMemory = 40 << 20
	// besideHeap is what the runtime needs besides the heap, in bytes.
	besideHeap = 12 << 20
	// adjustMemory is how often the limit is adjusted.
	adjustMemory = 250 * time.Millisecond
)

// limitMemory keeps the heap small, unless GOMEMLIMIT limits it. What a drill knows of a database with
// thousands of tables stays in memory, and so do several drills at the same time. At a limit close to what is in
// use, collecting garbage would take more time than the drill.
func limitMemory() {
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetMemoryLimit(leastMemory)
	go func() {
		for range time.Tick(adjustMemory) {
			debug.SetMemoryLimit(memoryFor(liveHeap()))
		}
	}()
}

// memoryFor returns the limit for a heap of which so many bytes are in use.
func memoryFor(live int64) int64 { return max(leastMemory, live+live/2+besideHeap) }

// liveHeap returns the bytes that were in use when garbage was last collected.
func liveHeap() int64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}
