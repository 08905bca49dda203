package verify

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// Ahead reads tables of a database while others are still being loaded, so that Verify does not
// have to. It keeps only what was read without any error: Verify reads the rest, and what has changed since,
// and counts the rows.
type Ahead struct {
	level string

	mu    sync.Mutex
	idle  []*aheadSession
	read  map[partID]float64 // seconds
	reads int                // that run
	since time.Time          // when the first of them began
	busy  time.Duration      // how long any ran until then
}

// partID identifies what a part of a task reads, as long as it does not change.
type partID struct {
	method    string
	oid, node uint32 // of the table or index, and of its file
	bytes     int64
	sql       string // of a part of a table
}

// aheadSession is a session that reads.
type aheadSession struct {
	conn    *pgx.Conn
	methods methods
}

// largestPart is how many bytes are read at once: a session of the load that reads does nothing else.
const largestPart = 128 << 20

// NewAhead returns an Ahead for a database, or nil if nothing can be read ahead.
func NewAhead(c config.Verify) *Ahead {
	level := cmp.Or(c.Integrity, standard)
	if level == basic {
		return nil
	}
	return &Ahead{level: level, read: map[partID]float64{}}
}

// has returns how long it took to read a part ahead, or false if it was not.
func (a *Ahead) has(id partID) (seconds float64, found bool) {
	if a == nil {
		return 0, false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	seconds, found = a.read[id]
	return seconds, found
}

// seconds returns how long at least one Read ran.
func (a *Ahead) seconds() float64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.busy.Seconds()
}

// Read reads a table with its indexes, until pause returns true. It reports whether there is nothing left to read:
// an error is left to Verify.
func (a *Ahead) Read(ctx context.Context, s provision.Server, table sqltext.Name, pause func() bool) (ended bool) {
	a.begin()
	defer a.end()
	one, err := a.take(ctx, s)
	if err != nil {
		return true
	}
	defer a.give(one)
	parts, err := one.partsOf(ctx, table)
	if err != nil {
		return true
	}
	for _, p := range parts {
		if _, found := a.has(p.reads); found {
			continue
		}
		if pause() {
			return false
		}
		began := time.Now()
		if damage, err := p.run(ctx, one.conn); damage != "" || err != nil {
			return true
		}
		a.note(p.reads, time.Since(began).Seconds())
	}
	return true
}

// End closes all sessions. No Read may run.
func (a *Ahead) End(ctx context.Context) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, one := range a.idle {
		provision.Close(ctx, one.conn)
	}
	a.idle = nil
}

// Forget forgets what was read.
func (a *Ahead) Forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.read)
	a.busy = 0
}

func (a *Ahead) begin() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.reads++; a.reads == 1 {
		a.since = time.Now()
	}
}

func (a *Ahead) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.reads--; a.reads == 0 {
		a.busy += time.Since(a.since)
	}
}

func (a *Ahead) note(id partID, seconds float64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.read[id] = seconds
}

// take returns an idle session, or a new one.
func (a *Ahead) take(ctx context.Context, s provision.Server) (*aheadSession, error) {
	a.mu.Lock()
	if last := len(a.idle) - 1; last >= 0 {
		one := a.idle[last]
		a.idle = a.idle[:last]
		a.mu.Unlock()
		return one, nil
	}
	a.mu.Unlock()
	conn, err := openReader(ctx, s)
	if err != nil {
		return nil, err
	}
	one := &aheadSession{conn: conn}
	if one.methods, err = methodsIn(ctx, conn, s.Major, a.level); err != nil {
		provision.Close(ctx, conn)
		return nil, err
	}
	return one, nil
}

// give makes a session idle, unless its connection is lost.
func (a *Ahead) give(one *aheadSession) {
	if one.conn.IsClosed() {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.idle = append(a.idle, one)
}

// partsOf returns what is to be read of a table and its indexes, except what takes long at once.
func (s *aheadSession) partsOf(ctx context.Context, table sqltext.Name) (parts []step, err error) {
	tables, err := listRelations(ctx, s.conn, storedTablesSQL+" and c.oid = to_regclass($1)", table.SQL())
	if err != nil {
		return nil, err
	}
	indexes, err := listRelations(ctx, s.conn, storedIndexesSQL+" and c.oid = to_regclass($1)", table.SQL())
	if err != nil {
		return nil, err
	}
	add := func(t *task) {
		if t != nil && t.bytes/int64(len(t.parts)) <= largestPart {
			parts = append(parts, t.parts...)
		}
	}
	for _, t := range tables {
		add(s.methods.verifyHeap(t))
		add(s.methods.readAll(t, nil))
	}
	for _, i := range indexes {
		if !s.methods.deep { // or else all of the table is read for each
			add(s.methods.checkIndex(i))
		}
	}
	return parts, nil
}
