package report

import (
	"fmt"
	"io"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Checked is what a look at a source, without a restore, says of the newest
// backup there.
type Checked struct {
	Database string                 `json:"database"`
	Backup   outcome.Backup         `json:"backup"`  // what the listing tells of it
	Matched  int                    `json:"matched"` // how many backups the source holds
	Failure  *outcome.FailureReport `json:"failure"` // null when there is a recent, plausible one
	Findings []outcome.Finding      `json:"findings"`
}

// Check writes a line per database: whether there is a recent, plausible
// backup. It says so that nothing was restored.
func Check(w io.Writer, checked []Checked, now time.Time, o Options) error {
	p := newPrinter(o)
	var rows [][]cell
	for _, c := range checked {
		status, text := cell{"ok", p.green}, found(c, now)
		if c.Failure != nil {
			status = cell{clean(string(c.Failure.Code)), p.verdictPaint(c.Failure.Class.Verdict())}
			text = c.Failure.Message
		}
		rows = append(rows, []cell{{clean(c.Database), p.bold}, status, {text: text}})
	}
	p.table(rows)
	for _, c := range checked {
		if c.Failure != nil && c.Failure.Hint != "" {
			label := "hint:  " + clean(c.Database) + ": "
			p.block(p.yellow("hint:")+"  "+clean(c.Database)+": ", label, c.Failure.Hint)
		}
	}
	var findings []outcome.Finding
	for _, c := range checked {
		findings = append(findings, c.Findings...)
	}
	p.findings(findings)
	p.blank()
	p.line(p.dim("only looked at, not restored: drillgres run proves a backup"))
	return p.writeTo(w)
}

func found(c Checked, now time.Time) string {
	return fmt.Sprintf("%s, %s, written %s ago, newest of %s", c.Backup.URI, size(c.Backup.SizeBytes),
		span(now.Sub(c.Backup.ModifiedAt)), counted(c.Matched, "backup"))
}
