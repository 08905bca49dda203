package fleet

import (
	"testing"
	"time"

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
