package report

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/words"
)

// standing returns the rows with the real RPO, the real RTO and the trend. A
// database that was never verified has an unknown RPO, not zero.
func (p *printer) standing(s record.Standing, now time.Time) [][]cell {
	rpo := cell{"last verified backup is " + words.Span(now.Sub(s.Snapshot)) + " old" + ", taken " + words.Moment(s.Snapshot) + prefixed(", ", baseName(s.Backup)), nil}
	switch {
	case !s.IsVerified():
		rpo = cell{"unknown: never verified", p.red}
	case s.Snapshot.IsZero():
		rpo = cell{"unknown: verified, but the backup has no known time" + prefixed(", ", baseName(s.Backup)), p.yellow}
	}
	rows := [][]cell{{{clean(s.Database), p.bold}, {text: "real RPO"}, rpo}}
	add := func(what, text string) {
		if text != "" {
			rows = append(rows, []cell{{}, {text: what}, {text: text}})
		}
	}
	add("real RTO", recovery(s.Recovery))
	add(fmt.Sprintf("last %d", len(s.Trend.Drills)), marks(s.Trend))
	add("", comparedRestore(s.Trend))
	add("", AheadText(s.Ahead))
	return rows
}

// prefixed returns text after a prefix, or nothing if text is empty.
func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

// recovery returns how long the restore of the last passed drill took.
func recovery(r *record.Pace) string {
	switch {
	case r == nil:
		return "unknown: no drill has passed"
	case r.Profile == "fast":
		return "unknown: restore " + words.Elapsed(r.Restore) + " on " + words.Moment(r.StartedAt) + ", but with profile fast these are not recovery times"
	case r.Recovery == 0:
		return "restore " + words.Elapsed(r.Restore) + ", on " + words.Moment(r.StartedAt)
	}
	return "restore " + words.Elapsed(r.Restore) + ", recovery " + words.Elapsed(r.Recovery) + ", on " + words.Moment(r.StartedAt)
}

// marks returns a mark for each drill, and how long its restore took if it passed.
func marks(t record.Trend) string {
	var list []string
	for _, d := range t.Drills {
		switch {
		case d.Passed():
			list = append(list, "✓"+words.Elapsed(d.Restore))
		case d.Verdict == outcome.VerdictPassed:
			list = append(list, "✓")
		case d.Verdict == outcome.VerdictFailed:
			list = append(list, "✗")
		default:
			list = append(list, "?")
		}
	}
	return strings.Join(list, " ")
}

// steadyChange is the change that is not worth reporting: two restores of the same
// backup differ by as much.
const steadyChange = 0.05

// comparedRestore compares the last restore with the others. It returns an empty
// text if there are fewer than three.
func comparedRestore(t record.Trend) string {
	const few = 3
	newest, found := t.LastPassed()
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
	case math.Abs(t.Change) < steadyChange:
		return fmt.Sprintf("restore %s, about %s", words.Elapsed(newest.Restore), than)
	case t.Change > 0:
		return fmt.Sprintf("restore %s, %.0f%% slower than %s", words.Elapsed(newest.Restore), share, than)
	default:
		return fmt.Sprintf("restore %s, %.0f%% faster than %s", words.Elapsed(newest.Restore), share, than)
	}
}
