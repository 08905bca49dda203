package report

import (
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Acceptance is somebody's word that a drill which failed as drifted holds
// what it should: later drills are compared with it.
type Acceptance struct {
	RunID    string    `json:"run_id"`
	Database string    `json:"database"`
	Reason   string    `json:"reason"`
	By       string    `json:"by"` // empty: not known
	At       time.Time `json:"at"`
}

// compared names the drill that this one's content was held against. That
// there was none is said by the check.
func compared(r outcome.Result) string {
	b := r.Baseline
	if b == nil {
		return ""
	}
	text := "with run " + b.RunID + " (" + span(r.StartedAt.Sub(b.StartedAt)) + " before)"
	if b.Accepted != "" {
		text += ", which was accepted: " + b.Accepted
	}
	return text
}

// acceptances tell why drills that failed were made baselines.
func (p *printer) acceptances(list []Acceptance) {
	if len(list) == 0 {
		return
	}
	p.blank()
	p.line(p.bold("accepted as the new baseline"))
	var rows [][]cell
	for _, a := range list {
		rows = append(rows, []cell{plain("  " + clean(a.RunID)), plain(a.Database), plain(joined(" by ", moment(a.At), a.By)), {text: a.Reason}})
	}
	p.table(rows)
}

// acceptanceOf is that of a drill, if there is one.
func acceptanceOf(list []Acceptance, r outcome.Result) []Acceptance {
	for _, a := range list {
		if a.RunID == r.RunID && a.Database == r.Database {
			return []Acceptance{a}
		}
	}
	return nil
}
