package recordtest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
)

// ignoresNamedByHand checks that a backup that was named by hand is never the last
// verified one, the recent one of a gate, or a baseline.
func ignoresNamedByHand(t *testing.T, open Opener) {
	h := open(t)
	old := Drill("latest", "shop", outcome.VerdictPassed, 0)
	old.Backup.Chosen = "" // of drillgres 0.1
	Tell(t, h, old,
		NamedByHand(Drill("key", "shop", outcome.VerdictPassed, 2), outcome.ChosenKey),
		NamedByHand(Drill("file", "shop", outcome.VerdictPassed, 3), outcome.ChosenFile),
		NamedByHand(Drifted("drifted", "shop", 4), outcome.ChosenFile),
		NamedByHand(Drill("alone", "crm", outcome.VerdictPassed, 1), outcome.ChosenFile))
	if v, ok, err := h.LastVerified(t.Context(), "shop", Noon.Add(6*time.Hour)); err != nil || !ok || v.RunID != "latest" {
		t.Errorf("last verified: %+v, %t, %v", v, ok, err)
	}
	if v, ok, err := h.LastVerified(t.Context(), "crm", Noon.Add(6*time.Hour)); err != nil || ok {
		t.Errorf("never verified: %+v, %t, %v", v, ok, err)
	}
	if run, _ := Baseline(t, h, "shop", time.Time{}); run != "latest" {
		t.Errorf("baseline: %q", run)
	}
	err := h.Accept(t.Context(), record.Acceptance{RunID: "drifted", Database: "shop", Reason: "r", At: Noon})
	if !errors.Is(err, record.ErrNotDrifted) {
		t.Errorf("accepted: %v", err)
	}
	entries, err := h.Entries(t.Context(), record.Filter{Database: "shop", Limit: 4})
	var chosen []outcome.Chosen
	for _, e := range entries {
		chosen = append(chosen, e.Chosen)
	}
	if diff := cmp.Diff([]outcome.Chosen{outcome.ChosenFile, outcome.ChosenFile, outcome.ChosenKey, outcome.ChosenLatest}, chosen); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

// listsAnswers checks that an answer to a release is listed, but never counts as a
// drill.
func listsAnswers(t *testing.T, open Opener) {
	h := open(t)
	answer := Drifted("answer", "shop", 2)
	answer.Kind = outcome.KindAnswer
	passed := Drill("passing-answer", "shop", outcome.VerdictPassed, 3) // does not occur, but its kind must decide
	passed.Kind = outcome.KindAnswer
	old := Drill("old-answer", "shop", outcome.VerdictUnproved, 4)
	old.Kind, old.Gate = "", &outcome.Gate{Decision: outcome.Go, RequireDrill: 3600}
	Tell(t, h, Drill("drill", "shop", outcome.VerdictPassed, 0), answer, passed, old)
	entries, err := h.Entries(t.Context(), record.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]outcome.Kind{}
	for _, e := range entries {
		kinds[e.RunID] = e.Kind
	}
	want := map[string]outcome.Kind{"drill": outcome.KindDrill, "answer": outcome.KindAnswer, "passing-answer": outcome.KindAnswer, "old-answer": outcome.KindAnswer}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Error(diff)
	}
	if v, ok, err := h.LastVerified(t.Context(), "shop", Noon.Add(6*time.Hour)); err != nil || !ok || v.RunID != "drill" {
		t.Errorf("last verified: %+v, %t, %v", v, ok, err)
	}
	if run, _ := Baseline(t, h, "shop", time.Time{}); run != "drill" {
		t.Errorf("baseline: %q", run)
	}
	if err := h.Accept(t.Context(), record.Acceptance{RunID: "answer", Database: "shop", Reason: "r", At: Noon}); !errors.Is(err, record.ErrNotDrifted) {
		t.Errorf("accepted: %v", err)
	}
}

// listsStandings checks that only drills of the newest backup count.
func listsStandings(t *testing.T, open Opener) {
	timed := func(r outcome.Result, seconds float64) outcome.Result {
		r.Times.Restore, r.Times.Recovery = seconds, seconds+1
		return r
	}
	h := open(t)
	answer := Drill("answer", "shop", outcome.VerdictUnproved, 5)
	answer.Kind = outcome.KindAnswer
	Tell(t, h,
		timed(Drill("first", "shop", outcome.VerdictPassed, 0), 6),
		timed(Drill("second", "shop", outcome.VerdictPassed, 1), 18),
		Drill("failed", "shop", outcome.VerdictFailed, 2),
		NamedByHand(timed(Drill("file", "shop", outcome.VerdictPassed, 4), 90), outcome.ChosenFile),
		NamedByHand(Drill("failed-file", "shop", outcome.VerdictFailed, 4.5), outcome.ChosenFile),
		answer, Drill("other", "wiki", outcome.VerdictUnproved, 0),
		timed(Drill("ahead", "shop", outcome.VerdictPassed, 365*24), 99)) // of a clock that was wrong by a year
	rpo := 4 * 3600.0 // the second backup was taken at noon
	second := record.Pace{RunID: "second", StartedAt: Noon.Add(time.Hour), Verdict: outcome.VerdictPassed, Restore: 18, Recovery: 19}
	shop := record.Standing{
		Database: "shop", Snapshot: Noon, Backup: "file:///b/second", RPOSeconds: &rpo, Recovery: &second, Ahead: 1,
		Trend: record.Trend{Of: 2, Median: 12, Change: 0.5, Drills: []record.Pace{
			{RunID: "first", StartedAt: Noon, Verdict: outcome.VerdictPassed, Restore: 6, Recovery: 7},
			second,
			{RunID: "failed", StartedAt: Noon.Add(2 * time.Hour), Verdict: outcome.VerdictFailed},
		}},
	}
	crm := record.Standing{Database: "crm", Trend: record.Trend{Drills: []record.Pace{}}}
	wiki := record.Standing{Database: "wiki", Trend: record.Trend{Drills: []record.Pace{{RunID: "other", StartedAt: Noon, Verdict: outcome.VerdictUnproved}}}}
	for only, want := range map[string][]record.Standing{"": {crm, shop, wiki}, "shop": {shop}, "crm": {crm}, "none": {}} {
		got, err := h.Standings(t.Context(), []string{"shop", "crm"}, only, Noon.Add(4*time.Hour))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("of %q: %v\n%s", only, err, diff)
		}
	}
}
