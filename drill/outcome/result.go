package outcome

import "time"

// SchemaVersion is that of the JSON result. It only grows: fields are added,
// never renamed or removed.
const SchemaVersion = 1

// Kind is what a result is of.
type Kind string

// The kinds of results.
const (
	KindDrill  Kind = "drill"
	KindAnswer Kind = "answer" // to a release, from drills on record: it restored nothing, proves nothing, and never counts as a drill
	KindCheck  Kind = "check"  // a look at the source: it restored nothing, proves nothing, and never counts as a drill
)

// Result is everything that one drill of one database found out, or one check
// of its source. It holds names, counts and durations, never row values or
// secrets.
type Result struct {
	SchemaVersion int       `json:"schema_version"`
	Kind          Kind      `json:"kind"` // empty in results of drillgres 0.1
	RunID         string    `json:"run_id"`
	Drillgres     string    `json:"drillgres"` // version of this program
	Database      string    `json:"database"`
	StartedAt     time.Time `json:"started_at"`
	FinishedAt    time.Time `json:"finished_at"`

	Verdict  Verdict        `json:"verdict"`
	ExitCode int            `json:"exit_code"`
	Failure  *FailureReport `json:"failure"` // null when the drill passed
	Findings []Finding      `json:"findings"`

	Backup    Backup    `json:"backup"`
	Postgres  Postgres  `json:"postgres"`
	Isolation Isolation `json:"isolation"`

	Stages []StageReport `json:"stages"` // every stage, always
	Tables []Table       `json:"tables"`
	Checks []Check       `json:"checks"`

	Integrity Integrity `json:"integrity"`
	Schema    Schema    `json:"schema"`
	Baseline  *Baseline `json:"baseline"` // null: there was none to compare with

	Migration *Migration `json:"migration"` // null: none was rehearsed
	Gate      *Gate      `json:"gate"`      // null: nobody asked whether a release may go out

	Times      Times    `json:"times"`
	RPOSeconds *float64 `json:"rpo_seconds"` // now − the backup's snapshot time; null = unknown
	Leftovers  []string `json:"leftovers"`   // what clean-up could not remove
	TellErrors []string `json:"tell_errors"` // recording or notifying that did not work
}

// FailureReport is a Failure as a result reports it.
type FailureReport struct {
	Stage     Stage  `json:"stage"`
	Code      Code   `json:"code"`
	Class     Class  `json:"class"`
	Message   string `json:"message"`
	Hint      string `json:"hint"`
	SQLState  string `json:"sqlstate"`
	Statement string `json:"statement"`
	Object    string `json:"object"`
	Function  string `json:"function"`
	Line      int64  `json:"line"`   // of the decoded dump, from 1; 0: not known
	Offset    int64  `json:"offset"` // in bytes, in the backup as it is stored; 0: not known
	Cascades  int    `json:"cascades"`
}

// Report is f as a result reports it.
func (f *Failure) Report() *FailureReport {
	return &FailureReport{
		Stage: f.Stage, Code: f.Code, Class: f.Class(), Message: f.Error(), Hint: f.Remedy(),
		SQLState: f.SQLState, Statement: f.Statement, Object: f.Object, Function: f.Function,
		Line: f.Line, Offset: f.Offset, Cascades: f.Cascades,
	}
}

// Chosen is how a backup was chosen.
type Chosen string

// The ways to choose a backup. A key that is the newest backup when it is
// chosen counts as latest.
const (
	ChosenLatest Chosen = "latest" // the newest at the source
	ChosenKey    Chosen = "key"    // another one at the source, by its name
	ChosenFile   Chosen = "file"   // a file of the machine that drills
)

// Backup is the backup that was drilled, as far as the drill came to know it.
type Backup struct {
	URI           string    `json:"uri"`
	Chosen        Chosen    `json:"chosen"` // empty: not known, as in results of drillgres 0.1
	SizeBytes     int64     `json:"size_bytes"`
	ModifiedAt    time.Time `json:"modified_at,omitzero"`
	SHA256        string    `json:"sha256"`
	ETag          string    `json:"etag"`
	VersionID     string    `json:"version_id"`
	Format        string    `json:"format"`      // plain, custom, directory, tar, cluster
	Compression   string    `json:"compression"` // of the file as a whole: "", gzip, zstd
	Encryption    string    `json:"encryption"`
	ServerVersion string    `json:"server_version"`
	PgDumpVersion string    `json:"pg_dump_version"`
	TakenAt       time.Time `json:"taken_at,omitzero"` // when the snapshot was taken, if the dump says so: the best estimate
	// TakenBetween are the earliest and the latest time at which it can have
	// been taken; none: not known.
	TakenBetween []time.Time `json:"taken_between,omitempty"`
}

