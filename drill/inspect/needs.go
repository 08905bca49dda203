package inspect

// Needs holds what a server requires before the backup can be restored into it.
// What the backup does not state is empty.
type Needs struct {
	// Unfinished means that the backup was not read to its end, and may need more roles.
	Unfinished bool
	// ProductionVersion is the version of the server that was dumped, which the
	// sandbox should have too: "15.18".
	ProductionVersion string
	Database          Database
	Databases         []Database // that the backup of a cluster creates
	// Bootstrap is the superuser with which production's cluster was initialized. It is empty if
	// the backup does not create roles.
	Bootstrap       string
	Cluster         bool // the backup is of a whole cluster: it creates its roles and databases
	CreatesDatabase bool // the backup creates its database: it connects to it (pg_dump -C), or a part does before the dump
	// Properties are SQL statements with the settings of the database as a whole
	// (ALTER DATABASE … SET). Only an archive stores them separately, and pg_restore
	// runs them only if it creates the database.
	Properties string
	// Privileges and Comment are those of the database itself, as SQL. Like Properties, they are
	// stored separately by an archive. In plain SQL they are among Source.Beyond.
	Privileges string
	Comment    string
	Grantees   []string // sorted: the roles in Privileges, which the dump itself may not name

	Extensions   []Extension
	Roles        []string // sorted: owners, grantees, roles of policies
	CreatedRoles []string // sorted: roles that the backup creates (CREATE ROLE)
	Tablespaces  []string // sorted: named by the backup, without predefined ones

	CreatedTablespaces []string // sorted: tablespaces that the backup creates (CREATE TABLESPACE)

	// ObjectsByOwner holds the number of objects of each role. The empty name stands
	// for objects whose owner the backup does not state.
	ObjectsByOwner map[string]int
}

// Database describes the database that was dumped. What the backup does not state
// is empty.
type Database struct {
	Name           string `json:"name"`
	Owner          string `json:"owner"`
	Encoding       string `json:"encoding"`        // "UTF8"; for SQL that does not state it: its client_encoding
	LocaleProvider string `json:"locale_provider"` // libc, icu, builtin
	Collate        string `json:"lc_collate"`
	CType          string `json:"lc_ctype"`
	Locale         string `json:"locale"` // of ICU or the builtin provider
	ICURules       string `json:"icu_rules"`
}

// Extension is one CREATE EXTENSION. pg_dump writes no version.
type Extension struct {
	Name   string `json:"name"`
	Schema string `json:"schema"`
}
