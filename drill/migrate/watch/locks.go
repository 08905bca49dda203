package watch

import (
	"slices"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/redact"
)

// slack is how far the log's times, which are to the millisecond, and those of
// the samples can be apart.
const slack = 3 * time.Millisecond

// hold is a lock on a table that existed before, from when a statement took it
// until it was gone.
type hold struct {
	table       *relation
	mode        mode
	statement   *statement
	from, until time.Time
	seen        bool
	works       []*work
	noTimeout   bool
}

func (h *hold) seconds() float64 { return max(0, h.until.Sub(h.from).Seconds()) }

// samples are the locks that were seen, to be found by their transaction.
type samples struct {
	times   []int64
	virtual map[string][]*held
	pid     map[int][]*held
}

func (s *sampler) index() samples {
	i := samples{times: s.times, virtual: map[string][]*held{}, pid: map[int][]*held{}}
	for _, h := range s.held {
		i.virtual[h.virtual] = append(i.virtual[h.virtual], h)
		i.pid[h.pid] = append(i.pid[h.pid], h)
	}
	return i
}

// of are the locks of a transaction. Of one that the log does not name, they
// are those of its session at the time.
func (i samples) of(tx *transaction) (all []*held) {
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
	slices.SortFunc(all, func(a, b *held) int { return a.first.Compare(b.first) })
	return all
}

// holdsOf tells the statements of a transaction the locks that they took: what
// pg_locks showed, and where that was too short, what their kind tells.
func (i samples) holdsOf(tx *transaction) {
	for _, s := range tx.statements {
		if s.sqlstate == "" {
			s.holdClaims(tx.ended)
		}
	}
	for _, h := range i.of(tx) {
		if s, known := tx.taker(h); s != nil {
			s.see(h, known, tx.ended)
		}
	}
	for _, s := range tx.statements {
		for _, h := range s.holds {
			if at := i.second(h.from); !h.seen && at.Before(h.until) {
				h.until = at // longer, and it would have been seen
			}
		}
		s.holds = strongest(s.holds)
	}
}

// second is when the second sample was taken after a moment: a lock that was
// held then was seen. Without one, it is far away.
func (i samples) second(after time.Time) time.Time {
	at, _ := slices.BinarySearch(i.times, after.Add(slack).UnixMicro())
	if at+1 >= len(i.times) {
		return after.Add(endWithin)
	}
	return time.UnixMicro(i.times[at+1])
}

func (s *statement) holdClaims(until time.Time) {
	for _, c := range s.claims {
		h := &hold{table: c.table, mode: c.mode, statement: s, from: s.executed, until: until, noTimeout: c.noTimeout}
		if c.work != nil {
			h.works = append(h.works, c.work)
		}
		s.holds = append(s.holds, h)
	}
}

// taker finds the statement that took a lock, and its hold if the statement's kind
// had told of it.
func (tx *transaction) taker(h *held) (taker *statement, known *hold) {
	for _, s := range tx.statements {
		for _, k := range s.holds {
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

func (s *statement) see(h *held, known *hold, ended time.Time) {
	if known == nil {
		known = &hold{table: h.table, mode: h.mode, statement: s, from: s.executed, noTimeout: s.noTimeout}
		s.holds = append(s.holds, known)
	}
	known.seen = true
	if h.before.After(known.from) {
		known.from = h.before
	}
	known.until = ended
}

// strongest keeps of each table the strongest lock, with all the work that is
// done under locks on it.
func strongest(holds []*hold) (kept []*hold) {
	for _, h := range holds {
		i := slices.IndexFunc(kept, func(k *hold) bool { return k.table == h.table })
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
	slices.SortFunc(kept, func(a, b *hold) int {
		return 2*(int(b.mode)-int(a.mode)) + strings.Compare(a.table.ident, b.table.ident)
	})
	return kept
}

// hidden are statements that pg_stat_activity showed and the log did not tell:
// of a session that has taken itself out of it.
func (i samples) hidden() (all []*transaction) {
	for _, list := range i.virtual {
		tx := newTransaction(&client{}, time.Time{})
		for _, h := range list {
			if h.matched || h.sql == "" {
				continue
			}
			s := &statement{
				client: tx.client, tx: tx, sql: redact.SQL(h.sql), started: h.started, executed: h.started, ended: h.last, seconds: h.last.Sub(h.started).Seconds(),
			}
			s.holds = []*hold{{table: h.table, mode: h.mode, statement: s, from: h.before, until: h.last, seen: true}}
			if j := slices.IndexFunc(tx.statements, func(o *statement) bool { return o.started.Equal(s.started) }); j >= 0 {
				s.holds[0].statement = tx.statements[j]
				tx.statements[j].holds = strongest(append(tx.statements[j].holds, s.holds...))
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

// locks are a statement's, as the result has them.
func (s *statement) locks() []outcome.Lock {
	locks := make([]outcome.Lock, 0, len(s.holds))
	for _, h := range s.holds {
		locks = append(locks, outcome.Lock{
			Table: h.table.ident, Mode: h.mode.String(), HeldSeconds: h.seconds(), Blocks: h.mode.blocks(), Seen: h.seen,
		})
	}
	return locks
}
