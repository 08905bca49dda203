package page

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/fleet"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/report"
	"github.com/drillgres/drillgres/drill/words"
)

// drillView is one drill, whole.
type drillView struct {
	ID, Database, DatabaseLink, Run, When string
	Word, Class, Sentence                 string
	Failure                               *failureView
	Accepted                              string // why it is the baseline although it failed; empty: it is not
	Answer                                []report.Fact
	Objectives                            []objective
	Backup                                []report.Fact
	Stages                                []stageView
	Tally                                 string
	Checks                                []checkView
	MoreChecks                            int
	Tables                                []tableView
	MoreTables                            int
	NotProved                             []string
	Findings                              []outcome.Finding
	Release                               []report.Fact
	Environment                           []report.Fact
	Isolation                             []report.Fact
	Left, Unsent                          []string // not removed; not recorded or sent
	History                               []drillRow
}

type failureView struct {
	Lines []string // of its message
	Facts []report.Fact
	Hint  string
	Code  string
}

// objective compares what was measured with what the config allows.
type objective struct {
	Name, Target, Measured, Margin, Result, Class string
}

type checkView struct{ Status, Class, Stage, Name, Expect, Saw string }

type tableView struct{ Name, Rows, Size string }

// stageView is a stage, with its bar in the waterfall: a place and a width of 100 units.
type stageView struct {
	Stage, Status, Class, Time, Detail string
	X, Width                           string
}

// drillOf returns a drill; d may be nil.
func drillOf(r outcome.Result, d *fleet.Database, at links, l limits) drillView {
	inWords := report.Describe(r)
	v := drillView{
		ID: anchor(r.Database, r.RunID), Database: r.Database, Run: r.RunID, When: words.Moment(r.StartedAt),
		Word: inWords.Word, Class: verdictClass(r.Verdict), Sentence: inWords.Sentence, Answer: inWords.Answer, Release: inWords.Release,
		Tally: inWords.Tally, Findings: slices.Clone(r.Findings), Left: slices.Clone(r.Leftovers), Unsent: slices.Clone(r.TellErrors),
		Objectives: objectives(r, d), Backup: backupFacts(r), Stages: waterfall(r, inWords.Stages), NotProved: notProved(r), Environment: environment(r), Isolation: isolation(r),
	}
	if at.database != nil && d != nil {
		v.DatabaseLink = at.database(r.Database)
	}
	if d != nil {
		v.Accepted = accepted(*d, r.RunID)
	}
	if r.Failure != nil {
		v.Failure = &failureView{Lines: lines(r.Failure.Message), Facts: inWords.Failure, Hint: r.Failure.Hint, Code: string(r.Failure.Code)}
	}
	v.Checks, v.MoreChecks = checks(r.Checks, l.checks)
	v.Tables, v.MoreTables = tables(r.Tables)
	return v
}

// rowsBefore returns the drills before one.
func rowsBefore(d *fleet.Database, run string, earlier Details, at links) []drillRow {
	if d == nil {
		return nil
	}
	entries := before(d, run)
	var known []fleet.Point
	for _, e := range entries {
		if r, ok := earlier[e.ID]; ok {
			known = append(known, fleet.PointOf(r))
		}
	}
	return rowsOf(*d, entries, known, at)
}

func accepted(d fleet.Database, run string) string {
	a, ok := d.Acceptance(run)
	if !ok {
		return ""
	}
	return words.Join(" by ", a.Reason+", on "+words.Moment(a.At), a.By)
}

// maxLines is the number of lines of a message that are shown.
const maxLines = 30

func lines(text string) []string {
	all := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if rest := len(all) - maxLines; rest > 1 {
		all = append(all[:maxLines], fmt.Sprintf("… and %d more lines (the JSON has all)", rest))
	}
	return all
}

// objectives compares the drill with the targets that the config has today.
func objectives(r outcome.Result, d *fleet.Database) (list []objective) {
	var t fleet.Targets
	if d != nil {
		t = d.Targets
	}
	for _, o := range fleet.ObjectivesOf(r, t) {
		list = append(list, compared(o))
	}
	return list
}

