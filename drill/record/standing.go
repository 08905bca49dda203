package record

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Standing is where a database stands: how old its newest verified backup is,
// how long the last drill that passed took, and how the last ten went. Only
// drills of the newest backup count.
type Standing struct {
	Database   string    `json:"database"`
	Snapshot   time.Time `json:"snapshot,omitzero"` // of the newest verified backup; zero: never verified
	Backup     string    `json:"backup"`            // its URI
	RPOSeconds *float64  `json:"rpo_seconds"`       // now − the snapshot; null = unknown
	Recovery   *Pace     `json:"recovery"`          // of the last drill that passed; null: none has
	Trend      Trend     `json:"trend"`
}

// Pace is how a drill went and how long it took.
type Pace struct {
	RunID     string          `json:"run_id"`
	StartedAt time.Time       `json:"started_at"`
	Verdict   outcome.Verdict `json:"verdict"`
	Profile   string          `json:"profile"` // with fast the durations are no recovery times
	Restore   float64         `json:"restore_seconds"`
	Recovery  float64         `json:"recovery_seconds"`
}

// PaceOf returns the pace of a drill.
func PaceOf(r outcome.Result) Pace {
	return Pace{r.RunID, r.StartedAt, r.Verdict, r.Postgres.Profile, r.Times.Restore, r.Times.Recovery}
}

// Passed reports whether the drill passed and its restore was timed.
func (d Pace) Passed() bool { return d.Verdict == outcome.VerdictPassed && d.Restore > 0 }

// Standings returns where each database stands, by name: those in known and
// those that were ever drilled, or only the one that is named.
func (h *History) Standings(ctx context.Context, known []string, only string, now time.Time) ([]Standing, error) {
	entries, err := h.Entries(ctx, Filter{Database: only})
	if err != nil {
		return nil, err
	}
	drills := map[string][]Entry{}
	for _, name := range known {
		if only == "" || name == only {
			drills[name] = nil
		}
	}
	for _, d := range entries {
		drills[d.Database] = append(drills[d.Database], d)
	}
	standings := []Standing{}
	for _, name := range slices.Sorted(maps.Keys(drills)) {
		s, err := h.standing(ctx, drills[name])
		if err != nil {
			return nil, err
		}
		s.Database = name
		if !s.Snapshot.IsZero() {
			rpo := now.Sub(s.Snapshot).Seconds()
			s.RPOSeconds = &rpo
		}
		standings = append(standings, s)
	}
	return standings, nil
}

// standing is where a database stands by its entries, newest first.
func (h *History) standing(ctx context.Context, entries []Entry) (s Standing, err error) {
	drills := slices.DeleteFunc(slices.Clone(entries), func(e Entry) bool {
		return e.Kind != outcome.KindDrill || e.Chosen != outcome.ChosenLatest
	})
	v, _ := LastVerified(drills)
	s.Snapshot, s.Backup = v.Snapshot, v.BackupURI
	last, err := h.Results(ctx, drills[:min(len(drills), trendLength)])
	if err != nil {
		return s, err
	}
	s.Trend = TrendOf(last)
	passed := slices.IndexFunc(drills, func(d Entry) bool { return d.Verdict == outcome.VerdictPassed && d.Restore > 0 })
	if passed < 0 {
		return s, nil
	}
	restored, err := h.Results(ctx, drills[passed:passed+1])
	if err != nil {
		return s, err
	}
	pace := PaceOf(restored[0])
	s.Recovery = &pace
	return s, nil
}
