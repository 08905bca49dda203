package report

import (
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/words"
)

// compared names the drill that this one's content was held against. That
// there was none is said by the check.
func compared(r outcome.Result) string {
	b := r.Baseline
	if b == nil {
		return ""
	}
	text := "with run " + b.RunID + " (" + words.Span(r.StartedAt.Sub(b.StartedAt)) + " before)"
	if b.Accepted != "" {
		text += ", which was accepted: " + b.Accepted
	}
	return text
}

// acceptances tell why drills that failed were made baselines.
func (p *printer) acceptances(list []record.Acceptance) {
	if len(list) == 0 {
		return
	}
	p.blank()
	p.line(p.bold("accepted as the new baseline"))
	var rows [][]cell
	for _, a := range list {
		rows = append(rows, []cell{plain("  " + clean(a.RunID)), plain(a.Database), plain(words.Join(" by ", words.Moment(a.At), a.By)), {text: a.Reason}})
	}
	p.table(rows)
}

// acceptanceOf is that of a drill, if there is one.
func acceptanceOf(list []record.Acceptance, r outcome.Result) []record.Acceptance {
	for _, a := range list {
		if a.RunID == r.RunID && a.Database == r.Database {
			return []record.Acceptance{a}
		}
	}
	return nil
}
