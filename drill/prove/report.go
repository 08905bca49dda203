package prove

import (
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Report is what proving one database's drill found out. Its JSON only grows.
type Report struct {
	SchemaVersion int       `json:"schema_version"`
	Drillgres     string    `json:"drillgres"` // version of this program
	Database      string    `json:"database"`
	StartedAt     time.Time `json:"started_at"`
	FinishedAt    time.Time `json:"finished_at"`

	Held     bool                   `json:"held"` // the intact backup passed, and every control held
	ExitCode int                    `json:"exit_code"`
	Failure  *outcome.FailureReport `json:"failure"` // null when held

	Intact     Intact   `json:"intact"`
	Controls   []Proof  `json:"controls"`
	Leftovers  []string `json:"leftovers"`   // what clean-up could not remove
	TellErrors []string `json:"tell_errors"` // recording the intact drill did not work
}

// Intact is how the drill of the intact backup ended, which the history has
// whole under its run id.
type Intact struct {
	RunID   string          `json:"run_id"`
	Backup  string          `json:"backup"` // its URI
	Verdict outcome.Verdict `json:"verdict"`
	Code    outcome.Code    `json:"code"`
	Stage   outcome.Stage   `json:"stage"`
	Seconds float64         `json:"seconds"`
}

// Seconds is how long it all took.
func (r Report) Seconds() float64 { return r.FinishedAt.Sub(r.StartedAt).Seconds() }

// IntactOf is what a report keeps of the intact backup's drill.
func IntactOf(r outcome.Result) Intact {
	i := Intact{RunID: r.RunID, Backup: r.Backup.URI, Verdict: r.Verdict, Seconds: r.Times.Total}
	if r.Failure != nil {
		i.Code, i.Stage = r.Failure.Code, r.Failure.Stage
	}
	return i
}
