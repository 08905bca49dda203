package outcome

// Migration is what a release's migrations did to the restored database, seen
// from outside, whatever tool ran them.
type Migration struct {
	Image   string   `json:"image"`   // image that ran the migrations; empty for SQL files, which run in Postgres's own container
	Digest  string   `json:"digest"`  // digest of that image
	Command []string `json:"command"` // command that ran in it
	Files   []string `json:"files"`   // SQL files, in the order in which they ran
	Role    string   `json:"role"`    // role that they connected as
	Seconds float64  `json:"seconds"` // how long they took

	Statements      []Statement `json:"statements"`       // in the order in which they started; if there are very many, the ones that matter
	StatementsTotal int         `json:"statements_total"` // number of statements, with those that are not listed
	Rewritten       []Rewrite   `json:"rewritten"`        // tables and indexes that were rewritten
	Dropped         []Dropped   `json:"dropped"`          // tables and columns that held values and are gone
	Left            []Left      `json:"left"`             // indexes and constraints that were left invalid or not validated
	Schema          []Change    `json:"schema"`           // differences of the schema, by kind of object, then by name

	RowsRead    int64  `json:"rows_read"`    // rows read by scans of tables and indexes
	RowsWritten int64  `json:"rows_written"` // rows inserted, updated and deleted
	WALBytes    int64  `json:"wal_bytes"`    // bytes of WAL written
	WALLevel    string `json:"wal_level"`    // wal_level of the sandbox; with minimal, about as much WAL is written as with replica
	GrowthBytes int64  `json:"growth_bytes"` // growth of the database

	Allowed []Allowed `json:"allowed"` // findings that the config allows by name

	Checks   []Check   `json:"checks"`   // assertions about the release; they are in the result's checks too
	Findings []Finding `json:"findings"` // findings about the release; they are in the result's findings too
}

// Statement is one statement of a migration.
type Statement struct {
	SQL         string  `json:"sql"`         // the statement, shortened and without its literals
	Seconds     float64 `json:"seconds"`     // duration that the server reports
	SQLState    string  `json:"sqlstate"`    // SQLSTATE if it failed
	Session     int     `json:"session"`     // number of the migration tool's connection, from 1
	Transaction int     `json:"transaction"` // number shared by the statements of one transaction, from 1; 0 if it has its own
	Locks       []Lock  `json:"locks"`       // the strongest lock on each table that existed before
}

// Lock is the strongest lock that a statement took on a table.
type Lock struct {
	Table       string  `json:"table"`        // the locked table
	Mode        string  `json:"mode"`         // mode as in pg_locks, such as AccessExclusiveLock
	HeldSeconds float64 `json:"held_seconds"` // how long it was held: until the transaction ended
	Blocks      string  `json:"blocks"`       // what it would have blocked: empty, writes, or both reads and writes (both)
	Seen        bool    `json:"seen"`         // whether it was seen in pg_locks; if not, it was too short, and is known from the kind of statement
}

// Rewrite is a table or index whose file was rewritten.
type Rewrite struct {
	Name  string `json:"name"`  // name of the table or index
	Kind  string `json:"kind"`  // table, index or materialized view
	Bytes int64  `json:"bytes"` // size before the rewrite
}

// Dropped is a table or column that held values and is gone, or a table that
// was emptied.
type Dropped struct {
	Name string `json:"name"` // schema.table or schema.table.column
	Kind string `json:"kind"` // table, column or truncated table
	Rows int64  `json:"rows"` // rows that the table had
}

// Left is an index that is not valid or a constraint that is not validated, and
// that was neither before.
type Left struct {
	Name  string `json:"name"`  // name of the index or constraint
	Table string `json:"table"` // its table
	Kind  string `json:"kind"`  // invalid index or constraint not validated
}

// Change is one difference of the schema.
type Change struct {
	Kind string `json:"kind"` // kind of object, as in the parts of the schema's fingerprint
	Name string `json:"name"` // name of the object
	Was  string `json:"was"`  // added, removed or changed
}

// Allowed is a finding that the config allows.
type Allowed struct {
	Finding string `json:"finding"` // code of the finding
	On      string `json:"on"`      // the object that it is about
	Reason  string `json:"reason"`  // reason that the config gives
}
