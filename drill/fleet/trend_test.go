package fleet

import (
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/record"
)

func TestThinned(t *testing.T) {
	start := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct{ drills, n int }{{0, 12}, {1, 12}, {12, 12}, {13, 12}, {14, 13}, {100, 12}, {360, 120}, {10_000, 120}} {
		drills := make([]record.Entry, c.drills) // newest first
		for i := range drills {
			drills[i].StartedAt = start.Add(-time.Duration(i) * time.Hour)
		}
		chosen := thinned(drills, c.n)
		if len(chosen) > c.n || len(chosen) < min(c.drills, c.n/2) {
			t.Errorf("%d of %d drills, at most %d", len(chosen), c.drills, c.n)
		}
		for i := range chosen {
			if i > 0 && !chosen[i-1].StartedAt.Before(chosen[i].StartedAt) {
				t.Errorf("%d of %d: they are not in order", i, c.drills)
			}
			if newest := len(chosen) - 1 - i; newest < c.n/2 && !chosen[i].StartedAt.Equal(drills[newest].StartedAt) {
				t.Errorf("of %d drills, one of the newest is missing", c.drills)
			}
		}
	}
}
