package watch

import (
	"cmp"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// maxListed is the maximum number of statements in a result.
const maxListed = 300

// timeline combines the log with the sampled locks.
type timeline struct {
	log        *logReader
	samples    samples
	statements []*statement            // the most relevant ones
	worst      map[*relation]*heldLock // the lock on each table that blocked others the longest
	impacts    *impacts
}

func newTimeline(w *Watch) *timeline {
	t := &timeline{samples: w.sampler.byTransaction(), worst: map[*relation]*heldLock{}, impacts: newImpacts()}
	t.log = &logReader{
		database: w.server.Database, ownPIDs: &w.ownPIDs, state: newSchemaState(w.before), defaults: w.defaults.clone(w.server.Database), sampler: w.sampler,
		clients: map[string]*client{}, prepared: map[string]*transaction{}, onEnd: t.addTransaction,
		splitter: sqltext.Splitter{Rules: sqltext.Server},
	}
	return t
}

// addTransaction adds a transaction from the log.
func (t *timeline) addTransaction(tx *transaction) {
	t.samples.assignLocks(tx)
	t.keepStatements(tx)
}

// keepStatements keeps the relevant statements of a transaction and its impacts.
func (t *timeline) keepStatements(tx *transaction) {
	for _, s := range tx.statements {
		for _, h := range s.locks {
			if worst := t.worst[h.table]; h.mode.blocks() != "" && (worst == nil || h.seconds() > worst.seconds()) {
				t.worst[h.table] = h
			}
		}
	}
	t.impacts.addTransaction(tx)
	t.statements = append(t.statements, tx.statements...)
	if len(t.statements) > 10*maxListed {
		t.statements = mostRelevant(t.statements, maxListed)
	}
	tx.statements = nil
}

// finish ends the open transactions, and adds those that are not in the log.
func (t *timeline) finish(at time.Time) {
	t.log.finish(at)
	for _, tx := range t.samples.unloggedTransactions() {
		t.log.total += len(tx.statements)
		tx.client.number = t.log.sessions + 1
		t.keepStatements(tx)
	}
	t.statements = mostRelevant(t.statements, maxListed)
	slices.SortStableFunc(t.statements, func(a, b *statement) int { return a.started.Compare(b.started) })
}

// list returns the statements for the result.
func (t *timeline) list() []outcome.Statement {
	number := 0
	list := make([]outcome.Statement, 0, len(t.statements))
	for _, s := range t.statements {
		if s.tx.count > 1 && s.tx.number == 0 {
			number++
			s.tx.number = number
		}
		list = append(list, outcome.Statement{
			SQL: s.sql, Seconds: s.seconds, SQLState: s.sqlstate, Session: s.client.number, Transaction: s.tx.number, Locks: s.lockReports(),
		})
	}
	return list
}

// blocked returns the longest time for which each table was blocked, the longest
// first.
func (t *timeline) blocked() []Blocked {
	var all []Blocked
	for table, h := range t.worst {
		all = append(all, Blocked{Table: table.ident, Seconds: h.seconds(), Blocks: h.mode.blocks(), Mode: h.mode.String(), Statement: h.statement.sql})
	}
	slices.SortFunc(all, func(a, b Blocked) int {
		return cmp.Or(-cmp.Compare(a.Seconds, b.Seconds), cmp.Compare(a.Table, b.Table))
	})
	return all
}
