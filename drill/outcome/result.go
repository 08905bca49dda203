package outcome

import "time"

// SchemaVersion is the version of the JSON result. It only grows: fields are
// added, never renamed or removed.
const SchemaVersion = 1

// Kind is what a result is about.
type Kind string

// The kinds of results.
const (
	KindDrill  Kind = "drill"  // a drill
	KindAnswer Kind = "answer" // an answer to a release from drills on record, or of a backup that is too old for it: it restored nothing, verifies nothing, and never counts as a drill
	KindCheck  Kind = "check"  // a check of the source: it restored nothing, verifies nothing, and never counts as a drill

	KindRestore Kind = "restore" // a restore into a real server: it is neither recorded nor sent, and never counts as a drill
)

// Result is everything that one drill of one database found out, or one check
// of its source. It holds names, counts and durations, never row values or
// secrets.
type Result struct {
	SchemaVersion int       `json:"schema_version"` // version of this format: 1
	Kind          Kind      `json:"kind"`           // what the result is about; empty in results of drillgres 0.1
	RunID         string    `json:"run_id"`         // unique id of the run, which starts with its time
	Drillgres     string    `json:"drillgres"`      // version of drillgres
	Database      string    `json:"database"`       // name of the database in the config
	StartedAt     time.Time `json:"started_at"`     // when the run started
	FinishedAt    time.Time `json:"finished_at"`    // when the run ended, before it was recorded

	Verdict  Verdict        `json:"verdict"`   // what the run says about the backup
	ExitCode int            `json:"exit_code"` // exit code of a run of this database alone
	Failure  *FailureReport `json:"failure"`   // the first thing that failed; null if the drill passed
	Findings []Finding      `json:"findings"`  // what an operator should know and what does not change the verdict

	Backup    Backup    `json:"backup"`    // the backup that was drilled
	Postgres  Postgres  `json:"postgres"`  // the server that it was restored into
	Isolation Isolation `json:"isolation"` // the sandbox's network, seen from inside

	Stages []StageReport `json:"stages"` // every stage, always, in the order in which they run
	Tables []Table       `json:"tables"` // the restored tables
	Checks []Check       `json:"checks"` // every assertion about the restored database and the application

	Integrity Integrity `json:"integrity"` // how closely the restored database was examined
	Schema    Schema    `json:"schema"`    // fingerprint of the schema
	Baseline  *Baseline `json:"baseline"`  // the earlier drill that the content was compared with; null if there is none

	Migration *Migration `json:"migration"` // what the release's migrations did; null if none was rehearsed
	Gate      *Gate      `json:"gate"`      // the answer to a release; null unless drillgres gate asked

	Posture *Posture `json:"posture"` // how the store protects the backups; null unless drillgres check asked a store

	Times      Times    `json:"times"`       // durations
	RPOSeconds *float64 `json:"rpo_seconds"` // seconds from the backup's snapshot to the end of the drill; null if unknown
	Leftovers  []string `json:"leftovers"`   // what clean-up could not remove
	TellErrors []string `json:"tell_errors"` // why the result could not be recorded or sent; the verdict is unaffected
}

// FailureReport is the first thing that failed, as a result reports it.
type FailureReport struct {
	Stage     Stage  `json:"stage"`     // the stage in which it failed
	Code      Code   `json:"code"`      // stable name of the failure
	Class     Class  `json:"class"`     // whose fault it is
	Message   string `json:"message"`   // the cause, without secrets and row values
	Hint      string `json:"hint"`      // what to do, as one imperative sentence
	SQLState  string `json:"sqlstate"`  // the server's SQLSTATE; empty if the server did not report one
	Statement string `json:"statement"` // the SQL statement that failed, shortened and without its literals
	Object    string `json:"object"`    // the object that the failure is about: schema.table, an index, an entry of the archive
	Function  string `json:"function"`  // the SQL function at fault, from the server's CONTEXT
	Line      int64  `json:"line"`      // line of the decoded dump, from 1; 0 if unknown
	Offset    int64  `json:"offset"`    // byte offset in the backup as it is stored; 0 if unknown
	Cascades  int    `json:"cascades"`  // number of further errors that followed from this one
}

