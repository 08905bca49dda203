package inspect

import (
	"slices"

	"github.com/drillgres/drillgres/drill/sqltext"
)

// Promise lists what one database must contain after the restore, according to the
// backup. It is empty for a backup without such a list, such as a physical backup.
type Promise struct {
	DatabaseName string // in the backup; empty: not stated

	Objects      []Object
	Tables       []Table    // every table that can hold rows
	Sequences    []Sequence // in the backup's order; the last entry of a sequence counts
	LargeObjects int        // number of large objects

	// Opaque reports that statements may create tables and rows that are not listed here:
	// a DO block, a function, a renamed table.
	Opaque bool
	// Lacks holds the tables that the backup fills or refers to, and that nothing in it can
	// create, sorted.
	Lacks []sqltext.Name
	// Unread holds the names whose conversion to UTF-8 is not certain.
	Unread UnreadNames
}

// UnreadNames are names of objects in an encoding of which only a server knows the
// letters.
type UnreadNames struct {
	Encoding string            // as the backup names it; empty: every name was converted
	Bytes    map[string]string // by the name in the promise: the name in the backup
}

// IsEmpty reports whether nothing is promised.
func (p Promise) IsEmpty() bool {
	return len(p.Objects) == 0 && len(p.Tables) == 0 && len(p.Sequences) == 0 && p.LargeObjects == 0
}

// HoldsData reports whether the backup certainly has data of its own: rows of a table
// that it creates, or large objects. Rows for the table of an extension are settings.
func (p Promise) HoldsData() bool {
	return p.LargeObjects > 0 || slices.ContainsFunc(p.Tables, func(t Table) bool { return !t.FillsOnly && t.Rows > 0 })
}

// MayHoldData reports whether the backup has data of its own, or rows that cannot be
// counted before the restore.
func (p Promise) MayHoldData() bool {
	return p.Opaque || p.HoldsData() || slices.ContainsFunc(p.Tables, func(t Table) bool { return !t.FillsOnly && t.Rows < 0 })
}

// Kind is the kind of an object, as pg_dump names it.
type Kind string

// The kinds that verify looks up in the restored catalog.
const (
	KindTable            Kind = "TABLE" // ordinary and partitioned
	KindForeignTable     Kind = "FOREIGN TABLE"
	KindView             Kind = "VIEW"
	KindMaterializedView Kind = "MATERIALIZED VIEW"
	KindSequence         Kind = "SEQUENCE" // including those of identity columns
	KindIndex            Kind = "INDEX"
	KindConstraint       Kind = "CONSTRAINT" // primary key, unique, exclusion; check constraints added by ALTER TABLE
	KindForeignKey       Kind = "FK CONSTRAINT"
	KindFunction         Kind = "FUNCTION" // functions, procedures, aggregates
	KindTrigger          Kind = "TRIGGER"
	KindExtension        Kind = "EXTENSION"
	KindSchema           Kind = "SCHEMA"
	KindType             Kind = "TYPE" // types and domains
	KindPolicy           Kind = "POLICY"
	KindEventTrigger     Kind = "EVENT TRIGGER"
	KindSubscription     Kind = "SUBSCRIPTION"
	KindPublication      Kind = "PUBLICATION"
	KindServer           Kind = "SERVER" // foreign server
)

// Object is an object that the restore must create. Names are unquoted and keep
// their case, as in the catalog. The schema of a table, a view, a function and the like
// is empty if the backup does not show in which schema the server creates it.
type Object struct {
	Kind   Kind   `json:"kind"`
	Schema string `json:"schema"` // empty for kinds without a schema
	Name   string `json:"name"`
	Table  string `json:"table,omitempty"` // of an index, constraint, trigger or policy: its table, in Schema
	Owner  string `json:"owner,omitempty"`
}

// Table describes the data of one table in the backup. Its schema is empty if the backup
// does not show it.
type Table struct {
	Schema string `json:"schema"`
	Name   string `json:"name"`
	Rows   int64  `json:"rows"`  // in its COPY blocks or INSERTs; -1: unknown
	Bytes  int64  `json:"bytes"` // of its COPY text; 0 for INSERTs
	Data   bool   `json:"data"`  // the backup has a block of data for it, which may be empty

	FillsOnly bool     `json:"-"`       // the backup has data for the table and does not create it
	Columns   []string `json:"columns"` // that its COPY fills; empty if the backup does not state them
	Newest    []Newest `json:"-"`       // see Set.WatchNewest

	PartOf sqltext.Name `json:"-"` // the partitioned table to which it belongs, the uppermost one; the zero Name: none
}
