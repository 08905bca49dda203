package config

// Migrate is how a release changes the database: by a command in the
// candidate's image, or by SQL files.
type Migrate struct {
	Image   Text             `yaml:"image"`   // default: app.candidate; without either, and without SQL, the stage is skipped
	Command []string         `yaml:"command"` // with it and without SQL; default: the image's
	SQL     string           `yaml:"sql"`     // glob of files, in name order, run by the sandbox's own psql; once loaded, as seen from the working directory
	Role    string           `yaml:"role"`    // that it connects as; default: the database's owner
	Env     map[string]Value `yaml:"env"`     // over app.env
	Timeout Duration         `yaml:"timeout"` // default 30m

	Budget  MigrateBudget `yaml:"budget"`
	Allow   []Allow       `yaml:"allow"`
	Current string        `yaml:"current" jsonschema:"enum=required,enum=warn,enum=off"` // whether today's release must run on the new schema; default required
	Down    *Down         `yaml:"down"`                                                  // nil: the way back is not rehearsed
	Again   bool          `yaml:"again"`                                                 // a second run must be a no-op
}

// MigrateBudget limits how long migrations that hold may take; 0 is no limit.
type MigrateBudget struct {
	Total     Duration `yaml:"total"`
	Statement Duration `yaml:"statement"` // the longest one
	Lock      Duration `yaml:"lock"`      // the longest that reads or writes of a table that existed before would have been blocked
}

// Allow takes a finding about one object as intended.
type Allow struct {
	Finding string `yaml:"finding" jsonschema:"required"`
	On      string `yaml:"on" jsonschema:"required"`     // schema.table, schema.table.column, or what the finding names
	Reason  string `yaml:"reason" jsonschema:"required"` // that is kept in the result
}

// Down is the way back: exactly one of a command in the candidate's image and
// SQL files, which are run in the reverse order of their names.
type Down struct {
	Command []string `yaml:"command"`
	SQL     string   `yaml:"sql"`
}
