package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Standing is where a database stands: how old its newest verified backup is,
// how long the last drill that passed took, and how the last ten went.
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

// Trend is how the last drills went.
type Trend struct {
	Drills []Pace  `json:"drills"`                 // oldest first, ten at most
	Median float64 `json:"median_restore_seconds"` // of those that passed with the profile of the last one that did; 0: none has
	Of     int     `json:"median_of"`              // how many those are
	Change float64 `json:"change"`                 // of the last one that passed against the median: 0.12 is 12 % slower
}

// TrendOf is the trend of a database's last drills, newest first.
func TrendOf(last []outcome.Result) Trend {
	t := Trend{Drills: []Pace{}}
	for _, r := range slices.Backward(last) {
		t.Drills = append(t.Drills, PaceOf(r))
	}
	newest, found := t.lastPassed()
	if !found {
		return t
	}
	var times []float64
	for _, d := range t.Drills {
		if d.passed() && d.Profile == newest.Profile {
			times = append(times, d.Restore)
		}
	}
	t.Of, t.Median = len(times), median(times)
	t.Change = newest.Restore/t.Median - 1
	return t
}

// PaceOf is the pace of a drill.
func PaceOf(r outcome.Result) Pace {
	return Pace{r.RunID, r.StartedAt, r.Verdict, r.Postgres.Profile, r.Times.Restore, r.Times.Recovery}
}

func (d Pace) passed() bool { return d.Verdict == outcome.VerdictPassed && d.Restore > 0 }

func (t Trend) lastPassed() (Pace, bool) {
	for _, d := range slices.Backward(t.Drills) {
		if d.passed() {
			return d, true
		}
	}
	return Pace{}, false
}

// median is that of at least one value, which it sorts.
func median(values []float64) float64 {
	slices.Sort(values)
	half := len(values) / 2
	if len(values)%2 == 1 {
		return values[half]
	}
	return (values[half-1] + values[half]) / 2
}

// standing is the real RPO, the real RTO and the trend. Never verified is
// unknown, which is not zero.
func (p *printer) standing(s Standing, now time.Time) [][]cell {
	rpo := cell{"last verified backup is " + span(now.Sub(s.Snapshot)) + " old" + ", taken " + moment(s.Snapshot) + after(", ", baseName(s.Backup)), nil}
	if s.Snapshot.IsZero() {
		rpo = cell{"unknown: never verified", p.red}
	}
	rows := [][]cell{{{clean(s.Database), p.bold}, {text: "real RPO"}, rpo}}
	add := func(what, text string) {
		if text != "" {
			rows = append(rows, []cell{{}, {text: what}, {text: text}})
		}
	}
	add("real RTO", recovery(s.Recovery))
	add(fmt.Sprintf("last %d", len(s.Trend.Drills)), s.Trend.marks())
	add("", s.Trend.words())
	return rows
}

func after(separator, text string) string {
	if text == "" {
		return ""
	}
	return separator + text
}

// recovery is how long the last drill that passed took.
func recovery(r *Pace) string {
	switch {
	case r == nil:
		return "unknown: no drill has passed"
	case r.Profile == "fast":
		return "unknown: restore " + took(r.Restore) + " on " + moment(r.StartedAt) + ", but with profile fast these are no recovery times"
	case r.Recovery == 0:
		return "restore " + took(r.Restore) + ", on " + moment(r.StartedAt)
	}
	return "restore " + took(r.Restore) + ", recovery " + took(r.Recovery) + ", on " + moment(r.StartedAt)
}

// marks is a mark for each drill, and how long its restore took where it passed.
func (t Trend) marks() string {
	var marks []string
	for _, d := range t.Drills {
		switch {
		case d.passed():
			marks = append(marks, "✓"+took(d.Restore))
		case d.Verdict == outcome.VerdictPassed:
			marks = append(marks, "✓")
		case d.Verdict == outcome.VerdictFailed:
			marks = append(marks, "✗")
		default:
			marks = append(marks, "?")
		}
	}
	return strings.Join(marks, " ")
}

// steady is the change that is no news: two restores of the same backup differ
// by as much.
const steady = 0.05

// words says how the last restore compares. Of fewer than three there is nothing to say.
func (t Trend) words() string {
	const few = 3
	newest, found := t.lastPassed()
	if !found || t.Of < few {
		return ""
	}
	than := fmt.Sprintf("the median of the %d that passed", t.Of)
	if t.Of == len(t.Drills) {
		than = fmt.Sprintf("the median of the last %d", t.Of)
	}
	if t.Of == 10 {
		than = "the median of the last ten"
	}
	share := math.Round(math.Abs(t.Change) * 100)
	switch {
	case math.Abs(t.Change) < steady:
		return fmt.Sprintf("restore %s, about %s", took(newest.Restore), than)
	case t.Change > 0:
		return fmt.Sprintf("restore %s, %.0f %% slower than %s", took(newest.Restore), share, than)
	default:
		return fmt.Sprintf("restore %s, %.0f %% faster than %s", took(newest.Restore), share, than)
	}
}
