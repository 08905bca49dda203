package record

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Standing holds the real RPO, the real RTO and the trend of a database: how old
// its newest verified backup is, how long the last passed drill took, and how the
// last ten drills went. Only drills of the newest backup count.
type Standing struct {
	Database   string    `json:"database"`
	Snapshot   time.Time `json:"snapshot,omitzero"` // of the newest verified backup; zero: unknown, or never verified
	Backup     string    `json:"backup"`            // URI of that backup; empty: never verified
	RPOSeconds *float64  `json:"rpo_seconds"`       // now − time of the snapshot; null: unknown
	Recovery   *Pace     `json:"recovery"`          // of the last passed drill; null: no drill has passed
	Trend      Trend     `json:"trend"`
	Ahead      int       `json:"drills_ahead"` // of a clock that is ahead, which do not count
}

// IsVerified reports whether a drill has verified a backup of the database. The time of its
// snapshot may be unknown.
func (s Standing) IsVerified() bool { return s.Backup != "" || !s.Snapshot.IsZero() }

// Pace holds the verdict and the durations of a drill, in seconds.
type Pace struct {
	RunID     string          `json:"run_id"`
	StartedAt time.Time       `json:"started_at"`
	Verdict   outcome.Verdict `json:"verdict"`
	Profile   string          `json:"profile"` // with fast the durations are not recovery times
	Restore   float64         `json:"restore_seconds"`
	Recovery  float64         `json:"recovery_seconds"`
}

// PaceOf returns the pace of a drill.
func PaceOf(r outcome.Result) Pace {
	return Pace{r.RunID, r.StartedAt, r.Verdict, r.Postgres.Profile, r.Times.Restore, r.Times.Recovery}
}

// Passed reports whether the drill passed and its restore was timed.
func (d Pace) Passed() bool { return d.Verdict == outcome.VerdictPassed && d.Restore > 0 }

// Standings returns the standing of each database in known and of each that was
// ever drilled, sorted by name. If only is not empty, it returns that database's.
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
		s, err := h.standing(ctx, Deciding(drills[name], now), now)
		if err != nil {
			return nil, err
		}
		s.Database, s.Ahead = name, CountAhead(drills[name], now)
		if !s.Snapshot.IsZero() {
			rpo := now.Sub(s.Snapshot).Seconds()
			s.RPOSeconds = &rpo
		}
		standings = append(standings, s)
	}
	return standings, nil
}

// standing returns the standing of a database from its deciding drills, newest first.
func (h *History) standing(ctx context.Context, drills []Entry, now time.Time) (s Standing, err error) {
	v, _ := LastVerified(drills, now)
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
