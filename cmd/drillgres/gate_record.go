package main

import (
	"context"
	"time"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/gate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
)

// longestDrill is more than all deadlines of a drill together: one that began
// longer ago than that before a moment has ended by then.
const longestDrill = 4 * 24 * time.Hour

// rest answers q from the drills on record: no engine, no restore, no source.
func (w *wiring) rest(ctx context.Context, db *config.Database, q gate.Question) (outcome.Result, error) {
	r, err := w.begun(db)
	if err != nil {
		return r, err
	}
	past, err := w.history.List(ctx, record.Filter{Database: db.Name, Since: r.StartedAt.Add(-q.RequireDrill - longestDrill)})
	if err != nil {
		return r, err
	}
	r.FinishedAt = w.now()
	r.Times.Total = r.FinishedAt.Sub(r.StartedAt).Seconds()
	return w.tell(ctx, q.Rest(past, r)), nil
}

// tell records an answer that no drill has recorded.
func (w *wiring) tell(ctx context.Context, r outcome.Result) outcome.Result {
	return drill.Drill{Redactor: w.redactor, Tellers: []drill.Teller{w.history}}.Tell(ctx, r)
}

func (w *wiring) begun(db *config.Database) (outcome.Result, error) {
	now := w.now()
	id, err := newRunID(now)
	return outcome.Result{
		SchemaVersion: outcome.SchemaVersion, RunID: id, Drillgres: programVersion(),
		Database: db.Name, StartedAt: now, FinishedAt: now,
	}, err
}

// unanswered is the answer where not even a drill could be begun, or the
// history not be read.
func (w *wiring) unanswered(ctx context.Context, db *config.Database, q gate.Question, err error) outcome.Result {
	r, _ := w.begun(db)
	f := *outcome.AsFailure(err).Report()
	f.Message, f.Hint = w.redactor.Text(f.Message), w.redactor.Text(f.Hint)
	r.Failure, r.Verdict, r.ExitCode = &f, f.Class.Verdict(), f.Class.ExitCode()
	answer, _ := q.Answer(r)
	r.Gate = &answer
	return w.tell(ctx, r)
}
