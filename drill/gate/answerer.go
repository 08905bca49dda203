package gate

import (
	"context"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/redact"
)

// History lists the drills on record. Its errors are of type *outcome.Failure.
type History interface {
	List(ctx context.Context, f record.Filter) ([]outcome.Result, error)
}

// Answerer answers without a drill: from the drills on record, or when a drill
// could not start.
type Answerer struct {
	History  History
	Longest  time.Duration // that a drill can take: one that ended at a time started at most this long before
	Version  string        // of drillgres
	Now      func() time.Time
	NewRunID func(now time.Time) (string, error)
	Redactor *redact.Redactor
	// Tell records and reports an answer. The result that it returns includes
	// what went wrong on the way.
	Tell func(ctx context.Context, r outcome.Result) outcome.Result
}

// Rest answers q from the drills on record. It needs no engine, restores
// nothing and does not read the source. It returns an error if the history
// cannot be read.
func (a Answerer) Rest(ctx context.Context, database string, q Question) (outcome.Result, error) {
	r, err := a.begin(database, q)
	if err != nil {
		return r, err
	}
	past, err := a.History.List(ctx, record.Filter{Database: database, Since: r.StartedAt.Add(-q.RequireDrill - a.Longest)})
	if err != nil {
		return r, err
	}
	r.FinishedAt = a.Now()
	r.Times.Total = r.FinishedAt.Sub(r.StartedAt).Seconds()
	return a.Tell(ctx, q.Rest(past, r)), nil
}

// Unanswered returns the answer if err prevented the drill from starting, or
// the history from being read.
func (a Answerer) Unanswered(ctx context.Context, database string, q Question, err error) outcome.Result {
	r, _ := a.begin(database, q) // an answer without a run ID is better than none
	f := *outcome.AsFailure(err).Report()
	f.Message, f.Hint = a.Redactor.Text(f.Message), a.Redactor.Text(f.Hint)
	r.Failure, r.Verdict, r.ExitCode = &f, f.Class.Verdict(), f.Class.ExitCode()
	answer, _ := q.Answer(r)
	r.Gate = &answer
	return a.Tell(ctx, r)
}

// begin returns the result of a run that starts now.
func (a Answerer) begin(database string, q Question) (outcome.Result, error) {
	now := a.Now()
	id, err := a.NewRunID(now)
	return outcome.Result{
		SchemaVersion: outcome.SchemaVersion, Kind: q.Kind(), RunID: id, Drillgres: a.Version,
		Database: database, StartedAt: now, FinishedAt: now,
	}, err
}