// Report returns f in the form that a result reports.
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
	ChosenKey    Chosen = "key"    // another one at the source, by its name; for drillgres last-good also the newest
	ChosenFile   Chosen = "file"   // a file of the machine that drills
)

// Backup is the backup that was drilled, as far as the drill read it.
type Backup struct {
	URI           string      `json:"uri"`                     // where the backup is stored
	Chosen        Chosen      `json:"chosen"`                  // how it was chosen; empty if unknown, as in results of drillgres 0.1
	Database      string      `json:"database,omitempty"`      // name of the database in the dump, if the dump states it
	SizeBytes     int64       `json:"size_bytes"`              // size as it is stored
	ModifiedAt    time.Time   `json:"modified_at,omitzero"`    // when the file or object was last written; absent if its source does not state it
	SHA256        string      `json:"sha256"`                  // checksum of the bytes as they are stored
	ETag          string      `json:"etag"`                    // ETag of the object in the bucket
	VersionID     string      `json:"version_id"`              // version of the object; empty if the bucket keeps none
	Format        string      `json:"format"`                  // plain, custom, directory, tar or cluster
	Producer      string      `json:"producer,omitempty"`      // backup tool whose layout the source has
	Parts         []Part      `json:"parts,omitempty"`         // objects of a backup of several, in restore order, the dump last
	Layers        []string    `json:"layers,omitempty"`        // what is around the dump, from the outside in: age, gzip, tar …
	Key           string      `json:"key,omitempty"`           // recipient or fingerprint of the key that opened it
	Member        string      `json:"member,omitempty"`        // member of the tar or zip archive that is the dump
	Compression   string      `json:"compression"`             // the outermost compression; empty if there is none
	Encryption    string      `json:"encryption"`              // the outermost encryption; empty if there is none
	ServerVersion string      `json:"server_version"`          // version of the server that was dumped
	PgDumpVersion string      `json:"pg_dump_version"`         // version of the pg_dump that made it
	TakenAt       time.Time   `json:"taken_at,omitzero"`       // best estimate of when the snapshot was taken, if the dump records it
	TakenBetween  []time.Time `json:"taken_between,omitempty"` // the earliest and the latest possible time of the snapshot
}

// Part is one object of a backup of several.
type Part struct {
	URI       string `json:"uri"`        // where it is stored
	Role      string `json:"role"`       // globals, dump, schema or data
	SizeBytes int64  `json:"size_bytes"` // size as it is stored
	SHA256    string `json:"sha256"`     // checksum of the bytes as they are stored
}

// IsLatest reports whether b was the newest backup. Only a drill of the newest
// backup changes the real RPO, the baseline and a gate.
func (b Backup) IsLatest() bool { return b.Chosen == "" || b.Chosen == ChosenLatest }

// Postgres is the server that the backup was restored into.
type Postgres struct {
	Target     string            `json:"target,omitempty"` // the database that drillgres restore restored into, without the password; absent for a drill
	Image      string            `json:"image"`            // image of the container
	Digest     string            `json:"digest"`           // digest of that image
	Version    string            `json:"version"`          // version of the server
	Extensions map[string]string `json:"extensions"`       // extensions that are installed after the restore, with their versions
	Profile    string            `json:"profile"`          // rehearsal or fast: restore.profile

	Preloaded string `json:"preloaded,omitempty"` // shared_preload_libraries of the server

	MadeFrom string            `json:"made_from,omitempty"` // image to which packages were added; empty if image has all extensions itself
	Packages map[string]string `json:"packages,omitempty"`  // packages that were added to it, and the server's, with their versions
}

// Isolation is what the sandbox's network looks like from inside.
type Isolation struct {
	Network        string   `json:"network"`         // network mode of the container: none
	Interfaces     []string `json:"interfaces"`      // network interfaces; only lo is allowed
	Routes         int      `json:"routes"`          // number of routes; only 0 is allowed
	PublishedPorts int      `json:"published_ports"` // number of ports published on the host; only 0 is allowed
	Outbound       string   `json:"outbound"`        // the error of an outbound connection, which must fail
}

