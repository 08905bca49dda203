package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/wiring"
)

// annotations returns the lines that a step of a workflow writes for a result.
func annotations(t *testing.T, text string, r outcome.Result) string {
	t.Helper()
	cfg, err := wiring.ConfigReader(func(string) (string, bool) { return "", false }).Parse("drillgres.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	(&step{out: &out}).annotate(cfg, r)
	return out.String()
}

const annotated = `version: 1
databases:
  shop:
    backup:
      from: ./backups
    postgres:
      version: "15"
    verify:
      tables:
        public.orders: {min_rows: 1}
      queries:
        - {name: alive, sql: select 1, expect: value == 2}
        - {name: public.orders, sql: select 1, expect: value == 2}
        - {name: ready, sql: select 1, expect: value == 3}
    app:
      image: shop
      port: 8080
      smoke:
        - {name: alive, http: {get: /}}
        - {name: ready, http: {get: /}}
`

// TestChecksAreAnnotatedAtTheirLine includes checks that have the same name.
func TestChecksAreAnnotatedAtTheirLine(t *testing.T) {
	shop := []any{"databases", "shop"}
	var r outcome.Result
	r.Database = "shop"
	for _, c := range []struct {
		name, kind string
		keys       []any
	}{
		{"alive", "query", []any{"verify", "queries", 0}},
		{"ready", "query", []any{"verify", "queries", 2}},
		{"public.orders", "query", []any{"verify", "queries", 1}},
		{"public.orders", "table", []any{"verify", "tables", "public.orders"}},
		{"alive", "http", []any{"app", "smoke", 0}},
		{"ready", "http", []any{"app", "smoke", 1}},
		{"ready", "builtin", []any{"app", "ready"}},
		{"the down migration runs", "builtin", []any{"migrate", "down"}},
	} {
		r.Checks = append(r.Checks, outcome.Check{Name: c.name, Kind: c.kind, Status: outcome.CheckFailed, ConfigPath: config.Path(append(shop, c.keys...)...)})
	}
	var lines []string
	for line := range strings.Lines(annotations(t, annotated, r)) {
		_, line, _ = strings.Cut(line, "line=")
		line, _, _ = strings.Cut(line, "::")
		lines = append(lines, strings.Replace(line, "title=shop%3A ", "", 1))
	}
	want := "12,alive 14,ready 13,public.orders 10,public.orders 19,alive 20,ready 15,ready 3,the down migration runs"
	if got := strings.Join(lines, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestFailuresAreAnnotatedAtTheirSection covers failures without a failed check, and
// findings.
func TestFailuresAreAnnotatedAtTheirSection(t *testing.T) {
	for stage, line := range map[outcome.Stage]string{
		outcome.Locate: "line=4", outcome.Inspect: "line=4", outcome.Provision: "line=6", outcome.Verify: "line=8", outcome.Restore: "line=3", "": "line=3",
	} {
		r := outcome.Result{Database: "shop", Failure: &outcome.FailureReport{Stage: stage, Code: outcome.BackupStale, Class: outcome.ClassBackup}}
		if got := annotations(t, annotated, r); !strings.Contains(got, "drillgres.yaml,"+line+",title=shop%3A backup_stale") {
			t.Errorf("%s: want %s, got %s", stage, line, got)
		}
	}
	r := outcome.Result{Database: "shop", Findings: []outcome.Finding{{Code: "clock_skew"}, {Code: "of_another_version"}}}
	got := annotations(t, annotated, r)
	if !strings.Contains(got, "line=4,title=shop%3A clock_skew") || !strings.Contains(got, "line=3,title=shop%3A of_another_version") {
		t.Error(got)
	}
}
