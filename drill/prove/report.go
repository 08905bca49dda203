package prove

import (
	"context"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/redact"
)

// Report is the result of the negative control of one database. Keys may be added to
// its JSON, never removed.
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
	TellErrors []string `json:"tell_errors"` // errors of recording the intact drill
}

// Intact summarizes the drill of the intact backup. The history holds the whole result
// under its run id.
type Intact struct {
	RunID   string          `json:"run_id"`
	Backup  string          `json:"backup"` // its URI
	Verdict outcome.Verdict `json:"verdict"`
	Code    outcome.Code    `json:"code"`
	Stage   outcome.Stage   `json:"stage"`
	Seconds float64         `json:"seconds"`
}

// Seconds returns how long all drills took together.
func (r Report) Seconds() float64 { return r.FinishedAt.Sub(r.StartedAt).Seconds() }

// setIntact sets what the report contains of the drill of the intact backup.
func (r *Report) setIntact(intact outcome.Result) {
	r.Intact = Intact{RunID: intact.RunID, Backup: intact.Backup.URI, Verdict: intact.Verdict, Seconds: intact.Times.Total}
	if f := intact.Failure; f != nil {
		r.Intact.Code, r.Intact.Stage = f.Code, f.Stage
	}
	r.ExitCode, r.Failure = intact.ExitCode, intact.Failure
	r.Leftovers = append(r.Leftovers, intact.Leftovers...)
	r.TellErrors = append(r.TellErrors, intact.TellErrors...)
}

// fail sets the failure of the report to err, unless it is nil.
func (r *Report) fail(ctx context.Context, err error, secrets *redact.Redactor) {
	if err == nil {
		return
	}
	if ctx.Err() != nil {
		err = outcome.Fail(outcome.Interrupted, "interrupted while carrying out the controls")
	}
	f := outcome.AsFailure(err)
	r.Failure, r.ExitCode = f.Report(), f.Class().ExitCode()
	r.Failure.Message, r.Failure.Hint = secrets.Text(r.Failure.Message), secrets.Text(r.Failure.Hint)
}
