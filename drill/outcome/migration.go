package outcome

// Migration is what a release's migrations did to the restored database, seen
// from outside: whatever tool ran them.
type Migration struct {
	Image   string   `json:"image"`   // of the candidate; empty: SQL files in Postgres's own container
	Digest  string   `json:"digest"`  // of that image
	Command []string `json:"command"` // that ran in it
	Files   []string `json:"files"`   // SQL files, in the order in which they ran
	Role    string   `json:"role"`    // that they connected as
	Seconds float64  `json:"seconds"`

	Statements      []Statement `json:"statements"`       // in the order of their start; of very many those that matter
	StatementsTotal int         `json:"statements_total"` // also those that are not listed
	Rewritten       []Rewrite   `json:"rewritten"`
	Dropped         []Dropped   `json:"dropped"` // tables and columns that held values
	Left            []Left      `json:"left"`    // invalid or not validated, and was not so before
	Schema          []Change    `json:"schema"`  // by kind of object, then by name

	RowsRead    int64  `json:"rows_read"` // by scans of tables and indexes
	RowsWritten int64  `json:"rows_written"`
	WALBytes    int64  `json:"wal_bytes"`
	WALLevel    string `json:"wal_level"` // of the sandbox: with minimal, less is written than in production
	GrowthBytes int64  `json:"growth_bytes"`

	Allowed []Allowed `json:"allowed"` // findings that the config allows by name
}

// Statement is one statement of a migration.
type Statement struct {
	SQL         string  `json:"sql"`     // cut, its literals removed
	Seconds     float64 `json:"seconds"` // as the server says
	SQLState    string  `json:"sqlstate"`
	Session     int     `json:"session"`     // of the tool's connections, from 1
	Transaction int     `json:"transaction"` // which statements share, from 1; 0: one of its own
	Locks       []Lock  `json:"locks"`       // on tables that existed before, the strongest of each
}

// Lock is the strongest lock that a statement took on a table.
type Lock struct {
	Table       string  `json:"table"`
	Mode        string  `json:"mode"`         // as pg_locks has it: AccessExclusiveLock
	HeldSeconds float64 `json:"held_seconds"` // until its transaction ended
	Blocks      string  `json:"blocks"`       // whom it would have blocked: "", writes, both (reads and writes)
	Seen        bool    `json:"seen"`         // in pg_locks; false: too short for that, known by the kind of statement
}

// Rewrite is a table or index whose file was written anew.
type Rewrite struct {
	Name  string `json:"name"`
	Kind  string `json:"kind"`  // table, index, materialized view
	Bytes int64  `json:"bytes"` // before
}

// Dropped is a table or column that is gone, or a table that was emptied, and
// that held values.
type Dropped struct {
	Name string `json:"name"` // schema.table or schema.table.column
	Kind string `json:"kind"` // table, column, truncated table
	Rows int64  `json:"rows"` // that the table had
}

// Left is an index that is not valid or a constraint that is not validated.
type Left struct {
	Name  string `json:"name"`
	Table string `json:"table"`
	Kind  string `json:"kind"` // invalid index, constraint not validated
}

// Change is one difference of the schema.
type Change struct {
	Kind string `json:"kind"` // of object: the parts of a schema's fingerprint
	Name string `json:"name"`
	Was  string `json:"was"` // added, removed, changed
}

// Allowed is a finding that the config allows.
type Allowed struct {
	Finding string `json:"finding"`
	On      string `json:"on"`
	Reason  string `json:"reason"`
}
