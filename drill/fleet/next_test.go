package fleet

import (
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
)

// TestNext expects a drill by the rhythm of the last ones, and none after drills that
// somebody started one after the other.
func TestNext(t *testing.T) {
	last := time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	for apart, want := range map[time.Duration]time.Time{
		24 * time.Hour:  last.Add(24 * time.Hour),
		time.Hour:       last.Add(time.Hour),
		2 * time.Minute: {},
	} {
		var drills []record.Entry
		for i := range 5 {
			drills = append(drills, record.Entry{StartedAt: last.Add(-time.Duration(i) * apart)})
		}
		if got := next(drills); !got.Equal(want) {
			t.Errorf("%s apart: %s, want %s", apart, got, want)
		}
	}
}

// TestOverdueByRhythm checks that a database whose config promises nothing is overdue once its
// drills no longer come, by their own rhythm, but for one that is not in the config any more.
func TestOverdueByRhythm(t *testing.T) {
	now := time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	const hour = time.Hour
	for name, c := range map[string]struct {
		apart, ago time.Duration // the drills, and the last of them
		drills     int
		promised   Targets
		former     bool
		want       State
	}{
		"daily, years ago":        {day, 3 * 365 * day, 5, Targets{}, false, Overdue},
		"daily, two are missing":  {day, 3 * day, 5, Targets{}, false, Proved},
		"daily, three":            {day, 3*day + hour, 5, Targets{}, false, Overdue},
		"weekly":                  {7 * day, 20 * day, 5, Targets{}, false, Proved},
		"weekly, no more":         {7 * day, 22 * day, 5, Targets{}, false, Overdue},
		"hourly, less than a day": {hour, 24 * hour, 5, Targets{}, false, Proved},
		"hourly, no more":         {hour, 26 * hour, 5, Targets{}, false, Overdue},
		"no rhythm":               {day, 3 * 365 * day, 3, Targets{}, false, Proved},
		"it has a promise":        {day, 5 * day, 5, Targets{Age: 7 * day}, false, Proved},
		"only of a duration":      {day, 5 * day, 5, Targets{Restore: hour}, false, Overdue},
		"not in the config":       {day, 3 * 365 * day, 5, Targets{}, true, Proved},
	} {
		var drills []record.Entry
		for i := range c.drills {
			at := now.Add(-c.ago - time.Duration(i)*c.apart)
			drills = append(drills, record.Entry{
				ID: record.ID{RunID: at.String(), Database: "shop"}, Kind: outcome.KindDrill, Chosen: outcome.ChosenLatest, Verdict: outcome.VerdictPassed,
				StartedAt: at, FinishedAt: at, TakenAt: at,
			})
		}
		if got := databaseOf("shop", c.promised, !c.former, drills, now.Add(-90*day), now).State; got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
