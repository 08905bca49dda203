package evidence_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/drillgres/drillgres/drill/evidence"
)

// flaky is a store that cannot read the record of one run a number of times.
type flaky struct {
	evidence.Store
	run  string
	left *atomic.Int64
}

var errSlowDown = errors.New("503 slow down")

func (s flaky) Read(ctx context.Context, path string) ([]byte, error) {
	if strings.Contains(path, s.run) && s.left.Add(-1) >= 0 {
		return nil, errSlowDown
	}
	return s.Store.Read(ctx, path)
}

func flakyAt(s evidence.Store, day int, failures int64) flaky {
	f := flaky{s, result("shop", day, passed).RunID, &atomic.Int64{}}
	f.left.Store(failures)
	return f
}

// TestUnreadOnce checks that a record is read again if it could not be read.
func TestUnreadOnce(t *testing.T) {
	for name, day := range map[string]int{"the newest": 3, "an earlier one": 2} {
		root, k := t.TempDir(), newKey(t)
		s := storeAt(t, root)
		chain(t, s, k, "shop", passed, passed, passed, passed)
		if err := tell(t, flakyAt(s, day, 2), k, result("shop", 4, passed)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestUnreadForAWhile checks that a record which a drill could not read is not called damaged,
// and does not fork the chain.
func TestUnreadForAWhile(t *testing.T) {
	root, k := t.TempDir(), newKey(t)
	s := storeAt(t, root)
	chain(t, s, k, "shop", passed, passed, passed, passed)
	err := tell(t, flakyAt(s, 2, 100), k, result("shop", 4, passed))
	if !errors.Is(err, errSlowDown) || strings.Contains(err.Error(), "damaged") || !strings.Contains(err.Error(), "earlier evidence of shop could not be read") {
		t.Errorf("got %v", err)
	}
	if err := tell(t, s, k, result("shop", 5, passed)); err != nil {
		t.Error(err)
	}
	r := verify(t, root, nil, k)
	if !r.Valid || len(r.Chains[0].Forks) != 0 || len(r.Chains[0].Ends) != 1 || strings.Contains(notProved(r), "damaged") {
		t.Errorf("%v, forks %q\n%s", kinds(r), r.Chains[0].Forks, notProved(r))
	}
}

// TestUnreadEnd checks that a record which no other one names yet, and could not be read, is
// named as such, and joined by the next drill.
func TestUnreadEnd(t *testing.T) {
	root, k := t.TempDir(), newKey(t)
	s := storeAt(t, root)
	for _, day := range []int{0, 2, 1} { // that of day 1 took longer
		if err := tell(t, s, k, result("shop", day, passed)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tell(t, flakyAt(s, 1, 100), k, result("shop", 3, passed)); !errors.Is(err, errSlowDown) {
		t.Errorf("got %v", err)
	}
	if err := tell(t, s, k, result("shop", 4, passed)); err != nil {
		t.Error(err)
	}
	r := verify(t, root, nil, k)
	text := "the record of run " + result("shop", 1, passed).RunID + " of shop: it could not be read when that of run " + result("shop", 3, passed).RunID + " was written, and is valid now"
	if !r.Valid || !strings.Contains(notProved(r), text) || len(r.Chains[0].Ends) != 1 {
		t.Errorf("%v, %d ends, forks %q\n%s", kinds(r), len(r.Chains[0].Ends), r.Chains[0].Forks, notProved(r))
	}
}
