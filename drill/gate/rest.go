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

// skewAllowed is how far in the future a drill may have ended. The clocks of two
// machines differ; the age of a drill beyond this limit is unknown.
const skewAllowed = time.Minute

// Rest answers q from past drills of one database, in any order, without a
// restore. r holds the ID, database, times and version of the current run. The
// verdict is always unproved, so that no later answer rests on this one.
func (q Question) Rest(past []outcome.Result, r outcome.Result) outcome.Result {
	found := q.search(past, r.FinishedAt)
	answer := q.unanswered()
	r.Kind, r.Verdict = outcome.KindAnswer, outcome.VerdictUnproved
	if on := found.on; on != nil {
		answer.RestsOn, r.Backup = on.RunID, on.Backup
	}
	for _, s := range outcome.Stages {
		r.Stages = append(r.Stages, outcome.StageReport{Stage: s, Status: outcome.StageSkipped, Reason: "--require-drill restores nothing"})
	}
	if f := found.failure; f != nil {
		r.Failure, r.ExitCode = f, f.Class.ExitCode()
		answer.Decision, answer.Why = decisionFor(*f), found.why+" ("+string(f.Code)+")"
	} else {
		answer.Decision, answer.Why = outcome.Go, found.why
	}
	r.Gate = &answer
	return r
}

// basis holds the drill that decides, and what it decides.
type basis struct {
	on      *outcome.Result        // nil: no drill decides
	failure *outcome.FailureReport // nil: go
	why     string
}

// search returns the newest drill that decides, without those of a clock that is ahead of now.
func (q Question) search(past []outcome.Result, now time.Time) basis {
	var ahead int
	var counting []*outcome.Result
	for _, d := range newestFirst(past) {
		switch {
		case !isOfNewest(d):
		case d.FinishedAt.After(now.Add(skewAllowed)):
			ahead++
		default:
			counting = append(counting, d)
		}
	}
	b := q.newest(counting, now)
	if ahead > 0 {
		b.why += "; " + words.CountOf(ahead, "drill that is dated in the future does not count", "drills that are dated in the future do not count")
	}
	return b
}

// newest returns the newest drill that decides: one that passed recently on a recent backup,
// or one that failed if none has passed since.
func (q Question) newest(drills []*outcome.Result, now time.Time) basis {
	var undone, stale, old *outcome.Result
	for _, d := range drills {
		switch {
		case !verifiesBackup(d):
		case d.Verdict == outcome.VerdictFailed && stale == nil && old == nil:
			return failedDrill(d, now)
		case d.Verdict == outcome.VerdictFailed:
			return q.noRecent(stale, old, now)
		case d.Verdict != outcome.VerdictPassed:
			undone = or(undone, d)
		case now.Sub(d.FinishedAt) > q.RequireDrill:
			old = or(old, d)
		case takenOf(d.Backup).OlderThan(q.MaxBackupAge, now):
			stale = or(stale, d)
		default:
			return basis{on: d, why: whyGoOnRecord(d, undone, now)}
		}
	}
	return q.noRecent(stale, old, now)
}

// noRecent returns the basis if no recent drill of a recent backup passed. The
// drill stale passed recently on an older backup, old passed too long ago.
func (q Question) noRecent(stale, old *outcome.Result, now time.Time) basis {
	if stale != nil {
		return q.staleBackup(stale, now)
	}
	return q.missingDrill(old, now)
}

func newestFirst(past []outcome.Result) []*outcome.Result {
	drills := make([]*outcome.Result, 0, len(past))
	for i := range past {
		drills = append(drills, &past[i])
	}
	slices.SortStableFunc(drills, func(a, b *outcome.Result) int { return b.FinishedAt.Compare(a.FinishedAt) })
	return drills
}

// isOfNewest reports whether d is a drill of the newest backup. Answers and checks restored
// nothing.
func isOfNewest(d *outcome.Result) bool { return d.Kind == outcome.KindDrill && d.Backup.IsLatest() }

// verifiesBackup reports whether a drill of the newest backup counts for or against it. A
// failed rehearsal of another release does not.
func verifiesBackup(d *outcome.Result) bool {
	return d.Failure == nil || d.Failure.Stage != outcome.Migrate
}

func or(first, later *outcome.Result) *outcome.Result {
	if first != nil {
		return first
	}
	return later
}

// takenOf returns when the backup of a drill was taken.
func takenOf(b outcome.Backup) snapshot.Range {
	archive := b.Format != string(inspect.Plain)
	return snapshot.Recorded{Between: b.TakenBetween, TakenAt: b.TakenAt, ModifiedAt: b.ModifiedAt, Archive: archive}.Range()
}

// failedDrill returns the basis if d failed and no drill has passed since.
func failedDrill(d *outcome.Result, now time.Time) basis {
	f := *d.Failure
	f.Message = fmt.Sprintf("run %s, which ended %s ago, failed: %s", d.RunID, formatAge(d.FinishedAt, now), f.Message)
	return basis{on: d, failure: &f, why: "the last drill failed: " + obstacleOf(f.Class)}
}

// whyGoOnRecord returns in one sentence what a go from the drill d means, and
// what it does not. undone is a later drill without a verdict; nil: none.
func whyGoOnRecord(d, undone *outcome.Result, now time.Time) string {
	text := fmt.Sprintf("the backup of %s ago passed its drill %s ago (run %s)",
		formatAge(takenOf(d.Backup).Best(), now), formatAge(d.FinishedAt, now), d.RunID)
	if !slices.ContainsFunc(d.Stages, func(s outcome.StageReport) bool {
		return s.Stage == outcome.App && s.Status == outcome.StagePassed
	}) {
		text += ", without an application"
	}
	if undone != nil {
		text += fmt.Sprintf("; a later one, run %s, could not be carried out", undone.RunID)
	}
	return text + "; no migrations were rehearsed"
}

// staleBackup returns the basis if d passed recently, but its backup is too old.
func (q Question) staleBackup(d *outcome.Result, now time.Time) basis {
	f := outcome.Fail(outcome.BackupStale, "the backup that passed its drill in run %s is now %s old, but --max-backup-age allows %s",
		d.RunID, formatAge(takenOf(d.Backup).Best(), now), words.Span(q.MaxBackupAge))
	f.Stage = outcome.Locate
	return basis{on: d, failure: f.Report(), why: q.obstacle(*f.Report())}
}

// missingDrill returns the basis if no drill passed recently. old is the last
// one that passed; nil: none.
func (q Question) missingDrill(old *outcome.Result, now time.Time) basis {
	within := words.Span(q.RequireDrill)
	f := outcome.Fail(outcome.DrillMissing, "no drill has passed within %s, as --require-drill asks", within)
	if old != nil {
		f = outcome.Fail(outcome.DrillMissing, "no drill has passed within %s, as --require-drill asks: the last one that did, run %s, ended %s ago",
			within, old.RunID, formatAge(old.FinishedAt, now))
	}
	return basis{failure: f.Report(), why: "no drill has passed within " + within}
}
