package page

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/fleet"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/report"
	"github.com/drillgres/drillgres/drill/words"
)

// wallView is the table of all databases, and in a file also their sections.
type wallView struct {
	Summary   string
	Days      int
	Rows      []wallRow
	Former    []wallRow
	More      int // databases that are not listed
	Databases []databaseView
	Omitted   []string
}

type wallRow struct {
	Name, Link string
	State      stateView
	Age        measure
	Recovery   measure
	Next       string
	Boxes      *boxesView
}

// stateView is a state: its word, the class of its colour, and the reason.
type stateView struct {
	Word, Class, Why string
}

// measure is a value, its target, and a bar that compares them.
type measure struct {
	Value, Target string
	Bar           *barView
}

// barView is a bar of 100 units: how much of its target a value takes.
type barView struct {
	Width string
	Class string
}

// boxesView are the last drills, oldest first.
type boxesView struct {
	Width int
	Desc  string
	Boxes []box
}

type box struct {
	X     int
	Class string
	Title string
}

func wallOf(f fleet.Fleet, at links, l limits) wallView {
	v := wallView{Summary: report.WallSummary(f), Days: f.Days}
	for _, d := range f.Databases[:min(len(f.Databases), l.databases)] {
		v.Rows = append(v.Rows, rowOf(d, f.At, at, l))
	}
	for _, d := range f.Former[:min(len(f.Former), l.databases)] {
		row := rowOf(d, f.At, at, l)
		row.State.Class, row.Next = "", ""
		v.Former = append(v.Former, row)
	}
	v.More = len(f.Databases) + len(f.Former) - len(v.Rows) - len(v.Former)
	return v
}

func rowOf(d fleet.Database, now time.Time, at links, l limits) wallRow {
	r := wallRow{Name: d.Name, Link: at.database(d.Name), State: stateOf(d, now), Age: ageOf(d), Recovery: recoveryOf(d), Next: report.NextText(d, now)}
	if l.boxes {
		r.Boxes = boxesOf(d)
	}
	return r
}

// classes are the classes of the colours in the style sheet.
var classes = map[fleet.State]string{fleet.Proved: "good", fleet.Failed: "bad", fleet.Never: "bad", fleet.Overdue: "bad"}

func stateOf(d fleet.Database, now time.Time) stateView {
	v := stateView{Word: report.StateWord(d.State), Class: classes[d.State]}
	if v.Class == "" {
		v.Class = "warn"
	}
	last, drilled := d.Last()
	switch {
	case !drilled:
		v.Why = "never drilled"
	case last.Code != "" && d.State != fleet.Proved:
		v.Why = string(last.Code) + ", " + ago(last.StartedAt, now)
	default:
		v.Why = "drilled " + ago(last.StartedAt, now)
	}
	v.Why = words.Join("; ", v.Why, report.AheadText(d.Ahead))
	return v
}

func ago(t, now time.Time) string { return words.Span(now.Sub(t).Truncate(time.Minute)) + " ago" }

func ageOf(d fleet.Database) measure {
	age, known := d.Age()
	return measured(report.AgeText(d), age, d.Targets.Age, known)
}

func recoveryOf(d fleet.Database) measure {
	value := report.RecoveryText(d)
	if d.Recovery == nil || d.Recovery.Profile == "fast" {
		return measured(value, 0, d.Targets.Total, false)
	}
	took := d.Recovery.Recovery
	if took == 0 {
		took = d.Recovery.Restore
	}
	return measured(value, time.Duration(took*float64(time.Second)), d.Targets.Total, true)
}

func measured(text string, value, target time.Duration, known bool) measure {
	m := measure{Value: text}
	if target == 0 {
		return m
	}
	m.Target = "of " + words.Span(target)
	if !known {
		return m
	}
	share := max(float64(value)/float64(target), 0)
	m.Bar = &barView{Width: decimal(100 * min(share, 1)), Class: "good"}
	if share > 1 {
		m.Bar.Class = "bad"
	}
	return m
}

// boxStep is the distance of two boxes.
const boxStep = 7

func boxesOf(d fleet.Database) *boxesView {
	if len(d.Recent) == 0 {
		return nil
	}
	v := &boxesView{Width: boxStep * 30}
	c := fleet.Count(d.Recent)
	v.Desc = fmt.Sprintf("last %s: %d passed, %d failed, %d unproved; the newest is on the right", words.Count(len(d.Recent), "drill"), c.Passed, c.Failed, c.Unproved)
	for i, e := range d.Recent {
		b := box{X: v.Width - boxStep*(i+1), Class: verdictClass(e.Verdict)}
		if e.Verdict != outcome.VerdictPassed {
			b.Title = words.Moment(e.StartedAt) + ", " + string(e.Verdict) + ": " + string(e.Code)
		}
		v.Boxes = append(v.Boxes, b)
	}
	return v
}

func verdictClass(v outcome.Verdict) string {
	switch v {
	case outcome.VerdictPassed:
		return "good"
	case outcome.VerdictFailed:
		return "bad"
	default:
		return "warn"
	}
}

// anchor returns the id of a section: that of a database, or of one of its drills.
func anchor(database, run string) string {
	if run == "" {
		return "db-" + url.PathEscape(database)
	}
	return "drill-" + url.PathEscape(database) + "-" + url.PathEscape(run)
}

// decimal formats a length of a drawing.
func decimal(x float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(x, 'f', 1, 64), ".0")
}
