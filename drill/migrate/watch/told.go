package watch

import (
	"cmp"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// listed is how many statements a result lists at most.
const listed = 300

// told is what the log and the locks tell together.
type told struct {
	reading    *reading
	samples    samples
	statements []*statement        // those that matter
	worst      map[*relation]*hold // of each table the lock that kept others out the longest
	concerns   *concerns
}

func newTold(w *Watch) *told {
	t := &told{samples: w.sampler.index(), worst: map[*relation]*hold{}, concerns: newConcerns()}
	t.reading = &reading{
		database: w.server.Database, own: &w.own, world: newWorld(w.before), defaults: w.defaults, sampler: w.sampler,
		clients: map[string]*client{}, prepared: map[string]*transaction{}, ended: t.take,
		splitter: sqltext.Splitter{Rules: sqltext.Server},
	}
	return t
}

// take keeps of a transaction what matters.
func (t *told) take(tx *transaction) {
	t.samples.holdsOf(tx)
	t.keep(tx)
}

func (t *told) keep(tx *transaction) {
	for _, s := range tx.statements {
		for _, h := range s.holds {
			if worst := t.worst[h.table]; h.mode.blocks() != "" && (worst == nil || h.seconds() > worst.seconds()) {
				t.worst[h.table] = h
			}
		}
	}
	t.concerns.note(tx)
	t.statements = append(t.statements, tx.statements...)
	if len(t.statements) > 10*listed {
		t.statements = bestOf(t.statements, listed)
	}
	tx.statements, tx.ran = nil, nil
}

// finish ends what is open, and takes what the log did not tell.
func (t *told) finish(at time.Time) {
	t.reading.finish(at)
	for _, tx := range t.samples.hidden() {
		t.reading.total += len(tx.statements)
		tx.client.number = len(t.reading.clients) + 1
		t.keep(tx)
	}
	t.statements = bestOf(t.statements, listed)
	slices.SortStableFunc(t.statements, func(a, b *statement) int { return a.started.Compare(b.started) })
}

// list gives the statements as the result has them.
func (t *told) list() []outcome.Statement {
	number := 0
	list := make([]outcome.Statement, 0, len(t.statements))
	for _, s := range t.statements {
		if s.tx.count > 1 && s.tx.number == 0 {
			number++
			s.tx.number = number
		}
		list = append(list, outcome.Statement{
			SQL: s.sql, Seconds: s.seconds, SQLState: s.sqlstate, Session: s.client.number, Transaction: s.tx.number, Locks: s.locks(),
		})
	}
	return list
}

// blocked gives the longest time that each table kept others out, the longest first.
func (t *told) blocked() []Blocked {
	var all []Blocked
	for table, h := range t.worst {
		all = append(all, Blocked{Table: table.ident, Seconds: h.seconds(), Blocks: h.mode.blocks(), Mode: h.mode.String(), Statement: h.statement.sql})
	}
	slices.SortFunc(all, func(a, b Blocked) int {
		return cmp.Or(-cmp.Compare(a.Seconds, b.Seconds), cmp.Compare(a.Table, b.Table))
	})
	return all
}
