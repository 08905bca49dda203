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
