package outcome

import "testing"

// TestEventOf checks that only what was verified is over budget: a restore that did not end
// verified nothing.
func TestEventOf(t *testing.T) {
	for code, want := range map[Code]Event{
		"":                  EventPassed,
		DumpTruncated:       EventFailed,
		SmokeFailed:         EventFailed,
		RestoreTimeout:      EventFailed,
		OverBudget:          EventOverBudget,
		MigrationOverBudget: EventOverBudget,
		MigrationFailed:     EventFailed,
		EngineUnreachable:   EventUnproved,
		ConfigInvalid:       EventUnproved,
	} {
		r := Result{Verdict: VerdictPassed}
		if code != "" {
			f := Fail(code, "x")
			r.Failure, r.Verdict = f.Report(), f.Class().Verdict()
		}
		if got := EventOf(r); got != want {
			t.Errorf("%s: %s, want %s", code, got, want)
		}
	}
	newer := Result{Verdict: VerdictFailed, Failure: &FailureReport{Code: "of_a_newer_version", Class: ClassBudget}}
	if got := EventOf(newer); got != EventFailed {
		t.Errorf("a budget that this version does not know: %s", got)
	}
}
