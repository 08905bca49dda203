package record

import (
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// TestKindOfOldEntries distinguishes drills of drillgres 0.1 from answers of a gate.
func TestKindOfOldEntries(t *testing.T) {
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
		if e.withKind().Kind != outcome.KindAnswer {
			t.Errorf("an answer is read as a drill: %+v", e)
		}
	}
	for _, e := range drills {
		if e.withKind().Kind != outcome.KindDrill {
			t.Errorf("a drill is read as an answer: %+v", e)
		}
	}
}

func TestKindOfOldResults(t *testing.T) {
	for document, want := range map[string]outcome.Kind{
		`{"verdict": "unproved", "gate": {"require_drill_seconds": 86400}}`: outcome.KindAnswer,
		`{"verdict": "unproved", "gate": {"require_drill_seconds": 0}}`:     outcome.KindDrill,
		`{"verdict": "unproved", "failure": {"code": "data_stale"}}`:        outcome.KindDrill,
		`{"verdict": "passed"}`:                   outcome.KindDrill,
		`{"verdict": "passed", "kind": "answer"}`: outcome.KindAnswer,
	} {
		if r, err := Decode(ID{}, []byte(document)); err != nil || r.Kind != want || EntryOf(r).Kind != want {
			t.Errorf("%s: %q, %v", document, r.Kind, err)
		}
	}
}

// TestASnapshotIsNotAfterItsDrill: an object whose store's clock was ahead would
// be the newest verified backup until its date comes.
func TestASnapshotIsNotAfterItsDrill(t *testing.T) {
	ended := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	ahead := Entry{FinishedAt: ended, ModifiedAt: ended.Add(300 * 24 * time.Hour)}
	if got := ahead.snapshot(); !got.Equal(ended) {
		t.Errorf("the snapshot is of %s", got)
	}
	ahead.TakenAt = ended.Add(time.Hour)
	if got := ahead.snapshot(); !got.Equal(ended) {
		t.Errorf("the snapshot is of %s, by the dump's own word", got)
	}
}
