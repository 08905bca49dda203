package watch

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/redact"
)

// slack is the maximum difference between the times in the log, which are rounded
// to milliseconds, and those of the samples.
const slack = 3 * time.Millisecond

// heldLock is a lock on a table that existed before, from when a statement took
// it until it was released.
type heldLock struct {
	table       *relation
	mode        mode
	statement   *statement
	from, until time.Time
	seen        bool // in pg_locks
	works       []*work
	noTimeout   bool
}

func (h *heldLock) seconds() float64 { return max(0, h.until.Sub(h.from).Seconds()) }

// samples holds the locks that were seen in pg_locks, by transaction.
type samples struct {
	times   []int64
	virtual map[string][]*sampledLock
	pid     map[int][]*sampledLock
}

// byTransaction returns the sampled locks by transaction.
func (s *sampler) byTransaction() samples {
	i := samples{times: s.times, virtual: map[string][]*sampledLock{}, pid: map[int][]*sampledLock{}}
	for _, h := range s.locks {
		i.virtual[h.virtual] = append(i.virtual[h.virtual], h)
		i.pid[h.pid] = append(i.pid[h.pid], h)
	}
	return i
}

// locksOf returns the sampled locks of a transaction. If the log does not name
// the transaction, they are the locks of its session at that time.
func (i samples) locksOf(tx *transaction) (all []*sampledLock) {
	list := i.virtual[tx.virtual]
	if tx.virtual == "" {
		list = i.pid[tx.client.pid]
	}
	for _, h := range list {
		during := !h.first.Before(tx.started.Add(-slack)) && !h.last.After(tx.ended.Add(slack))
		if !h.matched && (tx.virtual != "" || during) {
			h.matched = true
			all = append(all, h)
		}
	}
	slices.SortFunc(all, (*sampledLock).compare)
	return all
}

// compare orders locks by the time at which they were first seen. Those of one sample
// come from a map.
func (h *sampledLock) compare(other *sampledLock) int {
	return cmp.Or(h.first.Compare(other.first), strings.Compare(h.table.ident, other.table.ident), cmp.Compare(h.mode, other.mode))
}

// assignLocks assigns the locks of a transaction to its statements: the sampled
// ones, and for locks that were too short, those of the kind of statement.
func (i samples) assignLocks(tx *transaction) {
	for _, s := range tx.statements {
		if s.sqlstate == "" {
			s.addClaimedLocks(tx.ended)
		}
	}
	for _, h := range i.locksOf(tx) {
		if s, known := tx.findTaker(h); s != nil {
			s.addSample(h, known, tx.ended)
		}
	}
	for _, s := range tx.statements {
		for _, h := range s.locks {
			if at := i.secondSample(h.from); !h.seen && at.Before(h.until) {
				h.until = at // a longer lock would have been seen
			}
		}
		s.locks = strongestPerTable(s.locks)
	}
}

// secondSample returns the time of the second sample after a moment. A lock that
// was held until then was seen. Without such a sample the time is far in the
// future.
func (i samples) secondSample(after time.Time) time.Time {
	at, _ := slices.BinarySearch(i.times, after.Add(slack).UnixMicro())
	if at+1 >= len(i.times) {
		return after.Add(endWithin)
	}
	return time.UnixMicro(i.times[at+1])
}

func (s *statement) addClaimedLocks(until time.Time) {
	for _, c := range s.claims {
		h := &heldLock{table: c.table, mode: c.mode, statement: s, from: s.executed, until: until, noTimeout: c.noTimeout}
		if c.work != nil {
			h.works = append(h.works, c.work)
		}
		s.locks = append(s.locks, h)
	}
}

// findTaker returns the statement that took a sampled lock, and the claimed lock
// that it confirms; nil: none.
func (tx *transaction) findTaker(h *sampledLock) (taker *statement, known *heldLock) {
	for _, s := range tx.statements {
		for _, k := range s.locks {
			if k.table == h.table && k.mode == h.mode && !s.started.After(h.first) {
				return s, k
			}
		}
	}
	for _, s := range tx.statements {
		if s.started.After(h.first.Add(slack)) {
			break
		}
		if taker == nil || !h.started.Before(s.executed.Add(-slack)) {
			taker = s
		}
	}
	return taker, nil
}

func (s *statement) addSample(h *sampledLock, known *heldLock, ended time.Time) {
	if known == nil {
		known = &heldLock{table: h.table, mode: h.mode, statement: s, from: s.executed, noTimeout: s.noTimeout}
		s.locks = append(s.locks, known)
	}
	known.seen = true
	if h.before.After(known.from) {
		known.from = h.before
	}
	known.until = ended
}

// strongestPerTable returns the strongest lock on each table, with the work under
// all locks on it.
func strongestPerTable(locks []*heldLock) (kept []*heldLock) {
	for _, h := range locks {
		i := slices.IndexFunc(kept, func(k *heldLock) bool { return k.table == h.table })
		if i < 0 {
			kept = append(kept, h)
			continue
		}
		k := kept[i]
		works := append(slices.Clone(k.works), h.works...)
		if h.mode > k.mode || h.mode == k.mode && h.seen && !k.seen {
			kept[i] = h
		}
		kept[i].works = works
		kept[i].noTimeout = k.noTimeout || h.noTimeout
	}
	slices.SortFunc(kept, func(a, b *heldLock) int {
		return 2*(int(b.mode)-int(a.mode)) + strings.Compare(a.table.ident, b.table.ident)
	})
	return kept
}

// unloggedTransactions returns the statements with locks that are in
// pg_stat_activity but not in the log, because their session has disabled it.
func (i samples) unloggedTransactions() (all []*transaction) {
	for _, virtual := range slices.Sorted(maps.Keys(i.virtual)) {
		tx := newTransaction(&client{}, time.Time{})
		for _, h := range slices.SortedFunc(slices.Values(i.virtual[virtual]), (*sampledLock).compare) {
			if h.matched || h.sql == "" {
				continue
			}
			s := &statement{
				client: tx.client, tx: tx, sql: redact.SQL(h.sql), started: h.started, executed: h.started, ended: h.last, seconds: h.last.Sub(h.started).Seconds(),
			}
			s.locks = []*heldLock{{table: h.table, mode: h.mode, statement: s, from: h.before, until: h.last, seen: true}}
			if j := slices.IndexFunc(tx.statements, func(o *statement) bool { return o.started.Equal(s.started) }); j >= 0 {
				s.locks[0].statement = tx.statements[j]
				tx.statements[j].locks = strongestPerTable(append(tx.statements[j].locks, s.locks...))
				continue
			}
			tx.statements = append(tx.statements, s)
		}
		if len(tx.statements) > 0 {
			all = append(all, tx)
		}
	}
	return all
}

// lockReports returns the locks of a statement for the result.
func (s *statement) lockReports() []outcome.Lock {
	locks := make([]outcome.Lock, 0, len(s.locks))
	for _, h := range s.locks {
		locks = append(locks, outcome.Lock{
			Table: h.table.ident, Mode: h.mode.String(), HeldSeconds: h.seconds(), Blocks: h.mode.blocks(), Seen: h.seen,
		})
	}
	return locks
}
