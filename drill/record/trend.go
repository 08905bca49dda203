package record

import (
	"slices"

	"github.com/drillgres/drillgres/drill/outcome"
)

// trendLength is how many drills a trend looks back.
const trendLength = 10

// Trend is how the last drills went.
type Trend struct {
	Drills []Pace  `json:"drills"`                 // oldest first, ten at most
	Median float64 `json:"median_restore_seconds"` // of those that passed with the profile of the last one that did; 0: none has
	Of     int     `json:"median_of"`              // how many those are
	Change float64 `json:"change"`                 // of the last one that passed against the median: 0.12 is 12 % slower
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

// LastPassed returns the last drill of the trend that passed; false: none has.
func (t Trend) LastPassed() (Pace, bool) {
	for _, d := range slices.Backward(t.Drills) {
		if d.Passed() {
			return d, true
		}
	}
	return Pace{}, false
}

// median returns that of at least one value, and sorts them.
func median(values []float64) float64 {
	slices.Sort(values)
	half := len(values) / 2
	if len(values)%2 == 1 {
		return values[half]
	}
	return (values[half-1] + values[half]) / 2
}
