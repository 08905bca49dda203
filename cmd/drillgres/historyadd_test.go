package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/report"
	"github.com/drillgres/drillgres/fixtures/program"
)

// TestHistoryAdd records results that were written while the history was not available.
func TestHistoryAdd(t *testing.T) {
	config := program.WriteConfig(t, "version: 1\nrecord: {history: h.db}\ndatabases:\n  shop: {backup: {from: .}, postgres: {version: \"15\"}}\n  crm: {backup: {from: .}, postgres: {version: \"15\"}}\n")
	at := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	result := func(run, database string, kind outcome.Kind) outcome.Result {
		return outcome.Result{
			SchemaVersion: 1, Kind: kind, RunID: run, Database: database, StartedAt: at, FinishedAt: at.Add(time.Minute), Verdict: outcome.VerdictPassed,
			ExitCode: outcome.ExitNotRecorded, TellErrors: []string{"disk full"},
			Backup: outcome.Backup{URI: "file:///b/shop.dump", Chosen: outcome.ChosenLatest, ModifiedAt: at, TakenAt: at},
		}
	}
	file := func(results ...outcome.Result) string {
		var text bytes.Buffer
		if err := report.JSON(&text, results); err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(t.TempDir(), "result.json")
		if err := os.WriteFile(name, text.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	const first, second, third = "20261123-020000-00000001", "20261123-020000-00000002", "20261123-020000-00000003"
	other := result(first, "shop", outcome.KindDrill)
	other.Verdict = outcome.VerdictFailed
	text := filepath.Join(filepath.Dir(config), "drillgres.yaml")
	for _, c := range []struct {
		name, file string
		exit       int
		want       string
	}{
		{"one", file(result(first, "shop", outcome.KindDrill)), 0, "recorded: run " + first + " of shop, passed\n"},
		{"again", file(result(first, "shop", outcome.KindDrill)), 0, "recorded: run " + first},
		{"another result of that run", file(other), 2, "already recorded with another result"},
		{"several", file(result(second, "shop", outcome.KindDrill), result(second, "crm", outcome.KindDrill)), 0, "of crm, passed"},
		{"a check", file(result(third, "shop", outcome.KindCheck)), 2, "contains no result of a drill"},
		{"of another config", file(result(third, "wiki", outcome.KindDrill)), 2, `no database "wiki"`},
		{"of a newer drillgres", file(func() outcome.Result { r := result(third, "shop", outcome.KindDrill); r.SchemaVersion = 99; return r }()), 2, "newer drillgres"},
		{"without a run", file(result("../x", "shop", outcome.KindDrill)), 2, "without run id"},
		{"another file", text, 2, "is not a result of drillgres"},
		{"no file", text + ".gone", 2, "no such file"},
	} {
		stdout, exit, stderr := runProgram(t.Context(), "history", "add", c.file, "--config", config)
		if exit != c.exit || !strings.Contains(stdout+stderr, c.want) {
			t.Errorf("%s: exit %d, want %d and %q\n%s%s", c.name, exit, c.exit, c.want, stdout, stderr)
		}
	}
	stdout, _, _ := runProgram(t.Context(), "history", "--config", config, "--format", "csv")
	if strings.Count(stdout, "\n") != 4 || strings.Count(stdout, ",passed,,,0,") != 3 || strings.Contains(stdout, third) {
		t.Errorf("the history is\n%s", stdout)
	}
}