// objectiveNames are the names of fleet's objectives for people.
var objectiveNames = map[string]string{
	"rpo": "Data loss (RPO) when the drill began", "recovery": "Recovery time (RTO)", "restore": "of which restore", "total": "Whole drill",
}

func elapsed(d time.Duration) string { return words.Elapsed(d.Seconds()) }

func compared(o fleet.Objective) objective {
	v, text := objective{Name: objectiveNames[o.Name], Target: "none", Measured: "not measured"}, elapsed
	if o.Name == "rpo" {
		text = words.Span
	}
	if o.Target > 0 {
		v.Target = words.Span(o.Target)
	}
	if o.Measured > 0 {
		v.Measured = text(o.Measured)
	}
	switch {
	case !o.Judged:
	case o.Met():
		v.Margin, v.Result, v.Class = text(o.Target-o.Measured)+" to spare", "met", "good"
	default:
		v.Margin, v.Result, v.Class = text(o.Measured-o.Target)+" over", "missed", "bad"
	}
	return v
}

// facts collects facts whose text is not empty.
type facts []report.Fact

func (f *facts) add(label, text string) {
	if text != "" {
		*f = append(*f, report.Fact{Label: label, Text: text})
	}
}

func backupFacts(r outcome.Result) (f facts) {
	b := r.Backup
	if b.URI == "" {
		return nil
	}
	f.add("Object", b.URI)
	f.add("Version", b.VersionID)
	f.add("SHA-256", b.SHA256)
	f.add("Size", words.Size(b.SizeBytes)+" ("+words.Number(b.SizeBytes)+" bytes)")
	f.add("Taken", taken(b))
	f.add("Written", moment(b.ModifiedAt))
	f.add("Format", words.Join(" in ", append([]string{b.Format}, backwards(b.Layers)...)...))
	f.add("Key", b.Key)
	f.add("Member", b.Member)
	f.add("Backup tool", b.Producer)
	f.add("Made by", madeBy(b))
	f.add("Database in it", b.Database)
	for _, p := range b.Parts {
		f.add("Part: "+p.Role, words.Join(", ", p.URI, words.Size(p.SizeBytes), p.SHA256))
	}
	chosen := "the newest at the source"
	if !b.IsLatest() {
		chosen = "named by hand: the real RPO, the baseline and the gate do not change"
	}
	f.add("Chosen", chosen)
	return f
}

func madeBy(b outcome.Backup) string {
	dump, server := "", ""
	if b.PgDumpVersion != "" {
		dump = "pg_dump " + b.PgDumpVersion
	}
	if b.ServerVersion != "" {
		server = "from Postgres " + b.ServerVersion
	}
	return words.Join(" ", dump, server)
}

// taken returns when a backup was taken, and how exactly that is known.
func taken(b outcome.Backup) string {
	if b.TakenAt.IsZero() {
		return "unknown: the dump does not say it"
	}
	if len(b.TakenBetween) == 2 && !b.TakenBetween[0].Equal(b.TakenBetween[1]) {
		return "about " + words.Moment(b.TakenAt) + ", between " + words.Moment(b.TakenBetween[0]) + " and " + words.Moment(b.TakenBetween[1])
	}
	return words.Moment(b.TakenAt)
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return words.Moment(t)
}

func backwards(layers []string) []string {
	names := slices.Clone(layers)
	slices.Reverse(names)
	return names
}

// waterfall returns the stages, each beginning where the one before ended.
func waterfall(r outcome.Result, rows []report.StageLine) (list []stageView) {
	total := 0.0
	for _, s := range r.Stages {
		total += s.Seconds
	}
	at := 0.0
	for i, s := range r.Stages {
		v := stageView{Stage: rows[i].Stage, Status: rows[i].Status, Time: rows[i].Time, Detail: rows[i].Detail}
		switch s.Status {
		case outcome.StagePassed:
			v.Class = "good"
		case outcome.StageFailed:
			v.Class = "bad"
		}
		if v.Class != "" && total > 0 {
			const thinnest = 0.6 // of 100, so that a short stage can be seen
			width := max(100*s.Seconds/total, thinnest)
			v.X, v.Width = decimal(min(100*at/total, 100-width)), decimal(width)
		}
		at += s.Seconds
		list = append(list, v)
	}
	return list
}

