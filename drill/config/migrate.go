package config

// Migrate says how a release changes the database: by a command in the
// candidate's image, or by SQL files.
type Migrate struct {
	// Image that contains the migrations. Default: app.candidate. Without either, and without sql, the stage is skipped.
	Image Text `yaml:"image"`
	// Command of any migration tool in that image, instead of sql. Default: the image's.
	Command []string `yaml:"command"`
	// Glob of SQL files instead of an image, run in the order of their names by the sandbox's psql with ON_ERROR_STOP.
	SQL string `yaml:"sql"` // once loaded, relative to the working directory
	// Role that the migrations connect as. Default: the database's owner.
	Role string `yaml:"role"`
	// Environment of the migrations, over app.env. Values are never printed.
	Env map[string]Value `yaml:"env"`
	// How long the migrations may take. Default: 30m.
	Timeout Duration `yaml:"timeout"`

	// How long successful migrations may take.
	Budget MigrateBudget `yaml:"budget"`
	// Findings that are intended.
	Allow []Allow `yaml:"allow"`
	// Whether today's release must run on the new schema: required (default), warn or off.
	Current string `yaml:"current" jsonschema:"enum=required,enum=warn,enum=off"`
	// The rollback to rehearse. Default: none.
	Down *Down `yaml:"down"`
	// Whether a second run of the migrations must change nothing.
	Again bool `yaml:"again"`
}

// MigrateBudget limits how long successful migrations may take.
type MigrateBudget struct {
	// Limit of all migrations together. Default: no limit.
	Total Duration `yaml:"total"`
	// Limit of the longest statement. Default: no limit.
	Statement Duration `yaml:"statement"`
	// Limit of the longest time for which reads or writes of a table that existed before would be blocked. Default: no limit.
	Lock Duration `yaml:"lock"`
}

// Allow marks a finding about one object as intended.
type Allow struct {
	// Code of the finding, such as drops_data.
	Finding string `yaml:"finding" jsonschema:"required"`
	// The object: schema.table, schema.table.column, or what the finding names.
	On string `yaml:"on" jsonschema:"required"`
	// Why it is intended. It is recorded in the result.
	Reason string `yaml:"reason" jsonschema:"required"`
}

// Down is the rollback: exactly one of a command in the candidate's image and SQL
// files.
type Down struct {
	// Command to run in the candidate's image.
	Command []string `yaml:"command"`
	// Glob of SQL files, run in the reverse order of their names.
	SQL string `yaml:"sql"`
}
