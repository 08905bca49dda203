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

// History writes, per database, the time since the snapshot of its last
// verified backup, then past drills, newest first as they are given.
func History(w io.Writer, results []outcome.Result, standings []Standing, now time.Time, o Options) error {
	p := newPrinter(o)
	var rows [][]cell
	for _, s := range standings {
		rows = append(rows, p.standing(s, now))
	}
	p.table(rows)
	if len(results) == 0 {
		p.line("no drills on record")
		return p.writeTo(w)
	}
	rows = [][]cell{{{"when", p.bold}, {"database", p.bold}, {"verdict", p.bold}, {"code", p.bold}, {"restore", p.bold}, {"total", p.bold}, {"backup", nil}}}
	for _, r := range results {
		rows = append(rows, p.past(r))
	}
	p.blank()
	p.table(rows)
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

func (p *printer) past(r outcome.Result) []cell {
	code, restore := "", ""
	if r.Failure != nil {
		code = string(r.Failure.Code)
	}
	if r.Times.Restore > 0 {
		restore = took(r.Times.Restore)
	}
	return []cell{
		plain(moment(r.StartedAt)), plain(r.Database),
		{string(r.Verdict), p.verdictPaint(r.Verdict)},
		plain(code),
		plain(restore), plain(took(r.Times.Total)), plain(baseName(r.Backup.URI)),
	}
}

func baseName(uri string) string {
	if uri == "" {
		return ""
	}
	return path.Base(uri)
}
