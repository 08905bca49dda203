package evidence_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/drillgres/drillgres/drill/evidence"
	"github.com/drillgres/drillgres/drill/outcome"
)

func TestBackupOfADrill(t *testing.T) {
	root, k := t.TempDir(), newKey(t)
	chain(t, storeAt(t, root), k, "shop", passed, failed)
	name := filepath.Join(t.TempDir(), "shop.dump")
	write(t, name, backup("shop", 1))
	r := verify(t, root, func(v *evidence.Verifier) { v.Backup = digest(t, name) }, k)
	if !r.Valid || len(r.Backup) != 1 || r.Backup[0].Verdict != failed {
		t.Errorf("%+v", r)
	}
	if text := strings.Join(r.Proved, "\n"); !strings.Contains(text, "failed (dump_truncated)") {
		t.Errorf("it does not say what the drill of these bytes found:\n%s", text)
	}
	// result.json is a subject of the record too, and no backup.
	own := filepath.Join(root, "shop", result("shop", 0, passed).RunID, evidence.ResultFile)
	if r := verify(t, root, func(v *evidence.Verifier) { v.Backup = digest(t, own) }, k); r.Valid {
		t.Error("a result counts as a backup")
	}
}

// TestPartOfABackup checks that one object of a set is not taken for the whole backup.
func TestPartOfABackup(t *testing.T) {
	root, k := t.TempDir(), newKey(t)
	name, roles := filepath.Join(t.TempDir(), "globals.sql"), []byte("CREATE ROLE x;")
	write(t, name, roles)
	r := result("shop", 0, passed)
	r.Backup.Parts = []outcome.Part{{URI: "s3://acme/globals.sql", Role: "globals", SHA256: hash(roles)}, {URI: r.Backup.URI, Role: "dump", SHA256: r.Backup.SHA256}}
	if err := tell(t, storeAt(t, root), k, r); err != nil {
		t.Fatal(err)
	}
	v := verify(t, root, func(v *evidence.Verifier) { v.Backup = digest(t, name) }, k)
	if !v.Valid || !strings.Contains(proved(v), "1 of the 2 objects of the backup that run "+r.RunID) || !strings.Contains(notProved(v), "they were not compared") {
		t.Errorf("%v\n%s\n\n%s", kinds(v), proved(v), notProved(v))
	}
}

// TestReplacedKey checks that old evidence needs the old key, by its id.
func TestReplacedKey(t *testing.T) {
	root, old, current := t.TempDir(), newKey(t), newKey(t)
	s := storeAt(t, root)
	chain(t, s, old, "shop", passed, passed)
	for n := 2; n < 4; n++ {
		if err := recorder(s, current).Tell(t.Context(), result("shop", n, passed)); err != nil {
			t.Fatal(err)
		}
	}
	if r := verify(t, root, nil, current, old); !r.Valid || len(r.Keys) != 2 || len(r.Chains[0].Records) != 4 {
		t.Errorf("with both keys: %+v", r)
	}
	r := verify(t, root, nil, current)
	if got := kinds(r); r.Valid || !slices.Equal(got, []string{string(evidence.KeyUnknown)}) {
		t.Errorf("with the new key alone: %v", got)
	}
	if !strings.Contains(r.Chains[0].Problems[0].Message, old.public.ID) {
		t.Errorf("it does not name the key that is needed: %s", r.Chains[0].Problems[0].Message)
	}
}

