package record

import (
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
)

// TestOnRecord: every drill is told from every answer of a gate that drilled nothing.
func TestOnRecord(t *testing.T) {
	answers := []Entry{{Verdict: outcome.VerdictUnproved}, {Verdict: outcome.VerdictUnproved, Code: outcome.DrillMissing}}
	drills := []Entry{{Verdict: outcome.VerdictPassed}}
	for _, e := range outcome.Catalogue {
		if e.Code != outcome.DrillMissing {
			drills = append(drills, Entry{Verdict: e.Class.Verdict(), Code: e.Code})
		}
		if e.Class.Verdict() == outcome.VerdictFailed {
			answers = append(answers, Entry{Verdict: outcome.VerdictUnproved, Code: e.Code})
		}
	}
	for _, e := range answers {
		if !e.OnRecord() {
			t.Errorf("an answer is taken for a drill: %+v", e)
		}
	}
	for _, e := range drills {
		if e.OnRecord() {
			t.Errorf("a drill is taken for an answer: %+v", e)
		}
	}
}
