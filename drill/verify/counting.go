package verify

import (
	"sync"

	"github.com/drillgres/drillgres/drill/inspect"
)

// rowCount adds up the rows of a table that is read in parts.
type rowCount struct {
	table *relation // nil: its rows are not counted
	mu    sync.Mutex
	rows  int64
	parts int // of the table
	read  int
}

// add adds the rows of a part that was read to its end. The table counts as counted with its last part.
func (c *rowCount) add(rows int64) {
	if c.table == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rows += rows
	c.read++
	if c.read == c.parts {
		c.table.rows, c.table.counted, c.table.inParts = c.rows, true, c.parts > 1
	}
}

// recountShort makes count count the tables again that were read in parts and seem to lack rows: a
// background worker of the database may have moved a row to a part that had been read.
func (db *database) recountShort(tables []inspect.Table) {
	rows := map[*relation]int64{} // of a table with its partitions
	for _, r := range db.storedRelations() {
		rows[db.rootOf(r)] += r.rows
	}
	short := map[*relation]bool{}
	promised, _ := promisedRows(db, tables)
	for _, p := range promised {
		short[p.table] = rows[p.table] < p.rows
	}
	for _, r := range db.storedRelations() {
		r.counted = r.counted && (!r.inParts || !short[db.rootOf(r)])
	}
}
