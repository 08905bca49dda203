package page

import (
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/fleet"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/report"
	"github.com/drillgres/drillgres/drill/words"
)

// databaseView is the section of one database.
type databaseView struct {
	ID, Name string
	State    stateView
	Figures  []figure
	Charts   []chart
	Drills   []drillView
	Days     int
	Rows     []drillRow
	MoreRows int    // drills of these days that are not listed
	Ahead    string // how many drills of a clock that is ahead do not count
}

// figure is a name, a value, and what explains it.
type figure struct{ Label, Value, Note string }

// drillRow is one drill of a list.
type drillRow struct {
	When, Link, Verdict, Class, Code     string
	RPO, Restore, Recovery, Size, Backup string
}

func databaseOf(f fleet.Fleet, d fleet.Database, details Details, at links, l limits) databaseView {
	v := databaseView{ID: anchor(d.Name, ""), Name: d.Name, State: stateOf(d, f.At), Days: f.Days, Figures: figures(f, d), Ahead: report.AheadText(d.Ahead)}
	if l.trends {
		v.Charts = charts(d)
	}
	for _, r := range shown(d, details, l) {
		v.Drills = append(v.Drills, drillOf(r, &d, at, l))
	}
	n := min(len(d.Drills), l.rows)
	v.Rows, v.MoreRows = rowsOf(d, d.Drills[:n], d.Points, at), len(d.Drills)-n
	return v
}

// shown returns the drills of a database that are shown whole.
func shown(d fleet.Database, details Details, l limits) (results []outcome.Result) {
	for i, e := range Wanted(d) {
		if r, ok := details[e.ID]; ok && i < l.details {
			results = append(results, r)
		}
	}
	return results
}

func figures(f fleet.Fleet, d fleet.Database) []figure {
	age := figure{"Last verified backup", report.AgeText(d), "no target"}
	if _, known := d.Age(); known {
		age.Value += " old"
		age.Note = "taken " + words.Moment(d.LastVerified.Snapshot)
	} else if d.IsVerified() {
		age.Note = "verified " + words.Moment(d.LastVerified.Drilled) + "; neither its source nor the dump says when it was taken"
	}
	if d.Targets.Age > 0 {
		age.Note = words.Join("; ", target(d.Targets.Age), noneIf(age.Note, "no target"))
	}
	if limit := d.Targets.Unverified; limit > 0 && d.IsVerified() {
		age.Note = words.Join("; ", noneIf(age.Note, "no target"), "last drilled "+ago(d.LastDrilled, f.At)+", "+target(limit))
	}
	recovery := figure{"Recovery time", report.RecoveryText(d), "no drill has passed"}
	if d.Recovery != nil {
		recovery.Note = "on " + words.Moment(d.Recovery.StartedAt)
		if d.Recovery.Profile == "fast" {
			recovery.Note = "with profile fast, durations are not recovery times"
		}
	}
	if t := d.Targets.Total; t > 0 {
		recovery.Note = words.Join("; ", target(t), recovery.Note)
	}
	list := []figure{age, recovery}
	if total := d.Counts.Total(); total > 0 {
		list = append(list, figure{
			"Passed", fmt.Sprintf("%d of %s", d.Counts.Passed, words.Count(total, "drill")),
			fmt.Sprintf("in %s: %d failed, %d unproved", words.Count(f.Days, "day"), d.Counts.Failed, d.Counts.Unproved),
		})
	}
	return append(list, figure{"Next drill", report.NextText(d, f.At), "by the rhythm of the last drills"})
}

func target(d time.Duration) string { return "target " + words.Span(d) }

func noneIf(text, unwanted string) string {
	if text == unwanted {
		return ""
	}
	return text
}

// rowsOf returns the rows of drills. What neither a summary nor a point has is empty.
func rowsOf(d fleet.Database, entries []record.Entry, known []fleet.Point, at links) (rows []drillRow) {
	points := map[string]fleet.Point{}
	for _, p := range known {
		points[p.RunID] = p
	}
	for _, e := range entries {
		row := drillRow{
			When: words.Moment(e.StartedAt), Link: linkOf(at, e.ID), Verdict: string(e.Verdict), Class: verdictClass(e.Verdict), Code: string(e.Code), Backup: baseName(e.BackupURI),
		}
		if e.Chosen != outcome.ChosenLatest {
			row.Verdict += ", ad hoc"
		}
		if _, accepted := d.Acceptance(e.RunID); accepted {
			row.Verdict += ", accepted"
		}
		if e.Restore > 0 {
			row.Restore = words.Elapsed(e.Restore)
		}
		if p, known := points[e.RunID]; known {
			row.RPO, row.Recovery, row.Size = spanOrNothing(p.RPO), elapsedOrNothing(p.Recovery), sizeOrNothing(p.Size)
		}
		rows = append(rows, row)
	}
	return rows
}

func linkOf(at links, id record.ID) string {
	if at.drill == nil {
		return ""
	}
	return at.drill(id)
}

func spanOrNothing(seconds *float64) string {
	if seconds == nil {
		return ""
	}
	return words.Span(duration(*seconds))
}

func elapsedOrNothing(seconds float64) string {
	if seconds == 0 {
		return ""
	}
	return words.Elapsed(seconds)
}

func sizeOrNothing(bytes int64) string {
	if bytes == 0 {
		return ""
	}
	return words.Size(bytes)
}

func duration(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }

func baseName(uri string) string {
	if uri == "" {
		return ""
	}
	return path.Base(uri)
}

// before returns the drills before one, newest first.
func before(d *fleet.Database, run string) []record.Entry {
	const most = 15
	if d == nil {
		return nil
	}
	i := slices.IndexFunc(d.Drills, func(e record.Entry) bool { return e.RunID == run })
	if i < 0 {
		return nil
	}
	return d.Drills[i+1 : min(len(d.Drills), i+1+most)]
}