// TestConcurrentDrills checks that drills at the same time fork the chain, which is named, and
// that the next record joins it.
func TestConcurrentDrills(t *testing.T) {
	root, k := t.TempDir(), newKey(t)
	s := storeAt(t, root)
	chain(t, s, k, "shop", passed)
	held := &heldStore{Store: s}
	held.waiting.Add(2)
	var both sync.WaitGroup
	for n := 1; n <= 2; n++ {
		both.Go(func() {
			if err := recorder(held, k).Tell(t.Context(), result("shop", n, passed)); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	r := verify(t, root, nil, k)
	if !r.Valid || len(r.Chains[0].Ends) != 2 || len(r.Chains[0].Forks) != 1 || !strings.Contains(strings.Join(r.NotProved, "\n"), "has one chain") {
		t.Fatalf("%+v", r)
	}
	if err := recorder(s, k).Tell(t.Context(), result("shop", 3, passed)); err != nil {
		t.Fatal(err)
	}
	r = verify(t, root, nil, k)
	if !r.Valid || len(r.Chains[0].Ends) != 1 || r.Chains[0].Ends[0].Number != 3 || len(r.Chains[0].Forks) != 1 {
		t.Errorf("the fork is not joined: %+v", r.Chains[0])
	}
	remove(t, filepath.Join(root, "shop", result("shop", 2, passed).RunID))
	if got := kinds(verify(t, root, nil, k)); !slices.Equal(got, []string{string(evidence.RecordMissing)}) {
		t.Errorf("one branch removed: %v", got)
	}
}

// heldStore lets no write begin before two drills have looked for the end of the chain.
type heldStore struct {
	evidence.Store
	waiting sync.WaitGroup
}

func (s *heldStore) Add(ctx context.Context, path string, content []byte, keep evidence.Retention) error {
	if strings.HasSuffix(path, "/"+evidence.ResultFile) {
		s.waiting.Done()
		s.waiting.Wait()
	}
	return s.Store.Add(ctx, path, content, keep)
}

// TestDamagedEvidenceIsReportedByTheNextDrill checks that the next drill leaves its evidence,
// and says that the earlier one was changed.
func TestDamagedEvidenceIsReportedByTheNextDrill(t *testing.T) {
	root, k := t.TempDir(), newKey(t)
	s := storeAt(t, root)
	folders := chain(t, s, k, "shop", passed, failed)
	forgeVerdict(t, filepath.Join(root, folders[1], evidence.StatementFile))
	r := result("shop", 2, passed)
	err := recorder(s, k).Tell(t.Context(), r)
	if err == nil || !strings.Contains(err.Error(), "earlier evidence of shop is damaged") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(filepath.Join(root, "shop", r.RunID, evidence.StatementFile)); err != nil {
		t.Error(err)
	}
}

// TestExpiredRecords checks that records whose retention is over are not a gap.
func TestExpiredRecords(t *testing.T) {
	root, k := t.TempDir(), newKey(t)
	folders := chain(t, storeAt(t, root), k, "shop", passed, passed, passed)
	remove(t, filepath.Join(root, folders[0]))
	if got := kinds(verify(t, root, nil, k)); !slices.Equal(got, []string{string(evidence.RecordMissing)}) {
		t.Errorf("removed before its time: %v", got)
	}
	r := verify(t, root, func(v *evidence.Verifier) { v.Now = started.AddDate(4, 0, 0) }, k)
	if !r.Valid || r.Chains[0].Expired != 1 || !strings.Contains(strings.Join(r.NotProved, "\n"), "what was before run") {
		t.Errorf("removed after its time: %+v", r)
	}
}

// TestUnfinishedEvidence checks that a drill whose evidence could not be written completely does
// not spoil that of the others.
func TestUnfinishedEvidence(t *testing.T) {
	root, k := t.TempDir(), newKey(t)
	s := storeAt(t, root)
	folders := chain(t, s, k, "shop", passed, passed)
	remove(t, filepath.Join(root, folders[1], evidence.StatementFile))
	if err := recorder(s, k).Tell(t.Context(), result("shop", 2, passed)); err != nil {
		t.Fatal(err)
	}
	r := verify(t, root, nil, k)
	if !r.Valid || len(r.Chains[0].Unfinished) != 1 || !strings.Contains(strings.Join(r.NotProved, "\n"), "anything about run "+filepath.Base(folders[1])) {
		t.Errorf("%+v", r)
	}
	for name, part := range map[string]string{"alone": folders[1], "the only one": "only"} {
		if part == "only" {
			write(t, filepath.Join(root, part, "run", evidence.ResultFile), []byte("{}"))
		}
		if got := kinds(verify(t, filepath.Join(root, part), nil, k)); !slices.Equal(got, []string{string(evidence.FileMissing)}) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestNothingToVerify(t *testing.T) {
	v := evidence.Verifier{Store: storeAt(t, t.TempDir())}
	if _, err := v.Verify(t.Context()); !errors.Is(err, evidence.ErrNone) {
		t.Errorf("got %v", err)
	}
	v.Store = storeAt(t, filepath.Join(t.TempDir(), "none"))
	if _, err := v.Verify(t.Context()); err == nil || errors.Is(err, evidence.ErrNone) {
		t.Errorf("a directory that does not exist: %v", err)
	}
}
