package inspect

import "time"

// Format is the kind of dump, told by its content alone.
type Format string

// The formats that are recognised. Plain and custom can be restored.
const (
	Plain     Format = "plain"     // pg_dump -Fp: SQL with COPY blocks
	Custom    Format = "custom"    // pg_dump -Fc: an archive for pg_restore
	Tar       Format = "tar"       // pg_dump -Ft
	Cluster   Format = "cluster"   // pg_dumpall: SQL of a whole cluster
	Directory Format = "directory" // pg_dump -Fd
)

// Contents is what a dump says of itself.
type Contents struct {
	Format      Format `json:"format"`
	Compression string `json:"compression"` // of the file as a whole: "", gzip, zstd

	ServerVersion  string    `json:"server_version"`  // "15.18"; empty when the dump does not say
	DumpVersion    string    `json:"pg_dump_version"` // of the pg_dump that made it
	ArchiveVersion string    `json:"archive_version"` // of a custom archive: "1.14"
	TakenAt        time.Time `json:"taken_at,omitzero"`
	Restricted     bool      `json:"restricted"` // wrapped in \restrict … \unrestrict
	DecodedBytes   int64     `json:"decoded_bytes"`

	Database Database `json:"database"`
	// Properties are an archive's statements about its database as a whole (ALTER DATABASE … SET),
	// which pg_restore carries out only when it makes the database too.
	Properties      string `json:"-"`
	CreatesDatabase bool   `json:"creates_database"` // pg_dump -C: it makes and connects to its own database
	Dumps           int    `json:"dumps"`            // of pg_dump that a plain dump is put together from
	DropsFirst      bool   `json:"drops_first"`      // pg_dump --clean without --if-exists: it drops what must be there

	Extensions   []Extension `json:"extensions"`
	Roles        []string    `json:"roles"`         // that it needs, sorted: owners, grantees, policies
	RolesMade    []string    `json:"roles_made"`    // that it brings itself (CREATE ROLE)
	Tablespaces  []string    `json:"tablespaces"`   // that it names
	Objects      []Object    `json:"objects"`       // what it promises to make
	Tables       []Table     `json:"tables"`        // every table with its promised rows
	Sequences    []Sequence  `json:"sequences"`     // where it sets them to go on
	LargeObjects int         `json:"large_objects"` // number of
}

// Database is what the dump tells about the database it was taken from; what
// it does not tell is empty.
type Database struct {
	Name           string `json:"name"`
	Owner          string `json:"owner"`
	Encoding       string `json:"encoding"`        // "UTF8"; of a plain dump its client_encoding
	LocaleProvider string `json:"locale_provider"` // libc, icu, builtin
	Collate        string `json:"lc_collate"`
	CType          string `json:"lc_ctype"`
	Locale         string `json:"locale"` // ICU or builtin locale
	ICURules       string `json:"icu_rules"`
}

// Extension is one CREATE EXTENSION of the dump. pg_dump names no version.
type Extension struct {
	Name   string `json:"name"`
	Schema string `json:"schema"`
}

// Kind is the kind of an object, in pg_dump's words.
type Kind string

// The kinds whose presence is compared with the restored catalog.
const (
	KindTable            Kind = "TABLE" // ordinary and partitioned
	KindForeignTable     Kind = "FOREIGN TABLE"
	KindView             Kind = "VIEW"
	KindMaterializedView Kind = "MATERIALIZED VIEW"
	KindSequence         Kind = "SEQUENCE" // identity sequences among them
	KindIndex            Kind = "INDEX"
	KindConstraint       Kind = "CONSTRAINT" // primary key, unique, exclusion; checks that are made on their own
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

// Object is something that the dump promises to make. Names are as the catalog
// holds them: unquoted, case kept.
type Object struct {
	Kind   Kind   `json:"kind"`
	Schema string `json:"schema"` // empty for objects that are in none
	Name   string `json:"name"`
	Table  string `json:"table,omitempty"` // of an index, constraint, trigger, policy: its table, in Schema
	Owner  string `json:"owner,omitempty"`
}

// Table is the data that the dump holds for one table.
type Table struct {
	Schema string `json:"schema"`
	Name   string `json:"name"`
	Rows   int64  `json:"rows"`  // in its COPY blocks or INSERTs; -1: not known
	Bytes  int64  `json:"bytes"` // of its COPY text
	Data   bool   `json:"data"`  // whether the dump has a data block for it, be it empty

	Columns []string `json:"columns"` // that its COPY fills; none where the dump does not say
}

// Normalised is c without nil lists, so that its JSON holds [] and never null.
func (c Contents) Normalised() Contents {
	c.Extensions = notNil(c.Extensions)
	c.Roles = notNil(c.Roles)
	c.RolesMade = notNil(c.RolesMade)
	c.Tablespaces = notNil(c.Tablespaces)
	c.Objects = notNil(c.Objects)
	c.Tables = notNil(c.Tables)
	c.Sequences = notNil(c.Sequences)
	return c
}

func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
