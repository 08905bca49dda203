// Package config reads drillgres.yaml strictly and tells everything that is
// wrong in it at once.
package config

import (
	"time"

	"github.com/drillgres/drillgres/drill/redact"
)

// Config is a whole drillgres.yaml.
type Config struct {
	Version   int                  `yaml:"version" jsonschema:"required"` // of this file's format: 1
	Databases map[string]*Database `yaml:"databases" jsonschema:"required"`
	Record    Record               `yaml:"record"`
	Work      Work                 `yaml:"work"`

	File string `yaml:"-"` // the path it was read from
	Dir  string `yaml:"-"` // what its relative paths are relative to

	secrets []redact.Secret
	lines   map[string]int // where each path stands
}

// Database is one database to drill.
type Database struct {
	Name     string   `yaml:"-"` // its key
	Backup   Backup   `yaml:"backup" jsonschema:"required"`
	Postgres Postgres `yaml:"postgres" jsonschema:"required"`
	Restore  Restore  `yaml:"restore"`
	Verify   Verify   `yaml:"verify"`
	App      *App     `yaml:"app"`     // nil: the app stage is skipped
	Migrate  *Migrate `yaml:"migrate"` // nil: the migrate stage is skipped
	Budget   Budget   `yaml:"budget"`
}

// Backup says where backups lie and what a plausible one looks like.
type Backup struct {
	From     Text     `yaml:"from" jsonschema:"required"` // s3://bucket/prefix, file:///dir, or a path relative to the config file (directory or one file)
	Match    string   `yaml:"match"`                      // glob on the base name; default: everything that looks like a backup
	MaxAge   Duration `yaml:"max_age"`                    // 0: any age
	MinSize  Size     `yaml:"min_size"`                   // 0: any size
	Timezone string   `yaml:"timezone"`                   // of the machine that dumps, as an IANA name such as America/New_York; makes the time of the snapshot exact
	S3       S3       `yaml:"s3"`
}

// S3 are settings of an object store that is not AWS, or not the default one.
// Credentials come from the SDK's usual chain.
type S3 struct {
	Endpoint  Text   `yaml:"endpoint"`
	Region    Text   `yaml:"region"`
	PathStyle *bool  `yaml:"path_style"` // default: true with an endpoint of its own
	Profile   string `yaml:"profile"`    // of the shared AWS config
}

// Postgres is the server to restore into: production's.
type Postgres struct {
	Version    string            `yaml:"version" jsonschema:"required"` // production's major: "16"; required
	Image      Text              `yaml:"image"`                         // default postgres:<version>
	Owner      string            `yaml:"owner"`                         // of the database
	Encoding   string            `yaml:"encoding"`
	Locale     string            `yaml:"locale"` // LC_COLLATE and LC_CTYPE
	Extensions []string          `yaml:"extensions"`
	Settings   map[string]string `yaml:"settings"`
	Memory     Size              `yaml:"memory"`   // default: 4GiB, or three quarters of the engine's memory if that is less
	ShmSize    Size              `yaml:"shm_size"` // default 1GiB
	CPUs       float64           `yaml:"cpus"`     // 0: no limit
}

// Restore says how to restore.
type Restore struct {
	Jobs    int      `yaml:"jobs"`                                          // parallel jobs of pg_restore; default: the engine's CPUs, 4 at most
	Profile string   `yaml:"profile" jsonschema:"enum=rehearsal,enum=fast"` // rehearsal (default) or fast
	Timeout Duration `yaml:"timeout"`                                       // default 2h
	Roles   string   `yaml:"roles" jsonschema:"enum=create,enum=strict"`    // create (default): missing roles are made and reported; strict: they fail the drill
}

// Verify is what the restored database must hold.
type Verify struct {
	AllowEmpty bool             `yaml:"allow_empty"` // a dump without a single row may pass
	Tables     map[string]Table `yaml:"tables"`      // by schema.table
	Queries    []Query          `yaml:"queries"`

	Integrity       string   `yaml:"integrity" jsonschema:"enum=basic,enum=standard,enum=deep"` // how closely to look; default standard
	IntegrityWithin Duration `yaml:"integrity_within"`                                          // time for reading tables and indexes; default 10m
	Drift           Drift    `yaml:"drift"`
}

// Drift is how far the content may be from the last passed drill's.
type Drift struct {
	Rows   *Percent           `yaml:"rows"`   // that any one table, and all together, may lose; default 20%
	Size   *Percent           `yaml:"size"`   // that the whole database may lose in bytes; default 50%
	Tables map[string]Percent `yaml:"tables"` // rows that this schema.table may lose
}

