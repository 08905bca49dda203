package metrics_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/fleet"
	"github.com/drillgres/drillgres/drill/metrics"
	"github.com/drillgres/drillgres/fixtures/past"
)

// fraction is what processors may compute differently.
var fraction = regexp.MustCompile(`(?m)(\.\d\d)\d+$`)

// TestMetricsOfThreeMonths compares the textfile of ninety days of several databases, which
// pass, fail, are late or were never drilled, with the one that is known to be right.
func TestMetricsOfThreeMonths(t *testing.T) {
	morning := time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)
	textfile := filepath.Join(t.TempDir(), "drillgres.prom")
	targets := map[string]fleet.Targets{ // those of past.Config
		"shop": {Age: 26 * time.Hour, Restore: 30 * time.Minute, Total: 45 * time.Minute}, "billing": {Age: 26 * time.Hour, Total: 2 * time.Hour}, "crm": {Age: 26 * time.Hour},
		"ledger": {Age: 50 * time.Hour, Restore: 10 * time.Minute}, "media": {Age: 8 * 24 * time.Hour, Total: time.Hour}, "search": {Age: 26 * time.Hour}, "wiki": {},
	}
	states, err := metrics.Read(t.Context(), history(t, past.Results(morning)...), targets, "1.2.3", morning)
	if err != nil {
		t.Fatal(err)
	}
	if err := metrics.Textfile(textfile, states); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(textfile)
	if err != nil {
		t.Fatal(err)
	}
	got = fraction.ReplaceAll(got, []byte("$1"))
	golden := filepath.Join("testdata", "three-months.prom")
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
