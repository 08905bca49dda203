package evidence_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/evidence"
)

// inHistory returns drills of a database as a history has them.
func inHistory(database string, days ...int) (drills []evidence.Drill) {
	for _, n := range days {
		r := result(database, n, passed)
		drills = append(drills, evidence.Drill{Database: database, RunID: r.RunID, FinishedAt: r.FinishedAt})
	}
	return drills
}

// TestDatabaseMissing checks that the history shows the removal of all evidence of a database.
func TestDatabaseMissing(t *testing.T) {
	root, k := t.TempDir(), newKey(t)
	s := storeAt(t, root)
	chain(t, s, k, "shop", failed, failed)
	chain(t, s, k, "crm", passed)
	drills := slices.Concat(inHistory("shop", 0, 1), inHistory("crm", 0), inHistory("gone", -30))
	compare := func(v *evidence.Verifier) { v.Drills = drills }
	if r := verify(t, root, compare, k); !r.Valid || !strings.Contains(notProved(r), "of gone: the history has it before the first record") {
		t.Errorf("%v\n%s", kinds(r), notProved(r))
	}
	remove(t, filepath.Join(root, "shop"))
	r := verify(t, root, compare, k)
	if got := kinds(r); !slices.Equal(got, []string{string(evidence.DrillMissing)}) || len(r.Problems) != 2 || !strings.Contains(r.Problems[0].Message, "this drill of shop") {
		t.Errorf("%+v", r.Problems)
	}
	if r := verify(t, filepath.Join(root, "crm"), compare, k); !r.Valid {
		t.Errorf("the folder of another database: %v", r.Problems)
	}
	if err := tell(t, s, k, result("shop", 5, passed)); err != nil {
		t.Fatal(err)
	}
	drills = append(drills, inHistory("shop", 5)...)
	want := "anything about run " + inHistory("shop", 0)[0].RunID + ", run " + inHistory("shop", 1)[0].RunID + " of shop: the history has them before the first record"
	if r := verify(t, root, compare, k); !r.Valid || !strings.Contains(notProved(r), want) {
		t.Errorf("a new chain: %v\n%s", kinds(r), notProved(r))
	}
}

// TestDrillThatJustEnded checks that a record which is still being written is not missing.
func TestDrillThatJustEnded(t *testing.T) {
	root, k := t.TempDir(), newKey(t)
	chain(t, storeAt(t, root), k, "shop", passed)
	drills := inHistory("shop", 0, 1)
	for wait, valid := range map[time.Duration]bool{time.Minute: true, time.Hour: false, -time.Minute: true, -300 * 24 * time.Hour: false} { // that of a clock that was ahead is not on its way
		r := verify(t, root, func(v *evidence.Verifier) { v.Drills, v.Now = drills, drills[1].FinishedAt.Add(wait) }, k)
		if r.Valid != valid || strings.Contains(notProved(r), drills[1].RunID+" of shop: the history has it of the last minutes") != valid {
			t.Errorf("after %s: %v\n%s", wait, kinds(r), notProved(r))
		}
	}
}

// TestDrillsAfterAClockAhead checks that a first record which a clock that was ahead wrote does
// not excuse the drills after it.
func TestDrillsAfterAClockAhead(t *testing.T) {
	root, k := t.TempDir(), newKey(t)
	s := storeAt(t, root)
	for _, day := range []int{300, 0, 1, 2} {
		if err := tell(t, s, k, result("shop", day, passed)); err != nil {
			t.Fatal(err)
		}
	}
	drills := inHistory("shop", 300, 0, 1, 2)
	remove(t, filepath.Join(root, "shop", drills[3].RunID))
	r := verify(t, root, func(v *evidence.Verifier) { v.Drills, v.Now = drills, drills[3].FinishedAt.Add(48*time.Hour) }, k)
	if got := kinds(r); !slices.Equal(got, []string{string(evidence.DrillMissing)}) || r.Chains[0].Problems[0].RunID != drills[3].RunID {
		t.Errorf("%v\n%s", got, notProved(r))
	}
}
