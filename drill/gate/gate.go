// Package gate knows what a release must show before it goes out, and answers
// whether it may, from the results of drills: of one that has just been carried
// out, or of those on record.
package gate

import (
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// Question is what is asked before a release goes out.
type Question struct {
	Candidate string // image of the release; empty: none was named
	Digest    string // of that image; empty: not known
	Current   string // migrate.current: what is asked of today's release on the new schema
	Commit    string // that the release is made of; empty: not known
	AskedBy   string // empty: not known

	MaxBackupAge time.Duration
	RequireDrill time.Duration // how old the drill on record may be that the answer rests on; 0: this run drills itself
}

// Kind is what the result of asking is, whether or not it comes to an answer.
func (q Question) Kind() outcome.Kind {
	if q.RequireDrill > 0 {
		return outcome.KindAnswer
	}
	return outcome.KindDrill
}

// asked is the question as a result records it, with no answer yet.
func (q Question) asked() outcome.Gate {
	return outcome.Gate{
		Candidate: q.Candidate, CandidateDigest: q.Digest, Commit: q.Commit, AskedBy: q.AskedBy,
		MaxBackupAge: q.MaxBackupAge.Seconds(), RequireDrill: q.RequireDrill.Seconds(),
	}
}

// Answer is what a drill that was carried out to answer q says. What it left
// undone never counts as done: lacking is then the failure of a drill that
// passed and proves too little for a go.
func (q Question) Answer(r outcome.Result) (answer outcome.Gate, lacking *outcome.Failure) {
	answer = q.asked()
	if m := r.Migration; m != nil && m.Image == q.Candidate && m.Digest != "" {
		answer.CandidateDigest = m.Digest // of what really ran
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
	answer.Decision, answer.Why = decided(*failure), q.whyNot(*failure)
	return answer, lacking
}

// decided is what a failure means for a release. What is not known is never go.
func decided(f outcome.FailureReport) outcome.Decision {
	if f.Class.Verdict() == outcome.VerdictFailed {
		return outcome.NoGo
	}
	return outcome.Unknown
}

// lacking looks for what a drill without a failure did not do, and a go rests
// on; nil: it did all.
func (q Question) lacking(r outcome.Result) *outcome.Failure {
	for _, stage := range outcome.Stages {
		done := func(s outcome.StageReport) bool { return s.Stage == stage && s.Status == outcome.StagePassed }
		if !slices.ContainsFunc(r.Stages, done) {
			return outcome.Fail(outcome.Internal, "the drill passed without its stage %s, and the answer to a release rests on it", stage)
		}
	}
	switch {
	case r.Verdict != outcome.VerdictPassed:
		return outcome.Fail(outcome.Internal, "the drill has no failure, and its verdict is %q", r.Verdict)
	case r.Migration == nil || q.Candidate == "":
		return outcome.Fail(outcome.Internal, "the drill passed, and nothing tells what was rehearsed")
	}
	if taken := takenOf(r.Backup); taken.OlderThan(q.MaxBackupAge, r.StartedAt) {
		return outcome.Fail(outcome.BackupStale, "the backup was %s old when it was drilled, and %s are allowed", since(taken.Best(), r.StartedAt), words.Span(q.MaxBackupAge))
	}
	return nil
}
