package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
)

// TestHistoryThatIsDown: tonight's drill tells its verdict all the same, and
// nothing of it holds the password of the history.
func TestHistoryThatIsDown(t *testing.T) {
	const canary = "canary-90817263"
	t.Setenv("HISTORY_PASSWORD", canary)
	config := drillOf(t, "", "record: {history: \"postgres://drill:${HISTORY_PASSWORD}@127.0.0.1:1/ops\"}\n", shopDump(t))
	r, exit, stderr := drilled(t, "--config", config)
	if r.Verdict != outcome.VerdictPassed || exit != outcome.ExitNotTold || len(r.TellErrors) != 1 {
		t.Errorf("%s, exit %d, not told: %q", r.Verdict, exit, r.TellErrors)
	}
	if c := driftOf(t, r); c.Status != outcome.CheckUnknown || !strings.Contains(c.Saw, "cannot be read") {
		t.Errorf("drift: %+v", c)
	}
	whole, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	said := string(whole) + stderr
	for _, args := range [][]string{{"history"}, {"history", "--format", "json"}, {"accept", "2026", "--reason", "meant"}, {"doctor"}, {"run", "--progress", "plain"}} {
		stdout, exit, stderr := program(t.Context(), append(args, "--config", config)...)
		if exit != 5 && args[0] != "run" {
			t.Errorf("%s: exit %d\n%s%s", args, exit, stdout, stderr)
		}
		if !strings.Contains(stdout+stderr, "postgres://drill@127.0.0.1:1/ops") || !strings.Contains(stdout+stderr, "connection refused") {
			t.Errorf("%s does not say what is down:\n%s%s", args, stdout, stderr)
		}
		said += stdout + stderr
	}
	step := inStep(t, filepath.Dir(config), nil, "history", "--config", config)
	if !step.set("code", string(outcome.HistoryUnavailable)) || strings.Contains(step.summary, canary) {
		t.Errorf("outputs\n%s\nsummary\n%s", step.output, step.summary)
	}
	if strings.Contains(said, canary) {
		t.Errorf("the password is in\n%s", said)
	}
}

// TestHistoryInABucket drills twice with the history in a real object store,
// reads it in every format, and makes its index anew.
func TestHistoryInABucket(t *testing.T) {
	store := newStore(t)
	config := drillOf(t, "", fmt.Sprintf("record: {history: \"s3://%s/drills\", s3: {endpoint: %q}}\n", bucket, store.Endpoint), shopDump(t))
	if stdout, exit, stderr := program(t.Context(), "doctor", "--config", config); exit != 0 || !strings.Contains(stdout, "s3://"+bucket+"/drills, can be written") {
		t.Errorf("doctor, exit %d:\n%s%s", exit, stdout, stderr)
	}
	first, exit, stderr := drilled(t, "--config", config)
	if exit != 0 {
		t.Fatalf("exit %d: %+v\n%s", exit, first.Failure, stderr)
	}
	second, _, _ := drilled(t, "--config", config)
	comparedWith(t, second, first, "")

	store.Remove(t, bucket, "drills/index/shop.json")
	text, exit, stderr := program(t.Context(), "history", "--config", config, "--rebuild-index")
	if exit != 0 || !strings.Contains(stderr, "index rebuilt: 2 drills") {
		t.Errorf("exit %d: %s", exit, stderr)
	}
	lines := strings.Split(text, "\n")
	for i, want := range []string{"shop  real RPO  last verified backup is ", "real RTO  restore ", "last 2    ✓"} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("line %d of the history does not say %q:\n%s", i+1, want, text)
		}
	}
	table, _, _ := program(t.Context(), "history", "--config", config, "--format", "csv", "--limit", "1")
	rows, err := csv.NewReader(strings.NewReader(table)).ReadAll()
	if err != nil || len(rows) != 2 || !strings.Contains(table, second.RunID) {
		t.Errorf("%v in\n%s", err, table)
	}
	var past pastDrills
	document, _, _ := program(t.Context(), "history", "--config", config, "--format", "json", "--since", "1h", "--database", "shop")
	if err := json.Unmarshal([]byte(document), &past); err != nil || len(past.Drills) != 2 || len(past.Databases) != 1 {
		t.Fatalf("%v in %s", err, document)
	}
	if s := past.Databases[0]; s.RPOSeconds == nil || *s.RPOSeconds <= 0 || s.Recovery == nil || s.Recovery.RunID != second.RunID || len(s.Trend.Drills) != 2 || s.Trend.Drills[0].RunID != first.RunID {
		t.Errorf("the standing is %+v", s)
	}
}
