package report

import (
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

func TestBackupTime(t *testing.T) {
	early, late := noon.Add(-5*time.Hour), noon.Add(-3*time.Hour)
	for want, b := range map[string]outcome.Backup{
		"taken 2026-11-23 09:00 UTC (3h before the drill)":       {TakenAt: late, TakenBetween: []time.Time{late, late}},
		"taken 2026-11-23 07:00 UTC (5h before the drill)":       {TakenAt: early, ModifiedAt: noon}, // of drillgres 0.1
		"taken about 2026-11-23 09:00 UTC (3h before the drill)": {TakenAt: late, TakenBetween: []time.Time{early, late}},
		"written 2026-11-23 09:00 UTC (3h before the drill)":     {ModifiedAt: late, TakenBetween: []time.Time{early, late}},
		"": {},
	} {
		if got := backupTime(b, noon); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestNamedByHand(t *testing.T) {
	for chosen, want := range map[outcome.Chosen]bool{"": false, outcome.ChosenLatest: false, outcome.ChosenKey: true, outcome.ChosenFile: true} {
		r := passed()
		r.Backup.Chosen = chosen
		shown := false
		for _, f := range factsOf(r) {
			shown = shown || f.text == "named by hand, so the real RPO, the baseline and the gate do not change"
		}
		if shown != want {
			t.Errorf("%q: shown %t, want %t", chosen, shown, want)
		}
	}
}

func TestWhatVerifyReadAhead(t *testing.T) {
	r := outcome.Result{Checks: []outcome.Check{{Stage: outcome.Verify, Status: outcome.CheckPassed}}}
	verify := outcome.StageReport{Stage: outcome.Verify, Status: outcome.StagePassed, Details: map[string]any{"ahead_seconds": 0.8}}
	if got, want := detail(r, verify), "1 check passed, after 0.80s beside the restore"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhatLoadedTheDump(t *testing.T) {
	load := map[string]float64{"load": 8}
	for want, details := range map[string]map[string]any{
		"load 8.0s by psql (it is small)":                           {"loader": "psql", "jobs": 1, "why_client": "it is small", "phases": load},
		"load 8.0s in 2 sessions":                                   {"loader": "parallel", "jobs": 2, "phases": load},
		"load 8.0s in 2 sessions, after 3.5s beside the fetch":      {"loader": "parallel", "jobs": 2, "phases": load, "ahead_seconds": 3.5},
		"load 8.0s by pg_restore (2 jobs of it ended early: 40P01)": {"loader": "pg_restore", "jobs": 1, "why_client": "2 jobs of it ended early: 40P01", "phases": load},
	} {
		if got := loaded(outcome.StageReport{Details: details}); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