var checkOrder = []outcome.CheckStatus{outcome.CheckFailed, outcome.CheckUnknown, outcome.CheckPassed, outcome.CheckNotConfigured}

var checkClasses = map[outcome.CheckStatus]string{outcome.CheckFailed: "bad", outcome.CheckUnknown: "warn", outcome.CheckPassed: "good"}

// checks returns the checks, what is wrong first, and the number of those that are not
// listed.
func checks(all []outcome.Check, most int) (list []checkView, more int) {
	for _, status := range checkOrder {
		for _, c := range all {
			if c.Status == status && len(list) < most {
				list = append(list, checkView{strings.ReplaceAll(string(c.Status), "_", " "), checkClasses[c.Status], string(c.Stage), c.Name, c.Expect, c.Saw})
			}
		}
	}
	return list, len(all) - len(list)
}

// tables returns the largest tables, and the number of the others.
func tables(all []outcome.Table) (list []tableView, more int) {
	const most = 12
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b outcome.Table) int { return int(min(max(b.Bytes-a.Bytes, -1), 1)) })
	for _, t := range sorted[:min(len(sorted), most)] {
		list = append(list, tableView{t.Name, words.Number(max(t.Rows, 0)), words.Size(t.Bytes)})
	}
	return list, len(sorted) - len(list)
}

// notProved lists what the drill does not say.
func notProved(r outcome.Result) (list []string) {
	for _, s := range r.Stages {
		if s.Status == outcome.StageSkipped && s.Stage != outcome.Migrate { // a release that is not rehearsed takes nothing away
			list = append(list, "stage "+string(s.Stage)+": skipped, "+s.Reason)
		}
		if s.Status == outcome.StageNotReached {
			list = append(list, "stage "+string(s.Stage)+": not reached")
		}
	}
	list = append(list, r.Integrity.NotProved...)
	if n := len(r.Integrity.Unreached); n > 0 {
		list = append(list, words.Count(n, "relation")+" not reached within the time for integrity: "+words.List(r.Integrity.Unreached, 5))
	}
	for _, c := range r.Checks {
		if c.Status == outcome.CheckUnknown {
			list = append(list, words.Join(": ", "check "+c.Name, c.Saw))
		}
	}
	return list
}

func environment(r outcome.Result) (f facts) {
	p := r.Postgres
	f.add("Run", r.RunID+", exit code "+fmt.Sprint(r.ExitCode))
	f.add("Started", moment(r.StartedAt))
	f.add("Ended", moment(r.FinishedAt))
	f.add("drillgres", r.Drillgres)
	f.add("Image", words.Join(" ", p.Image, p.Digest))
	f.add("Made from", p.MadeFrom)
	f.add("Packages", pairs(p.Packages))
	f.add("Postgres", p.Version)
	f.add("Profile", p.Profile)
	f.add("Extensions", pairs(p.Extensions))
	f.add("Preloaded", p.Preloaded)
	f.add("Integrity", r.Integrity.Level)
	f.add("Schema", r.Schema.Fingerprint)
	if r.Baseline != nil {
		f.add("Compared with", words.Join(", accepted: ", "run "+r.Baseline.RunID, r.Baseline.Accepted))
	}
	return f
}

func pairs(m map[string]string) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		list = append(list, words.Join(" ", name, m[name]))
	}
	return words.List(list, 20)
}

// isolation returns what shows that the sandbox had no network. It is empty if no sandbox
// was started.
func isolation(r outcome.Result) (f facts) {
	i := r.Isolation
	if i.Network == "" {
		return nil
	}
	f.add("Network", i.Network)
	f.add("Interfaces", strings.Join(i.Interfaces, ", "))
	f.add("Routes", fmt.Sprint(i.Routes))
	f.add("Published ports", fmt.Sprint(i.PublishedPorts))
	f.add("Outbound connection", "refused: "+i.Outbound)
	if len(r.Leftovers) == 0 {
		f.add("Left behind", "nothing was reported")
	}
	return f
}
