package report

import (
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/words"
)

// baseline describes the drill that the content was compared with. If there was
// none, the check says so.
func baseline(r outcome.Result) string {
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

// acceptances lists why failed drills were accepted as baselines.
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

// acceptanceOf returns the acceptance of a drill, or an empty list.
func acceptanceOf(list []record.Acceptance, r outcome.Result) []record.Acceptance {
	for _, a := range list {
		if a.RunID == r.RunID && a.Database == r.Database {
			return []record.Acceptance{a}
		}
	}
	return nil
}
