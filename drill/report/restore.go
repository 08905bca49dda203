package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// restoreWord returns how a restore into a real server ended, in capitals.
func restoreWord(r outcome.Result) string {
	if r.Verdict == outcome.VerdictPassed {
		return "RESTORED"
	}
	return "NOT RESTORED"
}

// restoreMeaning says what the result of a restore into a real server means.
func restoreMeaning(r outcome.Result) string {
	switch {
	case r.Failure == nil:
		return "the backup is restored into " + r.Postgres.Target + ", and compared with what it promises"
	case restorePassed(r):
		return fmt.Sprintf("%s is loaded, but not accepted: %s in %s; its comment still says that the restore has not ended", r.Postgres.Target, r.Failure.Code, r.Failure.Stage)
	case wasBegun(r):
		return fmt.Sprintf("%s is incomplete, as its comment says: %s in %s", r.Postgres.Target, r.Failure.Code, r.Failure.Stage)
	}
	return fmt.Sprintf("nothing was written to %s: %s", r.Postgres.Target, words.Join(" in ", string(r.Failure.Code), string(r.Failure.Stage)))
}

// restorePassed reports whether the whole backup was loaded.
func restorePassed(r outcome.Result) bool { return restoreEnded(r, outcome.StagePassed) }

// wasBegun reports whether a restore may have written to its target.
func wasBegun(r outcome.Result) bool { return restorePassed(r) || restoreEnded(r, outcome.StageFailed) }

func restoreEnded(r outcome.Result, as outcome.Status) bool {
	return slices.ContainsFunc(r.Stages, func(s outcome.StageReport) bool { return s.Stage == outcome.Restore && s.Status == as })
}

// restoreFacts returns what was restored, where, and how long it took.
func restoreFacts(r outcome.Result) (facts []fact) {
	add := func(label, text string) {
		if text != "" {
			facts = append(facts, fact{label, text})
		}
	}
	add("backup", r.Backup.URI)
	add("", strings.ReplaceAll(describe(r.Backup, r.StartedAt), "before the drill)", "before the restore)"))
	add("target", words.Join(", ", r.Postgres.Target, words.Join(" ", "Postgres", r.Postgres.Version)))
	add("data", data(r.Tables))
	add("compared", baseline(r))
	if r.Verdict == outcome.VerdictPassed {
		add("times", fmt.Sprintf("fetch %s, restore %s, all %s", words.Elapsed(r.Times.Fetch), words.Elapsed(r.Times.Restore), words.Elapsed(r.Times.Total)))
	}
	if r.RPOSeconds != nil && r.Verdict == outcome.VerdictPassed {
		add("lost", "what was written since the snapshot: "+words.Span(seconds(*r.RPOSeconds)))
	}
	return facts
}
