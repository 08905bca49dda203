package gate

import (
	"fmt"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/snapshot"
	"github.com/drillgres/drillgres/drill/words"
)

// skewAllowed is how far a drill's end may lie in the future: clocks of two
// machines differ, and one beyond that tells nothing about its age.
const skewAllowed = time.Minute

// Rest answers q from past drills of one database, in any order, without a
// restore. r is the run that asks: its id, database, times and program. It
// comes back with the answer and with verdict unproved, whatever the answer is,
// so that nothing takes it for a drill that could be rested on again.
func (q Question) Rest(past []outcome.Result, r outcome.Result) outcome.Result {
	found := q.search(past, r.FinishedAt)
	answer := q.asked()
	r.Kind, r.Verdict = outcome.KindAnswer, outcome.VerdictUnproved
	if on := found.on; on != nil {
		answer.RestsOn, r.Backup = on.RunID, on.Backup
	}
	for _, s := range outcome.Stages {
		r.Stages = append(r.Stages, outcome.StageReport{Stage: s, Status: outcome.StageSkipped, Reason: "--require-drill restores nothing"})
	}
	if f := found.failure; f != nil {
		r.Failure, r.ExitCode = f, f.Class.ExitCode()
		answer.Decision, answer.Why = decided(*f), found.why+" ("+string(f.Code)+")"
	} else {
		answer.Decision, answer.Why = outcome.Go, found.why
	}
	r.Gate = &answer
	return r
}

// resting is what a search among past drills has found.
type resting struct {
	on      *outcome.Result        // nil: no drill decides
	failure *outcome.FailureReport // nil: go
	why     string
}

// search goes back from the newest drill to the one that decides: the first
// that passed recently and on a recent backup, or that failed while none has
// passed since.
func (q Question) search(past []outcome.Result, now time.Time) resting {
	var undone, stale, old *outcome.Result
	for _, d := range newestFirst(past) {
		switch {
		case !tells(d):
		case d.Verdict == outcome.VerdictFailed && stale == nil && old == nil:
			return failed(d, now)
		case d.Verdict == outcome.VerdictFailed:
			return q.without(stale, old, now)
		case d.Verdict != outcome.VerdictPassed:
			undone = or(undone, d)
		case d.FinishedAt.After(now.Add(skewAllowed)):
		case now.Sub(d.FinishedAt) > q.RequireDrill:
			old = or(old, d)
		case takenOf(d.Backup).OlderThan(q.MaxBackupAge, now):
			stale = or(stale, d)
		default:
			return resting{on: d, why: whyRests(d, undone, now)}
		}
	}
	return q.without(stale, old, now)
}

// without is the answer where no drill passed that is recent in both: stale
// passed recently, old on whatever backup.
func (q Question) without(stale, old *outcome.Result, now time.Time) resting {
	if stale != nil {
		return q.tooOld(stale, now)
	}
	return q.missing(old, now)
}

func newestFirst(past []outcome.Result) []*outcome.Result {
	drills := make([]*outcome.Result, 0, len(past))
	for i := range past {
		drills = append(drills, &past[i])
	}
	slices.SortStableFunc(drills, func(a, b *outcome.Result) int { return b.FinishedAt.Compare(a.FinishedAt) })
	return drills
}

// tells is false of what says nothing about the backup: an answer or a check,
// which restored nothing, a drill of a backup that was named by hand, and the
// rehearsal of another release that did not hold.
func tells(d *outcome.Result) bool {
	if d.Kind != outcome.KindDrill || !d.Backup.IsLatest() {
		return false
	}
	return d.Failure == nil || d.Failure.Stage != outcome.Migrate
}

func or(first, later *outcome.Result) *outcome.Result {
	if first != nil {
		return first
	}
	return later
}

// takenOf is when the backup of a drill was taken.
func takenOf(b outcome.Backup) snapshot.Range {
	archive := b.Format != string(inspect.Plain)
	return snapshot.Recorded{Between: b.TakenBetween, TakenAt: b.TakenAt, ModifiedAt: b.ModifiedAt, Archive: archive}.Range()
}

// failed is a drill that failed, and after which none has passed.
func failed(d *outcome.Result, now time.Time) resting {
	f := *d.Failure
	f.Message = fmt.Sprintf("run %s, which ended %s ago, failed: %s", d.RunID, since(d.FinishedAt, now), f.Message)
	return resting{on: d, failure: &f, why: "the last drill failed: " + obstacleOf(f.Class)}
}

func whyRests(d, undone *outcome.Result, now time.Time) string {
	text := fmt.Sprintf("the backup of %s ago passed its drill %s ago (run %s)",
		since(takenOf(d.Backup).Best(), now), since(d.FinishedAt, now), d.RunID)
	if !slices.ContainsFunc(d.Stages, func(s outcome.StageReport) bool {
		return s.Stage == outcome.App && s.Status == outcome.StagePassed
	}) {
		text += ", without an application on it"
	}
	if undone != nil {
		text += fmt.Sprintf("; a later one, run %s, could not be carried out", undone.RunID)
	}
	return text + "; no migrations were rehearsed"
}

// tooOld is a drill that passed recently, on a backup that is not recent.
func (q Question) tooOld(d *outcome.Result, now time.Time) resting {
	f := outcome.Fail(outcome.BackupStale, "the backup that passed its drill in run %s is %s old by now, and --max-backup-age allows %s",
		d.RunID, since(takenOf(d.Backup).Best(), now), words.Span(q.MaxBackupAge))
	f.Stage = outcome.Locate
	return resting{on: d, failure: f.Report(), why: q.obstacle(*f.Report())}
}

// missing tells of the drill that there is not; old is the last that passed, if
// it is known.
func (q Question) missing(old *outcome.Result, now time.Time) resting {
	within := words.Span(q.RequireDrill)
	f := outcome.Fail(outcome.DrillMissing, "no drill has passed within %s, as --require-drill asks", within)
	if old != nil {
		f = outcome.Fail(outcome.DrillMissing, "no drill has passed within %s, as --require-drill asks: the last one that did, run %s, ended %s ago",
			within, old.RunID, since(old.FinishedAt, now))
	}
	return resting{failure: f.Report(), why: "no drill has passed within " + within}
}
