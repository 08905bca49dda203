package prove

import (
	"context"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/redact"
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

// take keeps of the intact backup's drill what a report has.
func (r *Report) take(intact outcome.Result) {
	r.Intact = Intact{RunID: intact.RunID, Backup: intact.Backup.URI, Verdict: intact.Verdict, Seconds: intact.Times.Total}
	if f := intact.Failure; f != nil {
		r.Intact.Code, r.Intact.Stage = f.Code, f.Stage
	}
	r.ExitCode, r.Failure = intact.ExitCode, intact.Failure
	r.Leftovers = append(r.Leftovers, intact.Leftovers...)
	r.TellErrors = append(r.TellErrors, intact.TellErrors...)
}

// fail ends the report in what kept the controls from being held, if anything did.
func (r *Report) fail(ctx context.Context, err error, secrets *redact.Redactor) {
	if err == nil {
		return
	}
	if ctx.Err() != nil {
		err = outcome.Fail(outcome.Interrupted, "interrupted while the controls were carried out")
	}
	f := outcome.AsFailure(err)
	r.Failure, r.ExitCode = f.Report(), f.Class().ExitCode()
	r.Failure.Message, r.Failure.Hint = secrets.Text(r.Failure.Message), secrets.Text(r.Failure.Hint)
}
