package watch

import (
	"maps"
	"slices"
	"sync"
)

// pids are the server's processes that serve the watch itself. By their name
// they could not be told from a migration that calls itself the same.
type pids struct {
	mu  sync.Mutex
	all map[int]bool
}

func (p *pids) add(pid int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.all == nil {
		p.all = map[int]bool{}
	}
	p.all[pid] = true
}

func (p *pids) has(pid int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all[pid]
}

func (p *pids) list() []int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Collect(maps.Keys(p.all))
}
