package record

import (
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

func TestFrequency(t *testing.T) {
	now := time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	drill := func(daysAgo float64, v outcome.Verdict) Entry {
		at := now.Add(-time.Duration(daysAgo * float64(day)))
		return Entry{ID: ID{RunID: at.Format("20060102")}, Kind: outcome.KindDrill, Verdict: v, FinishedAt: at, Chosen: outcome.ChosenLatest}
	}
	const passed, failed, unproved = outcome.VerdictPassed, outcome.VerdictFailed, outcome.VerdictUnproved
	adHoc := drill(1, passed)
	adHoc.Chosen = outcome.ChosenFile
	answer := drill(1, passed)
	answer.Kind = outcome.KindAnswer
	for name, c := range map[string]struct {
		entries []Entry
		every   time.Duration
		status  PromiseStatus
		gaps    int
		longest float64 // days
	}{
		"no drill":                   {nil, 7 * day, PromiseNever, 0, 0},
		"weekly, as promised":        {[]Entry{drill(21.01, passed), drill(14, passed), drill(7.01, passed), drill(0.1, passed)}, 7 * day, PromiseKept, 0, 7.01},
		"a week was left out":        {[]Entry{drill(22, passed), drill(8, passed), drill(1, passed)}, 7 * day, PromiseGaps, 1, 14},
		"an unproved drill is none":  {[]Entry{drill(15, passed), drill(8, unproved), drill(1, passed)}, 7 * day, PromiseGaps, 1, 14},
		"failed since":               {[]Entry{drill(15, passed), drill(8, failed), drill(1, failed)}, 7 * day, PromiseOverdue, 1, 15},
		"never passed":               {[]Entry{drill(3, failed)}, 7 * day, PromiseNever, 0, 3},
		"a backup named by hand":     {[]Entry{drill(15, passed), adHoc}, 7 * day, PromiseOverdue, 1, 15},
		"an answer of a gate":        {[]Entry{drill(15, passed), answer}, 7 * day, PromiseOverdue, 1, 15},
		"before the period, and now": {[]Entry{drill(40, passed), drill(1, passed)}, 7 * day, PromiseGaps, 1, 39},
		"only before the period":     {[]Entry{drill(40, passed)}, 7 * day, PromiseOverdue, 1, 40},
		"no promise":                 {[]Entry{drill(20, passed), drill(1, passed)}, 0, PromiseNone, 0, 19},
		"the newest first":           {[]Entry{drill(1, passed), drill(8, passed)}, 7 * day, PromiseKept, 0, 7},
		"dated in the future":        {[]Entry{drill(15, passed), drill(-1, passed)}, 7 * day, PromiseOverdue, 1, 15},
	} {
		f := FrequencyOf(c.entries, c.every, now.Add(-30*day), now)
		if f.Status != c.status || len(f.Gaps) != c.gaps || int(f.Longest) != int(c.longest*day.Seconds()) {
			t.Errorf("%s: %s, longest %.2f days, gaps %+v", name, f.Status, f.Longest/day.Seconds(), f.Gaps)
		}
	}
	f := FrequencyOf([]Entry{drill(15, passed), drill(8, failed), drill(1, unproved), drill(40, passed)}, day, now.Add(-30*day), now)
	if f.Drills != 3 || f.Passed != 1 || f.Failed != 1 || f.Unproved != 1 || f.Last.Verdict != unproved || f.LastPassed.Verdict != passed {
		t.Errorf("%+v", f)
	}
}