// Table is what one table must hold.
type Table struct {
	MinRows int64   `yaml:"min_rows"`
	Newest  *Newest `yaml:"newest"`
}

// Newest asks for a recent row: the newest value of Column lies at most Within
// before the backup was taken.
type Newest struct {
	Column string   `yaml:"column" jsonschema:"required"` // as the catalog holds it, unquoted
	Within Duration `yaml:"within" jsonschema:"required"`
}

// Query is a query whose result must satisfy an expression over value (the
// first column of the first row) and rows (all rows, as maps).
type Query struct {
	Name   string `yaml:"name" jsonschema:"required"`
	SQL    string `yaml:"sql" config:"verbatim" jsonschema:"required"`
	Expect Expr   `yaml:"expect" jsonschema:"required"`
}

// App is the application that is deployed today.
type App struct {
	Image Text `yaml:"image" jsonschema:"required"`
	// Candidate is the image of the next release, which the migrate stage checks.
	Candidate Text               `yaml:"candidate"`
	Command   []string           `yaml:"command"`
	Role      string             `yaml:"role"` // that it connects as; default: the database's owner
	Env       map[string]Value   `yaml:"env"`
	Services  map[string]Service `yaml:"services"`
	Port      int                `yaml:"port"`
	Ready     Ready              `yaml:"ready"`
	Smoke     []Smoke            `yaml:"smoke"`
}

// Service is a container that the application needs, found by its name.
type Service struct {
	Image   Text             `yaml:"image" jsonschema:"required"`
	Command []string         `yaml:"command"`
	Env     map[string]Value `yaml:"env"`
	Port    int              `yaml:"port"` // if set, it must accept connections before the application starts
}

// Ready is when the application serves.
type Ready struct {
	HTTP   string   `yaml:"http"`   // path; empty: ready when its port accepts connections
	Expect Expr     `yaml:"expect"` // over status, json, body; default with http: status >= 200 && status < 300
	Within Duration `yaml:"within"` // default 60s
}

// Smoke is one test of the running application: exactly one of HTTP, Command
// and SQL.
type Smoke struct {
	Name    string   `yaml:"name" jsonschema:"required"`
	HTTP    *HTTP    `yaml:"http"`
	Command []string `yaml:"command"`               // in the application's container
	SQL     string   `yaml:"sql" config:"verbatim"` // as the application's role
	Expect  Expr     `yaml:"expect"`                // over status, json, body | exit, stdout | value, rows; default: status is 2xx, exit is 0
	Within  Duration `yaml:"within"`                // default 30s
}

// HTTP is a request to the application. Redirects are not followed. Get and
// Post are short for Method and Path; once loaded, Method and Path are set
// whichever way the request was written.
type HTTP struct {
	Get     string           `yaml:"get"`
	Post    string           `yaml:"post"`
	Method  string           `yaml:"method"`
	Path    string           `yaml:"path"`
	Headers map[string]Value `yaml:"headers"`
	Body    Value            `yaml:"body"`
}

// Budget limits how long a drill that holds may take; 0 is no limit.
type Budget struct {
	Restore Duration `yaml:"restore"`
	Total   Duration `yaml:"total"`
}

// Record says where drills are remembered.
type Record struct {
	History History `yaml:"history"` // SQLite file, postgres://user:${PASSWORD}@host/database, or s3://bucket/prefix; default .drillgres/history.db beside the config file; once loaded, a path is an absolute or working-directory one
	S3      S3      `yaml:"s3"`      // of a history in a bucket
}

// Work is where the drill keeps its private files while it runs.
type Work struct {
	Dir   string `yaml:"dir"`   // default: drillgres in the user's cache directory
	Limit Size   `yaml:"limit"` // of what one drill may write there, and of what a backup may decode to; 0: what the disk has
}

// Duration is a time.Duration that is also written with d and w: 26h, 7d, 2w.
type Duration time.Duration

// Size is a number of bytes, written as 1MiB, 20GB, 512.
type Size int64

// Percent is a share of 100, written as 20%; off stands for 100%.
type Percent float64

// Text is a text in which ${NAME} and ${NAME:-default} refer to the
// environment; $${ stands for ${ itself. It holds the text with these filled in.
type Text string

// Value is like Text, but may be a secret: it prints as REDACTED. Instead of a
// text it may be {file: path}: the content of a file, without its last newline.
type Value = redact.Secret
