package inspect

// Promise is what one database holds after the restore, as its backup lists it.
// An empty Promise promises nothing: a physical backup has no such list.
type Promise struct {
	DatabaseName string // as the backup names it; empty: it does not say

	Objects      []Object
	Tables       []Table    // every table that can hold rows
	Sequences    []Sequence // in the backup's order; the last entry of a sequence counts
	LargeObjects int        // number of large objects
}

// IsEmpty reports whether nothing is promised.
func (p Promise) IsEmpty() bool {
	return len(p.Objects) == 0 && len(p.Tables) == 0 && len(p.Sequences) == 0 && p.LargeObjects == 0
}

// Kind is the kind of an object, in pg_dump's words.
type Kind string

// The kinds that verify looks up in the restored catalog.
const (
	KindTable            Kind = "TABLE" // ordinary and partitioned
	KindForeignTable     Kind = "FOREIGN TABLE"
	KindView             Kind = "VIEW"
	KindMaterializedView Kind = "MATERIALIZED VIEW"
	KindSequence         Kind = "SEQUENCE" // including those of identity columns
	KindIndex            Kind = "INDEX"
	KindConstraint       Kind = "CONSTRAINT" // primary key, unique, exclusion; a check that is added by ALTER TABLE
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

// Object is something that the restore must create. Names are as the catalog
// stores them: unquoted, with their case.
type Object struct {
	Kind   Kind   `json:"kind"`
	Schema string `json:"schema"` // empty for kinds that are in no schema
	Name   string `json:"name"`
	Table  string `json:"table,omitempty"` // of an index, constraint, trigger or policy: its table, in Schema
	Owner  string `json:"owner,omitempty"`
}

// Table is the data that the backup holds for one table.
type Table struct {
	Schema string `json:"schema"`
	Name   string `json:"name"`
	Rows   int64  `json:"rows"`  // in its COPY blocks or INSERTs; -1: not known
	Bytes  int64  `json:"bytes"` // of its COPY text; 0 for INSERTs
	Data   bool   `json:"data"`  // the backup has a block of data for it, which may be empty

	Columns []string `json:"columns"` // that its COPY fills; empty where the backup does not say
}
