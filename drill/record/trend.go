package record

import (
	"slices"

	"github.com/drillgres/drillgres/drill/outcome"
)

// trendLength is the number of drills in a trend.
const trendLength = 10

// Trend describes how the last drills went.
type Trend struct {
	Drills []Pace  `json:"drills"`                 // oldest first, at most ten
	Median float64 `json:"median_restore_seconds"` // of the passed drills with the profile of the last one; 0: no drill has passed
	Of     int     `json:"median_of"`              // number of drills in the median
	Change float64 `json:"change"`                 // of the last passed drill relative to the median: 0.12 is 12% slower
}

// TrendOf returns the trend of a database's last drills, newest first.
func TrendOf(last []outcome.Result) Trend {
	t := Trend{Drills: []Pace{}}
	for _, r := range slices.Backward(last) {
		t.Drills = append(t.Drills, PaceOf(r))
	}
	newest, found := t.LastPassed()
	if !found {
		return t
	}
	var times []float64
	for _, d := range t.Drills {
		if d.Passed() && d.Profile == newest.Profile {
			times = append(times, d.Restore)
		}
	}
	t.Of, t.Median = len(times), median(times)
	t.Change = newest.Restore/t.Median - 1
	return t
}

// LastPassed returns the last passed drill of the trend, or false if none has
// passed.
func (t Trend) LastPassed() (Pace, bool) {
	for _, d := range slices.Backward(t.Drills) {
		if d.Passed() {
			return d, true
		}
	}
	return Pace{}, false
}

// median returns the median of values, and sorts them. values must not be empty.
func median(values []float64) float64 {
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle]
	}
	return (values[middle-1] + values[middle]) / 2
}
