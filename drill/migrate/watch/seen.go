package watch

import "github.com/drillgres/drillgres/drill/outcome"

// Seen is what happened between Begin and End.
type Seen struct {
	// Migration has Statements, StatementsTotal, Rewritten, Dropped, Left,
	// Schema, RowsRead, RowsWritten, WALBytes, WALLevel and GrowthBytes; the
	// rest is the caller's.
	Migration outcome.Migration
	Findings  []outcome.Finding // each with On
	// Refused is the error of the server that explains a migration that
	// failed: the last one that is no cascade of another, because tools
	// tolerate earlier ones; nil: none.
	Refused *Refused
	Blocked []Blocked        // per table that existed before, the longest first
	Written map[string]int64 // rows inserted, updated and deleted, by schema.table; only tables with any, and none in which a migration tool remembers what it has done
}

// Refused is an error of the server.
type Refused struct {
	SQLState  string
	Message   string // without values
	Statement string // cut, its literals removed
	Table     string // schema.table that it is about; empty: none, or not known
}

// Blocked is the longest time for which reads or writes of a table would have
// had to wait.
type Blocked struct {
	Table     string // schema.table, quoted as SQL needs it
	Seconds   float64
	Blocks    string // as outcome.Lock has it: writes, both
	Mode      string // of the lock: AccessExclusiveLock
	Statement string // that took it, cut, its literals removed
}
