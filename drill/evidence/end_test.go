package evidence_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/evidence"
	"github.com/drillgres/drillgres/drill/outcome"
)

func tell(t testing.TB, s evidence.Store, k key, r outcome.Result) error {
	t.Helper()
	return recorder(s, k).Tell(t.Context(), r)
}

func proved(r evidence.Report) string    { return strings.Join(r.Proved, "\n") }
func notProved(r evidence.Report) string { return strings.Join(r.NotProved, "\n") }

// TestRemovedBeforeTheNextDrill checks that nothing is said about a record that no later one
// could name, also if the newest record is the expected one.
func TestRemovedBeforeTheNextDrill(t *testing.T) {
	root, k := t.TempDir(), newKey(t)
	s := storeAt(t, root)
	folders := chain(t, s, k, "shop", passed, failed)
	remove(t, filepath.Join(root, folders[1]))
	next := result("shop", 2, passed)
	if err := tell(t, s, k, next); err != nil {
		t.Fatal(err)
	}
	last := hash(read(t, filepath.Join(root, "shop", next.RunID, evidence.StatementFile)))
	for name, anchors := range map[string][]string{"without an anchor": nil, "with an anchor": {last}} {
		r := verify(t, root, func(v *evidence.Verifier) { v.Last = anchors }, k)
		if strings.Contains(proved(r), "missing") || !strings.Contains(proved(r), "each record that a later one names is there") ||
			!strings.Contains(notProved(r), "one that was removed before the next drill leaves no gap") {
			t.Errorf("%s:\n%s\n\n%s", name, proved(r), notProved(r))
		}
	}
}

// TestDamagedMovedAway checks that the absence of a damaged record stays visible, and that
// putting back what was signed mends the chain.
func TestDamagedMovedAway(t *testing.T) {
	root, k := t.TempDir(), newKey(t)
	s := storeAt(t, root)
	folders := chain(t, s, k, "shop", passed, failed)
	statement := filepath.Join(root, folders[1], evidence.StatementFile)
	signed := read(t, statement)
	forgeVerdict(t, statement)
	for n := 2; n < 4; n++ {
		if err := tell(t, s, k, result("shop", n, passed)); err == nil || !strings.Contains(err.Error(), "is damaged") {
			t.Errorf("drill %d: %v", n, err)
		}
	}
	found, err := evidence.Find(t.Context(), s, "20261122", "")
	if err != nil || len(found) != 1 {
		t.Fatal(len(found), err)
	}
	if p := found[0].Record.Previous; found[0].Record.Number != 2 || len(p) != 2 || !p[1].Damaged || p[1].SHA256 != hash(read(t, statement)) {
		t.Errorf("record %d names %+v", found[0].Record.Number, p)
	}
	if found, err = evidence.Find(t.Context(), s, "20261123", ""); err != nil || len(found[0].Record.Previous) != 1 {
		t.Errorf("it is named twice: %+v, %v", found, err)
	}
	run := filepath.Base(folders[1])
	write(t, statement, signed)
	if r := verify(t, root, nil, k); !r.Valid || len(r.Chains[0].Forks) != 0 || !strings.Contains(notProved(r), "the record of run "+run+" of shop: it counted as damaged when that of run 20261122-020000-00000002 was written, and is valid now") {
		t.Errorf("put back: %v, forks %q\n%s", kinds(r), r.Chains[0].Forks, notProved(r))
	}
	remove(t, filepath.Join(root, folders[1]))
	if r := verify(t, root, nil, k); !r.Valid || !strings.Contains(notProved(r), "was written, and is gone") || strings.Contains(proved(r), "each record that a later one names is there") {
		t.Errorf("moved away: %v\n%s\n%s", kinds(r), proved(r), notProved(r))
	}
}

// plant writes a record that nobody signed.
func plant(t testing.TB, root, run string, number int, retain time.Time, previous ...evidence.Link) (folder string) {
	t.Helper()
	payload, err := json.Marshal(map[string]any{
		"_type": evidence.StatementType, "predicateType": evidence.DrillType,
		"predicate": evidence.Record{SchemaVersion: 1, Database: "shop", RunID: run, Number: number, Previous: previous, RetainUntil: retain},
	})
	if err != nil {
		t.Fatal(err)
	}
	e := envelope{PayloadType: "application/vnd.in-toto+json", Payload: base64.StdEncoding.EncodeToString(payload), Signatures: make([]signature, 1)}
	e.Signatures[0].KeyID = "x"
	folder = filepath.Join(root, "shop", run)
	writeEnvelope(t, filepath.Join(folder, evidence.StatementFile), e)
	return folder
}

// TestPlantedRecord checks that a record which nobody signed erases none, and that the chain
// goes on without it.
func TestPlantedRecord(t *testing.T) {
	for name, number := range map[string]int{"the last number": math.MaxInt, "a negative number": -5, "the next number": 3, "the first number": 1} {
		for when, run := range map[string]string{"newer": "20261122-010000-0000000f", "older": "20261119-010000-0000000f"} {
			t.Run(name+", "+when, func(t *testing.T) {
				root, k := t.TempDir(), newKey(t)
				s := storeAt(t, root)
				folders := chain(t, s, k, "shop", passed, failed)
				failedRun := filepath.Base(folders[1])
				planted := plant(t, root, run, number, started,
					evidence.Link{RunID: failedRun, Number: 2, SHA256: hash(read(t, filepath.Join(root, folders[1], evidence.StatementFile)))})
				next := result("shop", 2, passed)
				if err := tell(t, s, k, next); (err == nil || !strings.Contains(err.Error(), run)) && (when == "newer" || number != 1) {
					t.Errorf("the next drill: %v", err)
				}
				remove(t, planted)
				if r := verify(t, root, nil, k); !r.Valid || r.Chains[0].Ends[0].Number != 3 {
					t.Errorf("without the planted one: %v, %+v", kinds(r), r.Chains[0].Ends)
				}
				remove(t, filepath.Join(root, folders[1]))
				if got := kinds(verify(t, root, nil, k)); !slices.Equal(got, []string{string(evidence.RecordMissing)}) {
					t.Errorf("the failed one removed: %v", got)
				}
			})
		}
	}
}

