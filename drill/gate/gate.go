// Package gate decides whether a release may go out. It decides from the result
// of a drill that has just ended, or from the drills on record.
package gate

import (
	"fmt"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/snapshot"
	"github.com/drillgres/drillgres/drill/words"
)

// Question holds what a gate decides about: one release of one database.
type Question struct {
	Candidate string // image of the release; empty: not configured
	Digest    string // of that image; empty: unknown
	Current   string // migrate.current: whether today's release must run on the new schema
	Commit    string // that the release is built from; empty: unknown
	AskedBy   string // empty: unknown

	MaxBackupAge time.Duration // of the release; that of the database, backup.max_age, is judged by the drill
	RequireDrill time.Duration // maximum age of the drill on record that decides; 0: this run is the drill
}

// Kind returns the kind of result that q leads to, also without a decision.
func (q Question) Kind() outcome.Kind {
	if q.RequireDrill > 0 {
		return outcome.KindAnswer
	}
	return outcome.KindDrill
}

// unanswered returns the question as a result records it, without a decision.
func (q Question) unanswered() outcome.Gate {
	return outcome.Gate{
		Candidate: q.Candidate, CandidateDigest: q.Digest, Commit: q.Commit, AskedBy: q.AskedBy,
		MaxBackupAge: q.MaxBackupAge.Seconds(), RequireDrill: q.RequireDrill.Seconds(),
	}
}

// Answer returns the answer to q from the drill r, which was run for q. If r
// passed but skipped something that a go requires, lacking is that failure.
func (q Question) Answer(r outcome.Result) (answer outcome.Gate, lacking *outcome.Failure) {
	answer = q.unanswered()
	if m := r.Migration; m != nil && m.Image == q.Candidate && m.Digest != "" {
		answer.CandidateDigest = m.Digest // of the image that ran
	}
	failure := r.Failure
	if failure == nil {
		if lacking = q.lacking(r); lacking != nil {
			failure = lacking.Report()
		}
	}
	if failure == nil {
		answer.Decision, answer.Why = outcome.Go, q.whyGo(r)
		return answer, nil
	}
	answer.Decision, answer.Why = decisionFor(*failure), q.whyNot(*failure)
	return answer, lacking
}

// decisionFor returns the decision that a failure leads to. It is never go.
func decisionFor(f outcome.FailureReport) outcome.Decision {
	if f.Class.Verdict() == outcome.VerdictFailed {
		return outcome.NoGo
	}
	return outcome.Unknown
}

// lacking returns the failure of a drill that passed but skipped something that
// a go requires. It returns nil if the drill is complete.
func (q Question) lacking(r outcome.Result) *outcome.Failure {
	for _, stage := range outcome.Stages {
		done := func(s outcome.StageReport) bool { return s.Stage == stage && s.Status == outcome.StagePassed }
		if !slices.ContainsFunc(r.Stages, done) {
			return outcome.Fail(outcome.Internal, "the drill passed without stage %s, which a go requires", stage)
		}
	}
	switch {
	case r.Verdict != outcome.VerdictPassed:
		return outcome.Fail(outcome.Internal, "the drill has no failure, but its verdict is %q", r.Verdict)
	case r.Migration == nil || q.Candidate == "":
		return outcome.Fail(outcome.Internal, "the drill passed, but does not record which release it rehearsed")
	}
	return q.TooOld(takenOf(r.Backup), r.StartedAt)
}

// TooOld returns the failure of a backup that is too old for the release, or whose age at
// the start of the drill is unknown, and nil of one that is not. It says nothing against the
// database, whose own limit is backup.max_age.
func (q Question) TooOld(taken snapshot.Range, started time.Time) *outcome.Failure {
	if !taken.OlderThan(q.MaxBackupAge, started) {
		return nil
	}
	age := "of unknown age"
	if taken.Known() {
		age = fmt.Sprintf("%s old", formatAge(taken.Best(), started))
	}
	if taken.Best().After(started) {
		age = "dated in the future"
	}
	return outcome.Fail(outcome.BackupStale, "the backup was %s when the run started; the release asks for one that is at most %s old", age, words.Span(q.MaxBackupAge)).
		WithHint("make a backup before the release, or allow an older one with --max-backup-age")
}
