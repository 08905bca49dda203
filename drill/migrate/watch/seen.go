package watch

import "github.com/drillgres/drillgres/drill/outcome"

// Seen holds what happened between Begin and End.
type Seen struct {
	// Migration has Statements, StatementsTotal, Rewritten, Dropped, Left,
	// Schema, RowsRead, RowsWritten, WALBytes, WALLevel and GrowthBytes; the
	// caller sets the other fields.
	Migration outcome.Migration
	Findings  []outcome.Finding // each with On
	// Refused is the server's error that explains a migration that failed; nil:
	// none. It is the last one that does not follow from another error, because
	// tools tolerate earlier ones.
	Refused *Refused
	Blocked []Blocked // one per table that existed before, the longest first
	// Written holds the rows inserted, updated and deleted, by schema.table. It
	// omits tables without any, and the bookkeeping of migration tools.
	Written map[string]int64
}

// Refused is an error of the server.
type Refused struct {
	SQLState  string
	Message   string // without values
	Statement string // cut, without literals
	Table     string // schema.table; empty: none, or unknown
}

// Blocked is the longest time for which reads or writes of a table would have
// had to wait.
type Blocked struct {
	Table     string // schema.table, quoted for SQL
	Seconds   float64
	Blocks    string // writes or both, as in outcome.Lock
	Mode      string // of the lock, such as AccessExclusiveLock
	Statement string // that took the lock, cut, without literals
}
