package main

import (
	"runtime"
	"testing"
)

func TestMemoryFollowsTheLiveHeap(t *testing.T) {
	kept := make([]byte, 100<<20)
	runtime.GC()
	if live := liveHeap(); live < 100<<20 || memoryFor(live) < live*3/2 {
		t.Errorf("the limit is %d with %d bytes in use", memoryFor(live), live)
	}
	runtime.KeepAlive(kept)
	if got := memoryFor(1 << 20); got != leastMemory {
		t.Errorf("the limit of a small heap is %d", got)
	}
}
