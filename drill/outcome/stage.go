package outcome

// Stage is one step of a drill. The same word names its package, its log
// attribute, its JSON value, its docs and its fixtures.
type Stage string

// The stages that prove a backup, in the order in which they run.
const (
	Locate    Stage = "locate"
	Fetch     Stage = "fetch"
	Inspect   Stage = "inspect"
	Provision Stage = "provision"
	Restore   Stage = "restore"
	Verify    Stage = "verify"
	App       Stage = "app"
	Migrate   Stage = "migrate" // of a release, where one is named
)

// Stages lists every stage in the order in which a result reports them.
var Stages = []Stage{Locate, Fetch, Inspect, Provision, Restore, Verify, App, Migrate}

// Status is how a stage ended.
type Status string

// The four ends of a stage.
const (
	StagePassed     Status = "passed"
	StageFailed     Status = "failed"
	StageSkipped    Status = "skipped"     // configured off: the drill proved less
	StageNotReached Status = "not_reached" // an earlier stage failed
)
