package evidence_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/evidence"
	"github.com/drillgres/drillgres/drill/outcome"
)

// link moves a folder to another disk and leaves a link to it.
func link(t *testing.T, folder string) (disk string) {
	t.Helper()
	disk = filepath.Join(t.TempDir(), "moved")
	if err := os.Rename(folder, disk); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(disk, folder); err != nil {
		t.Fatal(err)
	}
	return disk
}

// TestLinkedDatabase checks that a drill whose database has a link for a folder does not begin
// a new chain behind it, and that verifying says that it did not follow it.
func TestLinkedDatabase(t *testing.T) {
	root, k := t.TempDir(), newKey(t)
	s := storeAt(t, root)
	chain(t, s, k, "shop", passed, passed)
	disk := link(t, filepath.Join(root, "shop"))
	err := tell(t, s, k, result("shop", 2, passed))
	if err == nil || outcome.AsFailure(err).Code != outcome.EvidenceUnavailable || !strings.Contains(err.Error(), "shop of evidence.to: links to folders are not followed") {
		t.Errorf("got %v", err)
	}
	if found, err := evidence.Find(t.Context(), storeAt(t, disk), "2026", ""); err != nil || len(found) != 2 {
		t.Errorf("%d records, %v", len(found), err)
	}
	for n := range 2 { // without evidence of another database, and with it
		r := verify(t, root, nil, k)
		if r.Valid || !r.Unread() || len(r.Problems) != 1 || r.Problems[0].File != "shop" {
			t.Errorf("%+v", r.Problems)
		}
		if err := tell(t, s, k, result("crm", n, passed)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.RemoveAll(disk); err != nil {
		t.Fatal(err)
	}
	if r := verify(t, root, nil, k); r.Valid {
		t.Error("a disk that is not mounted is not missed")
	}
}

// TestLinkedDrill checks that a drill reports that the folder of an earlier one is a link.
func TestLinkedDrill(t *testing.T) {
	root, k := t.TempDir(), newKey(t)
	s := storeAt(t, root)
	folders := chain(t, s, k, "shop", passed, passed)
	link(t, filepath.Join(root, folders[1]))
	if err := tell(t, s, k, result("shop", 2, passed)); err == nil || !strings.Contains(err.Error(), "links to folders are not followed") {
		t.Errorf("got %v", err)
	}
	if r := verify(t, root, nil, k); r.Valid || !slices.Contains(kinds(r), string(evidence.Unreadable)) {
		t.Errorf("%v", kinds(r))
	}
}

// TestChainsApart checks that chains which did not begin at the same time are not taken for
// drills at the same time.
func TestChainsApart(t *testing.T) {
	root, k := t.TempDir(), newKey(t)
	for n := range 3 {
		elsewhere := t.TempDir()
		r := result("shop", n, passed)
		if err := tell(t, storeAt(t, elsewhere), k, r); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(root, os.DirFS(elsewhere)); err != nil {
			t.Fatal(err)
		}
	}
	want := "that nothing was removed before run " + result("shop", 1, passed).RunID + ", run " + result("shop", 2, passed).RunID + " of shop"
	if r := verify(t, root, nil, k); !strings.Contains(notProved(r), want) || strings.Contains(proved(r), "each record that a later one names") {
		t.Errorf("%s\n%s", proved(r), notProved(r))
	}
}