// TestForeignKeyHidesNoChange checks that a record which was changed is damaged, whatever key
// it names and whatever number it has.
func TestForeignKeyHidesNoChange(t *testing.T) {
	root, k := t.TempDir(), newKey(t)
	s := storeAt(t, root)
	folders := chain(t, s, k, "shop", passed, failed)
	name := filepath.Join(root, folders[1], evidence.StatementFile)
	forge(t, name, `"number":2`, `"number":1`)
	claim(t, name, "SHA256:x")
	if err := tell(t, s, k, result("shop", 2, passed)); err == nil || !strings.Contains(err.Error(), "signed with another key") {
		t.Errorf("got %v", err)
	}
	if got := kinds(verify(t, root, nil, k)); !slices.Equal(got, []string{string(evidence.KeyUnknown)}) {
		t.Errorf("got %v", got)
	}
}

// TestClockAhead checks that records of a clock that was ahead, and junk that claims to be,
// hide neither the end of the chain nor a missing record.
func TestClockAhead(t *testing.T) {
	t.Run("records", func(t *testing.T) {
		root, k := t.TempDir(), newKey(t)
		s := storeAt(t, root)
		for n := range 64 {
			if err := tell(t, s, k, result("shop", 400+n, passed)); err != nil {
				t.Fatal(err)
			}
		}
		for n := range 4 {
			if err := tell(t, s, k, result("shop", 70+n, failed)); err != nil {
				t.Fatal(err)
			}
		}
		if r := verify(t, root, nil, k); !r.Valid || len(r.Chains[0].Ends) != 1 || r.Chains[0].Ends[0].Number != 68 {
			t.Errorf("%d ends", len(r.Chains[0].Ends))
		}
		remove(t, filepath.Join(root, "shop", result("shop", 71, failed).RunID))
		if r := verify(t, root, nil, k); r.Valid {
			t.Error("a removed record is not missing")
		}
	})
	t.Run("junk", func(t *testing.T) {
		root, k := t.TempDir(), newKey(t)
		s := storeAt(t, root)
		folders := chain(t, s, k, "shop", passed, failed)
		junk := func(n int) string { return filepath.Join(root, "shop", fmt.Sprintf("99991231-%06d-00000000", n)) }
		for n := range 70 {
			write(t, filepath.Join(junk(n), evidence.StatementFile), []byte("x"))
		}
		if err := tell(t, s, k, result("shop", 2, passed)); err == nil {
			t.Error("the junk is not reported")
		}
		for n := range 70 {
			remove(t, junk(n))
		}
		if r := verify(t, root, nil, k); !r.Valid || r.Chains[0].Ends[0].Number != 3 {
			t.Errorf("%+v", r)
		}
		remove(t, filepath.Join(root, folders[1]))
		if got := kinds(verify(t, root, nil, k)); !slices.Equal(got, []string{string(evidence.RecordMissing)}) {
			t.Errorf("got %v", got)
		}
	})
}

// TestNoValidRecordLeft checks that a drill which finds damaged records only does not begin a
// chain in silence.
func TestNoValidRecordLeft(t *testing.T) {
	root, k := t.TempDir(), newKey(t)
	s := storeAt(t, root)
	for _, f := range chain(t, s, k, "shop", passed, failed) {
		write(t, filepath.Join(root, f, evidence.StatementFile), []byte("x"))
	}
	if err := tell(t, s, k, result("shop", 2, passed)); err == nil || !strings.Contains(err.Error(), "read 2 records and found no valid one") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(filepath.Join(root, "shop", result("shop", 2, passed).RunID, evidence.StatementFile)); err != nil {
		t.Error(err)
	}
}

// TestFirstDrillUnfinished checks that a first drill which was interrupted, or is still writing,
// is not called damage.
func TestFirstDrillUnfinished(t *testing.T) {
	root, k := t.TempDir(), newKey(t)
	s := storeAt(t, root)
	first := result("shop", 0, passed).RunID
	write(t, filepath.Join(root, "shop", first, evidence.ResultFile), []byte("{}"))
	for n := 1; n < 3; n++ {
		if err := tell(t, s, k, result("shop", n, passed)); err != nil {
			t.Errorf("drill %d: %v", n, err)
		}
	}
	if r := verify(t, root, nil, k); !r.Valid || !slices.Equal(r.Chains[0].Unfinished, []string{first}) {
		t.Errorf("%v, unfinished %q", kinds(r), r.Chains[0].Unfinished)
	}
}

// TestExpiredInTheMiddle checks that a record that was removed from among older ones is named,
// although its retention is over.
func TestExpiredInTheMiddle(t *testing.T) {
	root, k := t.TempDir(), newKey(t)
	folders := chain(t, storeAt(t, root), k, "shop", passed, failed, passed)
	remove(t, filepath.Join(root, folders[1]))
	r := verify(t, root, func(v *evidence.Verifier) { v.Now = started.AddDate(4, 0, 0) }, k)
	if !r.Valid || strings.Contains(proved(r), "is there") || !strings.Contains(notProved(r), "what run "+filepath.Base(folders[1])+" of shop found") {
		t.Errorf("%v\n%s\n\n%s", kinds(r), proved(r), notProved(r))
	}
}
