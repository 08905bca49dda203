package report

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
)

var csvColumns = []string{
	"started_at", "finished_at", "database", "verdict", "code", "message", "exit_code", "restore_seconds", "recovery_seconds", "total_seconds",
	"rpo_seconds", "profile", "backup_uri", "backup_taken_at", "run_id", "accepted_because", "accepted_by", "backup_chosen",
}

// HistoryCSV writes past drills as CSV, one row each.
func HistoryCSV(w io.Writer, past Past) error {
	out := csv.NewWriter(w)
	rows := [][]string{csvColumns}
	for _, r := range past.Drills {
		rows = append(rows, csvRow(r, acceptanceOf(past.Acceptances, r)))
	}
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

func csvRow(r outcome.Result, accepted []record.Acceptance) []string {
	var f outcome.FailureReport
	if r.Failure != nil {
		f = *r.Failure
	}
	var a record.Acceptance
	if len(accepted) > 0 {
		a = accepted[0]
	}
	rpo := ""
	if r.RPOSeconds != nil {
		rpo = decimal(*r.RPOSeconds)
	}
	return []string{
		stamp(r.StartedAt), stamp(r.FinishedAt), literal(r.Database), literal(string(r.Verdict)), literal(string(f.Code)), literal(f.Message), strconv.Itoa(r.ExitCode),
		decimal(r.Times.Restore), decimal(r.Times.Recovery), decimal(r.Times.Total), rpo, literal(r.Postgres.Profile),
		literal(r.Backup.URI), stamp(r.Backup.TakenAt), literal(r.RunID), literal(a.Reason), literal(a.By), literal(string(cmp.Or(r.Backup.Chosen, outcome.ChosenLatest))),
	}
}

// literal returns a text that a spreadsheet does not run: one that begins like a
// formula gets an apostrophe before it.
func literal(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i, line := range lines {
		lines[i] = clean(line)
	}
	text = strings.Join(lines, "\n")
	if strings.HasPrefix(text, "\n") || strings.HasPrefix(text, " ") || strings.ContainsAny(text[:min(len(text), 1)], "=+-@") {
		return "'" + text
	}
	return text
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func decimal(seconds float64) string { return strconv.FormatFloat(seconds, 'f', -1, 64) }
