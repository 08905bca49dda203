package config

// Verify says what the restored database must contain.
type Verify struct {
	// Whether a dump without any rows may pass.
	AllowEmpty bool `yaml:"allow_empty"`
	// What individual tables must contain, by schema.table.
	Tables map[string]Table `yaml:"tables"`
	// Queries whose results must meet expectations.
	Queries []Query `yaml:"queries"`

	// basic checks the catalog and sequences; standard (default) also reads every table and index with amcheck; deep also compares rows with indexes and foreign keys, and dumps the database again.
	Integrity string `yaml:"integrity" jsonschema:"enum=basic,enum=standard,enum=deep"`
	// Time for reading tables and indexes. What was not reached is listed and does not fail the drill. Default: 10m.
	IntegrityWithin Duration `yaml:"integrity_within"`
	// How far the content may differ from that of the last verified drills.
	Drift Drift `yaml:"drift"`
}

// Drift is how far the content may differ from that of the last verified drills.
type Drift struct {
	// Percentage of rows that any single table, and all tables together, may lose. off allows any loss, including missing tables. Default: 20%.
	// A single table is compared with its lowest count in the window, all together with the last verified drill.
	Rows *Percent `yaml:"rows"`
	// Percentage of bytes that the whole database may lose. Default: 50%.
	Size *Percent `yaml:"size"`
	// Percentage of rows that individual tables may lose, by schema.table.
	Tables map[string]Percent `yaml:"tables"`
	// Number of verified backups in whose drills the lowest count of a table is looked for. Default: 10.
	Window int `yaml:"window"`
}

// Table is what one table must contain.
type Table struct {
	// Minimum number of rows.
	MinRows int64 `yaml:"min_rows"`
	// A recent row that the table must have.
	Newest *Newest `yaml:"newest"`
}

// Newest requires a recent row: the newest value of a column may be only so much
// older than the backup.
type Newest struct {
	// Column of a date or time, unquoted, as the catalog has it.
	Column string `yaml:"column" jsonschema:"required"`
	// How much older than the backup the newest value may be.
	Within Duration `yaml:"within" jsonschema:"required"`
}

// Query is a query whose result must meet an expectation.
type Query struct {
	// Name of the check in reports.
	Name string `yaml:"name" jsonschema:"required"`
	// The query, run read-only on the restored database.
	SQL string `yaml:"sql" config:"verbatim" jsonschema:"required"`
	// Expression over value (the first column of the first row) and rows (all rows, as maps), such as value == 0.
	Expect Expr `yaml:"expect" jsonschema:"required"`
}
