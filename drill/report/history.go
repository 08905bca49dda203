package report

import (
	"io"
	"path"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/words"
)

// Past holds what is shown of a history.
type Past struct {
	Drills      []outcome.Result // newest first
	Standings   []record.Standing
	Acceptances []record.Acceptance // of these drills, and possibly of others
}

// History writes the standing of each database, then past drills, then why failed
// ones were accepted.
func History(w io.Writer, past Past, now time.Time, o Options) error {
	p := newPrinter(o)
	var rows [][]cell
	for _, s := range past.Standings {
		rows = append(rows, p.standing(s, now)...)
	}
	p.table(rows)
	if len(past.Drills) == 0 {
		p.line("no recorded drills")
		return p.writeTo(w)
	}
	rows = [][]cell{{{"when", p.bold}, {"database", p.bold}, {"verdict", p.bold}, {"code", p.bold}, {"restore", p.bold}, {"total", p.bold}, {"run", p.bold}, {"backup", nil}}}
	var shown []record.Acceptance
	for _, r := range past.Drills {
		a := acceptanceOf(past.Acceptances, r)
		rows = append(rows, p.past(r, len(a) > 0))
		shown = append(shown, a...)
	}
	p.blank()
	p.table(rows)
	p.acceptances(shown)
	return p.writeTo(w)
}

func (p *printer) past(r outcome.Result, accepted bool) []cell {
	verdict, code, restore := string(r.Verdict), "", ""
	if accepted {
		verdict += ", accepted"
	}
	if !r.Backup.IsLatest() {
		verdict += ", ad hoc"
	}
	if r.Failure != nil {
		code = string(r.Failure.Code)
	}
	if r.Times.Restore > 0 {
		restore = words.Elapsed(r.Times.Restore)
	}
	paint := p.verdictPaint(r.Verdict)
	if r.Gate != nil {
		verdict, paint = pastAnswer(r, verdict), p.decisionPaint(r.Gate.Decision)
	}
	return []cell{
		plain(words.Moment(r.StartedAt)), plain(r.Database),
		{verdict, paint},
		plain(code),
		plain(restore), plain(words.Elapsed(r.Times.Total)), plain(r.RunID), plain(baseName(r.Backup.URI)),
	}
}

func baseName(uri string) string {
	if uri == "" {
		return ""
	}
	return path.Base(uri)
}