// IsLatest reports whether the drill of b speaks for the database's backup: one
// that was named by hand moves neither the real RPO nor the baseline nor a gate.
func (b Backup) IsLatest() bool { return b.Chosen == "" || b.Chosen == ChosenLatest }

// Postgres is the server that the backup was restored into.
type Postgres struct {
	Image      string            `json:"image"`
	Digest     string            `json:"digest"`
	Version    string            `json:"version"`
	Extensions map[string]string `json:"extensions"` // installed after the restore: name → version
	Profile    string            `json:"profile"`
}

// Isolation is what the sandbox looked like from inside.
type Isolation struct {
	Network        string   `json:"network"`
	Interfaces     []string `json:"interfaces"`
	Routes         int      `json:"routes"`
	PublishedPorts int      `json:"published_ports"`
	Outbound       string   `json:"outbound"` // the error of a connect that must fail
}

// StageReport is how one stage went.
type StageReport struct {
	Stage   Stage          `json:"stage"`
	Status  Status         `json:"status"`
	Seconds float64        `json:"seconds"`
	Reason  string         `json:"reason"` // why it was skipped
	Details map[string]any `json:"details"`
}

// Table is a restored table.
type Table struct {
	Name  string `json:"name"` // schema.table, quoted as SQL needs it
	Rows  int64  `json:"rows"`
	Bytes int64  `json:"bytes"` // with indexes and TOAST

	Fingerprint string `json:"fingerprint"` // of its columns, constraints, indexes …; empty: not known
}

// Integrity is how closely the restored database was looked at.
type Integrity struct {
	Level     string   `json:"level"`      // basic, standard, deep; empty: not reached
	Unreached []string `json:"unreached"`  // relations that the time budget left out
	NotProved []string `json:"not_proved"` // what this level does not look at
}

// Schema is a fingerprint of everything in the database but its rows.
// Fingerprints of different majors of Postgres are not comparable.
type Schema struct {
	Fingerprint string            `json:"fingerprint"` // empty: not known
	Parts       map[string]string `json:"parts"`       // of the fingerprint, by kind of object
}

// Baseline is the earlier drill that this one's content was compared with.
type Baseline struct {
	RunID     string    `json:"run_id"`
	StartedAt time.Time `json:"started_at"`
	Accepted  string    `json:"accepted"` // the reason for which somebody accepted it; empty: it passed
}

// CheckStatus is how an assertion ended. Unknown never counts as passed.
type CheckStatus string

// The four ends of an assertion.
const (
	CheckPassed        CheckStatus = "passed"
	CheckFailed        CheckStatus = "failed"
	CheckUnknown       CheckStatus = "unknown"
	CheckNotConfigured CheckStatus = "not_configured"
)

// Check is one assertion about the restored database or the application on it.
type Check struct {
	Stage   Stage       `json:"stage"`
	Name    string      `json:"name"`
	Kind    string      `json:"kind"` // table, query, builtin, http, command, sql
	Status  CheckStatus `json:"status"`
	Expect  string      `json:"expect"`
	Saw     string      `json:"saw"`
	RestsOn string      `json:"rests_on"` // what was read to come to this end
	Seconds float64     `json:"seconds"`

	// ConfigPath is where the config asks for the check, in the notation of the
	// config's errors (databases.shop.app.smoke[2]). Of a builtin check it is the
	// section that governs it, which the config need not have.
	ConfigPath string `json:"config_path"`
}

// Times are durations in seconds. Recovery is what bringing this backup back
// would take: fetch, restore and, where there is one, the application's start.
type Times struct {
	Fetch    float64 `json:"fetch_seconds"`
	Restore  float64 `json:"restore_seconds"`
	Total    float64 `json:"total_seconds"`
	Recovery float64 `json:"recovery_seconds"`
}

// Progress is told how much of a known (or, with total 0, unknown) amount is
// done. Stages call it freely; a nil Progress is allowed by Report.
type Progress func(done, total int64)

// Report tells p, if there is one.
func (p Progress) Report(done, total int64) {
	if p != nil {
		p(done, total)
	}
}
