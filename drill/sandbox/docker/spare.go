package docker

import (
	"sync"
	"time"
)

// spareFor is how long a spare process may wait. Something between drillgres and a remote engine may
// drop a connection that nobody uses.
const spareFor = 20 * time.Second

// spare holds at most one process that waits for an address to dial. The start of a process in the
// container takes longer than everything else that Dial does, and a drill opens one session after
// another.
type spare struct {
	mu      sync.Mutex
	process *execution // nil: none
	since   time.Time
	busy    bool // one is being started
}

// take returns the process, or nil if there is none that can be used. The caller must close its
// connection.
func (s *spare) take() *execution {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.process
	s.process = nil
	if x != nil && time.Since(s.since) > spareFor {
		x.conn.Close()
		return nil
	}
	return x
}

// begin reports whether a process must be started. The caller then calls end.
func (s *spare) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy || s.process != nil {
		return false
	}
	s.busy = true
	return true
}

// end stores a process that was started; nil: that failed.
func (s *spare) end(x *execution) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.process, s.since, s.busy = x, time.Now(), false
}

// renewSpare starts a spare process in the background, if there is none. An error is left to the next Dial.
func (p *pod) renewSpare() {
	if !p.opened.Load() || p.Cause() != nil || !p.spare.begin() {
		return
	}
	p.background.Go(func() {
		x, err := p.startDialing(p.life, p.tools.dial)
		if err != nil {
			x = nil
		}
		p.spare.end(x)
	})
}

// closeSpare ends the spare process.
func (p *pod) closeSpare() {
	if x := p.spare.take(); x != nil {
		x.conn.Close()
	}
}
