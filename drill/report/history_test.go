package report

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
)

func TestTrend(t *testing.T) {
	drills := func(seconds ...float64) (last []outcome.Result) { // oldest first; 0: failed, negative: with profile fast
		for _, s := range seconds {
			r := outcome.Result{Verdict: outcome.VerdictPassed, Times: outcome.Times{Restore: max(s, -s)}}
			if s == 0 {
				r.Verdict = outcome.VerdictFailed
			}
			if s < 0 {
				r.Postgres.Profile = "fast"
			}
			last = append([]outcome.Result{r}, last...)
		}
		return last
	}
	for name, c := range map[string]struct {
		last         []outcome.Result
		marks, words string
	}{
		"none":             {nil, "", ""},
		"one":              {drills(7), "✓7.0s", ""},
		"two":              {drills(7, 14), "✓7.0s ✓14.0s", ""},
		"slower":           {drills(6, 6, 7.5), "✓6.0s ✓6.0s ✓7.5s", "restore 7.5s, 25% slower than the median of the last 3"},
		"faster":           {drills(10, 8, 10, 5), "✓10.0s ✓8.0s ✓10.0s ✓5.0s", "restore 5.0s, 44% faster than the median of the last 4"},
		"steady":           {drills(10, 10, 10.4), "✓10.0s ✓10.0s ✓10.4s", "restore 10.4s, about the median of the last 3"},
		"with a failed":    {drills(6, 0, 6, 7.5, 0), "✓6.0s ✗ ✓6.0s ✓7.5s ✗", "restore 7.5s, 25% slower than the median of the 3 that passed"},
		"all failed":       {drills(0, 0), "✗ ✗", ""},
		"another profile":  {drills(-1, -1, 6, 6, 7.5), "✓1.0s ✓1.0s ✓6.0s ✓6.0s ✓7.5s", "restore 7.5s, 25% slower than the median of the 3 that passed"},
		"ten":              {drills(6, 6, 6, 6, 6, 6, 6, 6, 6, 9), "✓6.0s ✓6.0s ✓6.0s ✓6.0s ✓6.0s ✓6.0s ✓6.0s ✓6.0s ✓6.0s ✓9.0s", "restore 9.0s, 50% slower than the median of the last ten"},
		"without a length": {[]outcome.Result{{Verdict: outcome.VerdictPassed}, {Verdict: outcome.VerdictUnproved}}, "? ✓", ""},
	} {
		trend := record.TrendOf(c.last)
		if got := marks(trend); got != c.marks {
			t.Errorf("%s: %s", name, got)
		}
		if got := comparedRestore(trend); got != c.words {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestCSV reads what it wrote: quotes and line breaks are preserved, and no field
// begins like a formula.
func TestCSV(t *testing.T) {
	r := passed()
	r.Database = "=cmd|'/c calc'!A1"
	r.RunID = "@SUM(1)"
	r.Backup.URI = "-2+3"
	r.Failure = &outcome.FailureReport{Code: "x", Message: "said \"no\", twice\nand \x1b[31mred\x1b[0m\n=1"}
	tabbed := passed()
	tabbed.Backup.URI = "\t=1"
	reason := record.Acceptance{RunID: r.RunID, Database: r.Database, Reason: "+49 30", By: "alice, bob"}
	var out bytes.Buffer
	if err := HistoryCSV(&out, Past{Drills: []outcome.Result{r, tabbed}, Acceptances: []record.Acceptance{reason}}); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatalf("%v: %q", err, rows)
	}
	got := map[string]string{}
	for i, column := range rows[0] {
		got[column] = rows[1][i]
		if strings.IndexAny(rows[1][i], "=+-@\t\r") == 0 || strings.IndexAny(rows[2][i], "=+-@\t\r ") == 0 {
			t.Errorf("%s begins like a formula: %q, %q", column, rows[1][i], rows[2][i])
		}
	}
	for column, want := range map[string]string{
		"database": "'=cmd|'/c calc'!A1", "run_id": "'@SUM(1)", "backup_uri": "'-2+3", "message": "said \"no\", twice\nand red\n=1",
		"accepted_because": "'+49 30", "accepted_by": "alice, bob", "restore_seconds": "8.44", "started_at": noon.Format(time.RFC3339),
	} {
		if got[column] != want {
			t.Errorf("%s: %q, want %q", column, got[column], want)
		}
	}
	out.Reset()
	if err := HistoryCSV(&out, Past{}); err != nil || strings.Count(out.String(), "\n") != 1 {
		t.Errorf("an empty history: %q, %v", out.String(), err)
	}
}
