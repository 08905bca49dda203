package report

import (
	"io"
	"path"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Standing is how long ago a database's backup was last proved.
type Standing struct {
	Database string    `json:"database"`
	Snapshot time.Time `json:"snapshot,omitzero"` // of the newest verified backup; zero: never verified
	Backup   string    `json:"backup"`            // its URI
}

// Past is what a history shows.
type Past struct {
	Drills      []outcome.Result // newest first
	Standings   []Standing
	Acceptances []Acceptance // of these drills, and maybe of others
}

// History writes, per database, the time since the snapshot of its last
// verified backup, then past drills, then why some that failed were accepted.
func History(w io.Writer, past Past, now time.Time, o Options) error {
	p := newPrinter(o)
	var rows [][]cell
	for _, s := range past.Standings {
		rows = append(rows, p.standing(s, now))
	}
	p.table(rows)
	if len(past.Drills) == 0 {
		p.line("no drills on record")
		return p.writeTo(w)
	}
	rows = [][]cell{{{"when", p.bold}, {"database", p.bold}, {"verdict", p.bold}, {"code", p.bold}, {"restore", p.bold}, {"total", p.bold}, {"run", p.bold}, {"backup", nil}}}
	var shown []Acceptance
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

// standing is the real RPO. Never verified is unknown, which is not zero.
func (p *printer) standing(s Standing, now time.Time) []cell {
	name := cell{clean(s.Database), p.bold}
	if s.Snapshot.IsZero() {
		return []cell{name, {"never verified", p.red}, {text: "real RPO unknown"}}
	}
	return []cell{name, {"last verified backup is " + span(now.Sub(s.Snapshot)) + " old", nil}, {text: joined(", ", "taken "+moment(s.Snapshot), baseName(s.Backup))}}
}

func (p *printer) past(r outcome.Result, accepted bool) []cell {
	verdict, code, restore := string(r.Verdict), "", ""
	if accepted {
		verdict += ", accepted"
	}
	if r.Failure != nil {
		code = string(r.Failure.Code)
	}
	if r.Times.Restore > 0 {
		restore = took(r.Times.Restore)
	}
	return []cell{
		plain(moment(r.StartedAt)), plain(r.Database),
		{verdict, p.verdictPaint(r.Verdict)},
		plain(code),
		plain(restore), plain(took(r.Times.Total)), plain(r.RunID), plain(baseName(r.Backup.URI)),
	}
}

func baseName(uri string) string {
	if uri == "" {
		return ""
	}
	return path.Base(uri)
}
