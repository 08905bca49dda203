package report

import (
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

func TestTaken(t *testing.T) {
	early, late := noon.Add(-5*time.Hour), noon.Add(-3*time.Hour)
	for want, b := range map[string]outcome.Backup{
		"taken 2026-11-23 09:00 UTC (3h before the drill)":       {TakenAt: late, TakenBetween: []time.Time{late, late}},
		"taken 2026-11-23 07:00 UTC (5h before the drill)":       {TakenAt: early, ModifiedAt: noon}, // of drillgres 0.1
		"taken about 2026-11-23 09:00 UTC (3h before the drill)": {TakenAt: late, TakenBetween: []time.Time{early, late}},
		"written 2026-11-23 09:00 UTC (3h before the drill)":     {ModifiedAt: late, TakenBetween: []time.Time{early, late}},
		"": {},
	} {
		if got := taken(b, noon); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestNamedByHand(t *testing.T) {
	for chosen, want := range map[outcome.Chosen]bool{"": false, outcome.ChosenLatest: false, outcome.ChosenKey: true, outcome.ChosenFile: true} {
		r := passed()
		r.Backup.Chosen = chosen
		said := false
		for _, f := range factsOf(r) {
			said = said || f.text == "named by hand: the real RPO, the baseline and the gate stay as they are"
		}
		if said != want {
			t.Errorf("%q: said %t", chosen, said)
		}
	}
}
