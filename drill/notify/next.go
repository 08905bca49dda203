package notify

import (
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
)

// usualInterval is between two drills, or two checks, of which nothing else is known.
const usualInterval = 24 * time.Hour

// longestInterval bounds the interval if the clock was wrong: drills are monthly at least.
const longestInterval = 35 * 24 * time.Hour

// expected returns when the next result is due: after the median of the intervals of the
// last drills of the newest backup, and a quarter of it. Other drills follow no schedule, and
// one of a clock that is ahead does not count.
// An interval of hours may be that of a night in which a drill was repeated.
func expected(entries []record.Entry, kind outcome.Kind, now time.Time) time.Time {
	drills := record.Deciding(entries, now)
	var intervals []time.Duration
	for i := 1; i < min(len(drills), 11) && kind == outcome.KindDrill; i++ {
		if between := drills[i-1].StartedAt.Sub(drills[i].StartedAt); between > 10*time.Minute { // or it was repeated by hand
			intervals = append(intervals, between)
		}
	}
	interval := usualInterval
	if len(intervals) > 0 {
		slices.Sort(intervals)
		interval = min(max(intervals[len(intervals)/2], usualInterval), longestInterval)
	}
	return now.Add(interval + interval/4)
}
