package evidence_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/evidence"
)

// signed writes the evidence of drills on days, and returns their errors.
func signed(t testing.TB, s evidence.Store, k key, days ...int) (errs []error) {
	t.Helper()
	for _, day := range days {
		errs = append(errs, tell(t, s, k, result("shop", day, passed)))
	}
	return errs
}

func wantNone(t testing.TB, errs []error) {
	t.Helper()
	for n, err := range errs {
		if err != nil {
			t.Errorf("drill %d: %v", n, err)
		}
	}
}

// TestPlantedRecordStaysReported checks that every later drill reports a record under another
// key, also after one has named it as damaged.
func TestPlantedRecordStaysReported(t *testing.T) {
	root, k := t.TempDir(), newKey(t)
	s := storeAt(t, root)
	chain(t, s, k, "shop", passed, failed)
	plant(t, root, "20261122-010000-0000000f", 3, started)
	for n, err := range signed(t, s, k, 2, 3, 4) {
		if err == nil || !strings.Contains(err.Error(), "signed with another key") {
			t.Errorf("drill %d: %v", n, err)
		}
	}
}

// TestReplacedKeyWithClockAhead checks that records of a replaced key are not damaged, although
// a clock that was ahead put them after the first one of the new key.
func TestReplacedKeyWithClockAhead(t *testing.T) {
	for name, ahead := range map[string]int{"and no longer": 60, "and still is": 400} {
		t.Run(name, func(t *testing.T) {
			root, old, current := t.TempDir(), newKey(t), newKey(t)
			s := storeAt(t, root)
			wantNone(t, signed(t, s, old, 0, ahead, 1))
			wantNone(t, signed(t, s, current, 2, 3, 4))
			if r := verify(t, root, nil, current, old); !r.Valid || len(r.Chains[0].Forks) != 0 || len(r.Chains[0].Ends) != 1 {
				t.Errorf("%v, forks %q", kinds(r), r.Chains[0].Forks)
			}
		})
	}
}

// TestReplacedKeyLongAgo checks that a record of a clock that was ahead is not damaged once
// those that name it are no longer among the newest.
func TestReplacedKeyLongAgo(t *testing.T) {
	root, old, current := t.TempDir(), newKey(t), newKey(t)
	s := storeAt(t, root)
	wantNone(t, signed(t, s, old, 0, 400, 1))
	for day := 2; day < 70; day++ {
		wantNone(t, signed(t, s, current, day))
	}
	name := filepath.Join(root, "shop", result("shop", 400, passed).RunID, evidence.StatementFile)
	forge(t, name, `"number":2`, `"number":99`)
	if err := signed(t, s, current, 70)[0]; err == nil {
		t.Error("a record with a later number is not reported")
	}
}

// TestReplacedRecordOfReplacedKey checks that a drill reports a record of a replaced key which
// is not the one that this key's records name.
func TestReplacedRecordOfReplacedKey(t *testing.T) {
	root, old, current := t.TempDir(), newKey(t), newKey(t)
	s := storeAt(t, root)
	wantNone(t, signed(t, s, old, 0, 1))
	wantNone(t, signed(t, s, current, 2))
	name := filepath.Join(root, "shop", result("shop", 1, passed).RunID, evidence.StatementFile)
	forge(t, name, `"verdict":"passed"`, `"verdict":"failed"`)
	if err := signed(t, s, current, 3)[0]; err == nil || !strings.Contains(err.Error(), "is not the one that a later record names") {
		t.Errorf("got %v", err)
	}
}

// TestTwoKeysInOnePlace checks that a key which another one had replaced does not fork the
// chain: its record names that of the other key, as damaged.
func TestTwoKeysInOnePlace(t *testing.T) {
	root, a, b := t.TempDir(), newKey(t), newKey(t)
	s := storeAt(t, root)
	wantNone(t, signed(t, s, a, 0))
	wantNone(t, signed(t, s, b, 1))
	if err := signed(t, s, a, 2)[0]; err == nil {
		t.Error("the other key is not reported")
	}
	r := verify(t, root, nil, a, b)
	if !r.Valid || len(r.Chains[0].Forks) != 0 || !strings.Contains(notProved(r), "it counted as damaged when that of run "+result("shop", 2, passed).RunID) {
		t.Errorf("%v, forks %q\n%s", kinds(r), r.Chains[0].Forks, notProved(r))
	}
}

// TestReplacedKeySignsAgain checks that the use of an old key is named.
func TestReplacedKeySignsAgain(t *testing.T) {
	root, old, current := t.TempDir(), newKey(t), newKey(t)
	s := storeAt(t, root)
	for n, k := range []key{old, current} {
		if err := tell(t, s, k, result("shop", n, passed)); err != nil {
			t.Fatal(err)
		}
	}
	if r := verify(t, root, nil, current, old); strings.Contains(notProved(r), "another key had replaced") {
		t.Errorf("after the change of keys:\n%s", notProved(r))
	}
	again := result("shop", 2, passed)
	if err := tell(t, s, old, again); err == nil {
		t.Error("the drill does not report the other key")
	}
	if r := verify(t, root, nil, current, old); !strings.Contains(notProved(r), "who signed run "+again.RunID+" of shop: another key had replaced theirs before") {
		t.Errorf("%v\n%s", kinds(r), notProved(r))
	}
}
