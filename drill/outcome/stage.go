package outcome

// Stage is one step of a drill. The same word names its package, its log
// attribute, its JSON value, its docs and its fixtures.
type Stage string

// The stages of a drill, in the order in which they run.
const (
	Locate    Stage = "locate"    // chooses the backup and judges its age and size
	Fetch     Stage = "fetch"     // downloads and decodes it
	Inspect   Stage = "inspect"   // reads what the dump contains, and whether it is complete
	Provision Stage = "provision" // starts Postgres in an isolated sandbox
	Restore   Stage = "restore"   // restores the dump
	Verify    Stage = "verify"    // checks the restored database
	App       Stage = "app"       // starts the application on it and runs its smoke tests
	Migrate   Stage = "migrate"   // rehearses a release, if one is named
)

// Stages lists every stage in the order in which a result reports them.
var Stages = []Stage{Locate, Fetch, Inspect, Provision, Restore, Verify, App, Migrate}

// Status is how a stage ended.
type Status string

// The states of a stage at the end of a drill.
const (
	StagePassed     Status = "passed"      // ran and passed
	StageFailed     Status = "failed"      // ran and failed
	StageSkipped    Status = "skipped"     // not configured: the drill verified less
	StageNotReached Status = "not_reached" // an earlier stage failed
)
