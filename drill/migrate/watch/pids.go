package watch

import (
	"maps"
	"slices"
	"sync"
)

// pidSet holds the server's processes for the sessions of the watch. A migration
// could use the same application_name, so they are known by their process IDs.
type pidSet struct {
	mu  sync.Mutex
	all map[int]bool
}

func (p *pidSet) add(pid int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.all == nil {
		p.all = map[int]bool{}
	}
	p.all[pid] = true
}

func (p *pidSet) has(pid int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all[pid]
}

func (p *pidSet) list() []int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Collect(maps.Keys(p.all))
}