// StageReport is how one stage ended.
type StageReport struct {
	Stage     Stage          `json:"stage"`               // name of the stage
	Status    Status         `json:"status"`              // how it ended
	StartedAt time.Time      `json:"started_at,omitzero"` // when it started, if it did
	Seconds   float64        `json:"seconds"`             // how long it took
	Reason    string         `json:"reason"`              // why it was skipped
	Details   map[string]any `json:"details"`             // facts that only this stage knows; the keys depend on the stage
}

// Table is a restored table.
type Table struct {
	Name  string `json:"name"`  // schema.table, quoted as SQL needs it
	Rows  int64  `json:"rows"`  // number of rows
	Bytes int64  `json:"bytes"` // size with indexes and TOAST

	Fingerprint string `json:"fingerprint"` // hash of its columns, constraints, indexes and so on; empty if unknown
}

// Integrity is how closely the restored database was examined.
type Integrity struct {
	Level     string   `json:"level"`      // basic, standard or deep; empty if verify was not reached
	Unreached []string `json:"unreached"`  // relations that verify.integrity_within left no time for
	NotProved []string `json:"not_proved"` // what this level does not verify
}

// Schema is a fingerprint of everything in the database except its rows.
// Fingerprints of different majors of Postgres are not comparable.
type Schema struct {
	Fingerprint string            `json:"fingerprint"` // hash of the whole schema; empty if unknown
	Parts       map[string]string `json:"parts"`       // hash by kind of object
}

// Baseline is the earlier drill that this one's content was compared with.
type Baseline struct {
	RunID     string    `json:"run_id"`     // id of that drill
	StartedAt time.Time `json:"started_at"` // when that drill started
	Accepted  string    `json:"accepted"`   // the reason given to drillgres accept; empty if the drill passed
}

// Earlier is what earlier drills verified, for a comparison with their content.
type Earlier struct {
	Drills   int      // how many drills verified a backup, of all backups
	Backups  []Result // one drill for each of the newest backups, newest first; the first is the baseline
	Accepted string   // the reason why the baseline was accepted; empty: it passed
}

// CheckStatus is how an assertion ended. Unknown never counts as passed.
type CheckStatus string

// The outcomes of an assertion.
const (
	CheckPassed        CheckStatus = "passed"         // examined, and as expected
	CheckFailed        CheckStatus = "failed"         // examined, and not as expected
	CheckUnknown       CheckStatus = "unknown"        // could not be examined, or not completely
	CheckNotConfigured CheckStatus = "not_configured" // the config does not request it
)

// Check is one assertion about the restored database or the application on it.
type Check struct {
	Stage   Stage       `json:"stage"`    // the stage that ran the check
	Name    string      `json:"name"`     // name of the check: its own, or the one in the config
	Kind    string      `json:"kind"`     // table, query, builtin, http, command or sql
	Status  CheckStatus `json:"status"`   // how it ended
	Expect  string      `json:"expect"`   // what was expected
	Saw     string      `json:"saw"`      // what was found
	RestsOn string      `json:"rests_on"` // what was read to decide it
	Seconds float64     `json:"seconds"`  // how long it took

	// ConfigPath is the place in the config that requests the check, in the notation of the
	// config's errors (databases.shop.app.smoke[2]). For a builtin check it is the
	// section that configures it, which may be absent.
	ConfigPath string `json:"config_path"`
}

// Times are durations in seconds.
type Times struct {
	Fetch    float64 `json:"fetch_seconds"`    // to download, decode and read the backup
	Restore  float64 `json:"restore_seconds"`  // to restore it, also while it arrived
	Total    float64 `json:"total_seconds"`    // of the whole drill
	Recovery float64 `json:"recovery_seconds"` // what recovering from this backup takes: fetch, restore and the start of the application, if there is one
}

// RecoverySeconds returns how long a recovery takes, or 0 if that is unknown: the durations of
// a drill with restore.profile: fast are not recovery times.
func (r Result) RecoverySeconds() float64 {
	if r.Postgres.Profile == "fast" {
		return 0
	}
	return r.Times.Recovery
}

// Progress receives how much of a total is done; total 0: unknown. Stages call
// it as often as they like, through Report.
type Progress func(done, total int64)

// Report calls p. It does nothing if p is nil.
func (p Progress) Report(done, total int64) {
	if p != nil {
		p(done, total)
	}
}
