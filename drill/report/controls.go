package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/words"
)

// Matrix says for each control and each database whether drills passed as often as promised.
type Matrix struct {
	SchemaVersion int          `json:"schema_version"`
	Since         time.Time    `json:"since"`
	Until         time.Time    `json:"until"`
	Controls      []ControlRow `json:"controls"`
}

// ControlRow is one control for one database.
type ControlRow struct {
	Control  string  `json:"control"`
	Database string  `json:"database"`
	Former   bool    `json:"former"`        // it is not in the config any more; its row ends with its last drill
	Every    float64 `json:"every_seconds"` // 0: nothing is promised
	record.Frequency
}

// MatrixOf returns the matrix of a config from the entries of a history.
func MatrixOf(cfg *config.Config, entries []record.Entry, since, now time.Time) Matrix {
	m := Matrix{SchemaVersion: outcome.SchemaVersion, Since: since.UTC(), Until: now.UTC(), Controls: []ControlRow{}}
	of := map[string][]record.Entry{}
	for _, e := range entries {
		of[e.Database] = append(of[e.Database], e)
	}
	former := formerIn(cfg, of, since, now)
	for _, c := range cfg.Evidence.Controls {
		every := time.Duration(c.Every)
		for _, name := range cfg.Names() {
			m.Controls = append(m.Controls, ControlRow{c.Control, name, false, every.Seconds(), record.FrequencyOf(of[name], every, since, now)})
		}
		for _, name := range slices.Sorted(maps.Keys(former)) {
			m.Controls = append(m.Controls, ControlRow{c.Control, name, true, every.Seconds(), record.FrequencyOf(of[name], every, since, former[name])})
		}
	}
	return m
}

// formerIn returns the databases that left the config and have drills in the period, with the
// end of the last one.
func formerIn(cfg *config.Config, of map[string][]record.Entry, since, now time.Time) map[string]time.Time {
	last := map[string]time.Time{}
	for name, entries := range of {
		if slices.Contains(cfg.Names(), name) {
			continue
		}
		for _, e := range entries {
			if e.Kind == outcome.KindDrill && !e.FinishedAt.Before(since) && !e.FinishedAt.After(now) && e.FinishedAt.After(last[name]) {
				last[name] = e.FinishedAt
			}
		}
	}
	return last
}

var controlColumns = []string{"control", "database", "status", "promised", "drills", "last drill", "last verified", "longest gap", "gaps"}

// Controls writes the matrix as text.
func Controls(w io.Writer, m Matrix, o Options) error {
	p := newPrinter(o)
	p.line(controlPeriod(m))
	p.blank()
	var rows [][]cell
	var head []cell
	for _, name := range controlColumns {
		head = append(head, cell{name, p.bold})
	}
	rows = append(rows, head)
	for _, r := range m.Controls {
		var row []cell
		for i, text := range r.columns(m.Until) {
			c := plain(text)
			if i == 2 {
				c.paint = p.promisePaint(r.Status)
			}
			row = append(row, c)
		}
		rows = append(rows, row)
	}
	if p.table(rows); len(m.Controls) == 0 {
		p.line("no controls: name them in evidence.controls")
	}
	return p.writeTo(w)
}

// ControlsMarkdown writes the matrix as GitHub's Markdown.
func ControlsMarkdown(w io.Writer, m Matrix) error {
	var p page
	p.paragraph(prose(controlPeriod(m)))
	var rows [][]string
	for _, r := range m.Controls {
		var row []string
		for _, text := range r.columns(m.Until) {
			row = append(row, prose(text))
		}
		rows = append(rows, row)
	}
	p.table(controlColumns, ":--- :--- :--- :--- ---: :--- :--- ---: :---", rows)
	return p.writeTo(w, 0)
}

func controlPeriod(m Matrix) string {
	return fmt.Sprintf("controls from %s to %s", m.Since.Format(time.DateOnly), words.Moment(m.Until))
}

func (p *printer) promisePaint(s record.PromiseStatus) func(string) string {
	switch s {
	case record.PromiseKept:
		return p.green
	case record.PromiseGaps:
		return p.yellow
	case record.PromiseOverdue, record.PromiseNever:
		return p.red
	default:
		return nil
	}
}

// columns returns the row as text.
func (r ControlRow) columns(now time.Time) []string {
	promised, longest, database := "", "", r.Database
	if r.Former {
		database += " (former)"
	}
	if r.Every > 0 {
		promised = "every " + words.Span(time.Duration(r.Every)*time.Second)
	}
	if r.Longest > 0 {
		longest = words.Span(time.Duration(r.Longest) * time.Second)
	}
	return []string{
		r.Control, database, string(r.Status), promised, r.drills(), pastDrill(r.Last, true), pastDrill(r.LastPassed, false), longest, gaps(r.Gaps, now),
	}
}

// drills returns how many drills there were, and how many of them did not pass.
func (r ControlRow) drills() string {
	text := words.Number(r.Drills)
	if r.Failed+r.Unproved == 0 {
		return text
	}
	return fmt.Sprintf("%s (%d failed, %d unproved)", text, r.Failed, r.Unproved)
}

func pastDrill(past *record.Past, verdict bool) string {
	if past == nil {
		return "none"
	}
	text := past.FinishedAt.UTC().Format(time.DateOnly)
	if !verdict {
		return text
	}
	if text += " " + string(past.Verdict); past.Code != "" {
		text += " (" + string(past.Code) + ")"
	}
	return text
}

// gaps returns the last gaps, the newest first.
func gaps(all []record.Gap, now time.Time) string {
	const most = 3
	var texts []string
	for i := len(all) - 1; i >= 0; i-- {
		to := all[i].To.UTC().Format(time.DateOnly)
		if all[i].To.Equal(now) {
			to = "now"
		}
		texts = append(texts, all[i].From.UTC().Format(time.DateOnly)+" to "+to)
	}
	return words.List(texts, most)
}
