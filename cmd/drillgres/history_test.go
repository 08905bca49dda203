package main

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/program"
)

// TestUnreachableHistory checks that a drill still reports its verdict, and that no output
// contains the password of the history.
func TestUnreachableHistory(t *testing.T) {
	const canary = "canary-90817263"
	t.Setenv("HISTORY_PASSWORD", canary)
	config := program.DumpConfig(t, "", "record: {history: \"postgres://drill:${HISTORY_PASSWORD}@127.0.0.1:1/ops\"}\n", program.ShopDump(t))
	r, exit, stderr := drilled(t, "--config", config)
	if r.Verdict != outcome.VerdictPassed || exit != outcome.ExitNotRecorded || len(r.TellErrors) != 1 {
		t.Errorf("%s, exit %d, not recorded: %q", r.Verdict, exit, r.TellErrors)
	}
	i := slices.IndexFunc(r.Checks, func(c outcome.Check) bool { return c.Name == "drift" })
	if i < 0 {
		t.Fatalf("no check of the drift in %+v", r.Checks)
	}
	if c := r.Checks[i]; c.Status != outcome.CheckUnknown || !strings.Contains(c.Saw, "cannot be read") {
		t.Errorf("drift: %+v", c)
	}
	whole, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	output := string(whole) + stderr
	for _, args := range [][]string{{"history"}, {"history", "--format", "json"}, {"accept", "2026", "--reason", "meant"}, {"doctor"}, {"run", "--progress", "plain"}} {
		stdout, exit, stderr := runProgram(t.Context(), append(args, "--config", config)...)
		if exit != 5 && args[0] != "run" {
			t.Errorf("%s: exit %d\n%s%s", args, exit, stdout, stderr)
		}
		if !strings.Contains(stdout+stderr, "postgres://drill@127.0.0.1:1/ops") || !strings.Contains(stdout+stderr, "connection refused") {
			t.Errorf("%s does not say what is down:\n%s%s", args, stdout, stderr)
		}
		output += stdout + stderr
	}
	step := inStep(t, filepath.Dir(config), nil, "history", "--config", config)
	if !step.set("code", string(outcome.HistoryUnavailable)) || strings.Contains(step.summary, canary) {
		t.Errorf("outputs\n%s\nsummary\n%s", step.output, step.summary)
	}
	if strings.Contains(output, canary) {
		t.Errorf("the password is in\n%s", output)
	}
}
