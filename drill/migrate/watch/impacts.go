package watch

import (
	"cmp"
	"strings"
)

// noticeable is the shortest wait that users notice, in seconds.
const noticeable = 1.0

// impacts holds the worst of each kind for each table that existed before and
// had rows. Tables without rows do not count: work on their rows takes no time.
type impacts struct {
	works     map[workKey]*heldLock // work on every row under a lock
	waits     map[*relation]*heldLock
	followed  map[*relation]*followUp
	altered   map[*relation]*altered
	unlimited map[*relation]*heldLock
}

// workKey is a kind of work under a lock that blocks reads or writes.
type workKey struct {
	table  *relation
	blocks string
	work   work
}

func (k workKey) compare(other workKey) int {
	return cmp.Or(
		strings.Compare(k.table.ident, other.table.ident), strings.Compare(k.blocks, other.blocks),
		cmp.Compare(k.work.evidence, other.work.evidence), strings.Compare(k.work.action, other.work.action), strings.Compare(k.work.hint, other.work.hint),
	)
}

// followUp counts the statements that ran under a lock after the one that took
// it.
type followUp struct {
	hold       *heldLock
	statements int
	seconds    float64 // their total duration
}

// altered counts how often one transaction altered a table.
type altered struct {
	statement *statement
	times     int
}

func newImpacts() *impacts {
	return &impacts{
		works: map[workKey]*heldLock{}, waits: map[*relation]*heldLock{}, followed: map[*relation]*followUp{},
		altered: map[*relation]*altered{}, unlimited: map[*relation]*heldLock{},
	}
}

// addTransaction adds the impacts of a transaction.
func (c *impacts) addTransaction(tx *transaction) {
	for _, s := range tx.statements {
		for _, h := range s.locks {
			if h.mode.blocks() != "" && h.table.isRelevant() {
				c.addLock(tx, h)
			}
		}
	}
	for table, times := range tx.alters {
		if a := c.altered[table]; times.times > 1 && table.isRelevant() && (a == nil || times.times > a.times) {
			c.altered[table] = times
		}
	}
}

// isRelevant reports whether work on the table can block an application.
func (r *relation) isRelevant() bool { return r.rows > 0 && !isBookkeeping(r.schema, r.name) }

func (c *impacts) addLock(tx *transaction, h *heldLock) {
	for _, w := range h.works {
		key := workKey{h.table, h.mode.blocks(), *w}
		if worst := c.works[key]; worst == nil || h.seconds() > worst.seconds() {
			c.works[key] = h
		}
	}
	if worst := c.waits[h.table]; worst == nil || h.seconds() > worst.seconds() {
		c.waits[h.table] = h
	}
	if worst := c.unlimited[h.table]; h.noTimeout && (worst == nil || h.mode > worst.mode) {
		c.unlimited[h.table] = h
	}
	n, seconds := tx.countLater(h.statement)
	if f := c.followed[h.table]; n > 0 && (f == nil || seconds > f.seconds || seconds == f.seconds && n > f.statements) {
		c.followed[h.table] = &followUp{h, n, seconds}
	}
}
