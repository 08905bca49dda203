package fleet

import (
	"context"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
)

// Point is one drill in a trend.
type Point struct {
	RunID    string          `json:"run_id"`
	At       time.Time       `json:"started_at"`
	Verdict  outcome.Verdict `json:"verdict"`
	RPO      *float64        `json:"rpo_seconds"`      // from the snapshot to the end of the drill; null: unknown
	Restore  float64         `json:"restore_seconds"`  // 0: not restored
	Recovery float64         `json:"recovery_seconds"` // 0: unknown, as with profile fast
	Size     int64           `json:"size_bytes"`       // of the backup as it is stored; 0: unknown
}

// PointOf returns a drill as a point.
func PointOf(r outcome.Result) Point {
	p := Point{RunID: r.RunID, At: r.StartedAt, Verdict: r.Verdict, RPO: r.RPOSeconds, Restore: r.Times.Restore, Recovery: r.Times.Recovery, Size: r.Backup.SizeBytes}
	if !Measured(r) {
		p.Restore, p.Recovery, p.RPO = 0, 0, nil
	}
	if r.Postgres.Profile == "fast" {
		p.Recovery = 0
	}
	return p
}

// Measured reports whether the times of a drill are those of a whole recovery: it passed, or
// failed only because it took too long or because of a release.
func Measured(r outcome.Result) bool {
	return r.Verdict == outcome.VerdictPassed || r.Failure != nil && outcome.AfterVerified(r.Failure.Code)
}

// A trend has a point for each drill of 90 days of nightly drills. All trends together
// have at most allPoints, because each needs a whole result.
const (
	pointsEach = 120
	allPoints  = 1500
	fewPoints  = 12
)

// LoadTrends reads the trends of all databases.
func (f *Fleet) LoadTrends(ctx context.Context, h *record.History) error {
	return f.loadTrends(ctx, h, f.all(), min(pointsEach, max(fewPoints, allPoints/max(len(f.Databases)+len(f.Former), 1))))
}

// LoadTrend reads the trend of one database.
func (f *Fleet) LoadTrend(ctx context.Context, h *record.History, d *Database) error {
	return f.loadTrends(ctx, h, []*Database{d}, pointsEach)
}

// loadTrends reads at most n points per database.
func (f *Fleet) loadTrends(ctx context.Context, h *record.History, databases []*Database, n int) error {
	var entries []record.Entry
	var of []*Database
	for _, d := range databases {
		d.Points = []Point{}
		for _, e := range thinned(d.window(f.since()), n) {
			entries, of = append(entries, e), append(of, d)
		}
	}
	return eachResult(ctx, h, entries, func(i int, r outcome.Result) { of[i].Points = append(of[i].Points, PointOf(r)) })
}

func (f *Fleet) since() time.Time { return f.At.Add(-time.Duration(f.Days) * day) }

// thinned returns at most n drills, oldest first, of drills that are newest first. Of more
// drills it returns the newest half of n, and of the others every second, third … one.
func thinned(drills []record.Entry, n int) (chosen []record.Entry) {
	if len(drills) > n {
		newest, older := drills[:n/2], drills[n/2:]
		step := (len(older) + n/2 - 1) / (n / 2)
		chosen = append(chosen, newest...)
		for i := step - 1; i < len(older); i += step {
			chosen = append(chosen, older[i])
		}
	} else {
		chosen = append(chosen, drills...)
	}
	slices.Reverse(chosen)
	return chosen
}

// eachResult calls do with the whole result of each drill, in their order. It holds only a
// few at once, because they are large.
func eachResult(ctx context.Context, h *record.History, entries []record.Entry, do func(i int, r outcome.Result)) error {
	const batch = 32
	for start := 0; start < len(entries); start += batch {
		results, err := h.Results(ctx, entries[start:min(start+batch, len(entries))])
		if err != nil {
			return err
		}
		for i, r := range results {
			do(start+i, r)
		}
	}
	return nil
}
