package gate

import (
	"context"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/redact"
)

// longestDrill is more than all deadlines of a drill together: one that began
// longer ago than that before a moment has ended by then.
const longestDrill = 4 * 24 * time.Hour

// History holds the drills on record. Its errors are Failures.
type History interface {
	List(ctx context.Context, f record.Filter) ([]outcome.Result, error)
}

// Answerer gives the answers that no drill gives: those that rest on a drill on
// record, and those about a drill that could not begin.
type Answerer struct {
	History  History
	Version  string // of drillgres
	Now      func() time.Time
	NewRunID func(now time.Time) (string, error)
	Redactor *redact.Redactor
	// Tell passes an answer on, to the history too. What did not work is in the
	// result that it returns.
	Tell func(ctx context.Context, r outcome.Result) outcome.Result
}

// Rest answers q from the drills on record: it needs no engine, restores
// nothing and does not look at the source. With an error there is no answer.
func (a Answerer) Rest(ctx context.Context, database string, q Question) (outcome.Result, error) {
	r, err := a.begin(database, q)
	if err != nil {
		return r, err
	}
	past, err := a.History.List(ctx, record.Filter{Database: database, Since: r.StartedAt.Add(-q.RequireDrill - longestDrill)})
	if err != nil {
		return r, err
	}
	r.FinishedAt = a.Now()
	r.Times.Total = r.FinishedAt.Sub(r.StartedAt).Seconds()
	return a.Tell(ctx, q.Rest(past, r)), nil
}

// Unanswered is the answer where err has kept a drill from beginning, or the
// history from being read.
func (a Answerer) Unanswered(ctx context.Context, database string, q Question, err error) outcome.Result {
	r, _ := a.begin(database, q) // without a run id it is still an answer
	f := *outcome.AsFailure(err).Report()
	f.Message, f.Hint = a.Redactor.Text(f.Message), a.Redactor.Text(f.Hint)
	r.Failure, r.Verdict, r.ExitCode = &f, f.Class.Verdict(), f.Class.ExitCode()
	answer, _ := q.Answer(r)
	r.Gate = &answer
	return a.Tell(ctx, r)
}

// begin is the result of a run that has found out nothing yet.
func (a Answerer) begin(database string, q Question) (outcome.Result, error) {
	now := a.Now()
	id, err := a.NewRunID(now)
	return outcome.Result{
		SchemaVersion: outcome.SchemaVersion, Kind: q.Kind(), RunID: id, Drillgres: a.Version,
		Database: database, StartedAt: now, FinishedAt: now,
	}, err
}
