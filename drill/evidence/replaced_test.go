package evidence_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/evidence"
)

// TestAddedFiles checks that nothing beside the files of a record can be taken for evidence.
func TestAddedFiles(t *testing.T) {
	root, k := t.TempDir(), newKey(t)
	folders := chain(t, storeAt(t, root), k, "shop", passed, unproved)
	folder := filepath.Join(root, folders[1])
	if err := os.Symlink(filepath.Join(root, folders[0], evidence.TestFile), filepath.Join(folder, evidence.TestFile)); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "final", evidence.PageFile), []byte("PASSED"))
	write(t, filepath.Join(folder, "run", evidence.StatementFile), read(t, filepath.Join(root, folders[0], evidence.StatementFile)))
	write(t, filepath.Join(folder, ".report.html"), []byte("PASSED"))
	for name, place := range map[string]string{"all": root, "the folder": folder} {
		r := verify(t, place, nil, k)
		var files []string
		for _, p := range r.Chains[0].Problems {
			files = append(files, string(p.Kind)+" "+p.File)
		}
		slices.Sort(files)
		want := []string{"file_unexpected .report.html", "file_unexpected final/report.html", "file_unexpected run/statement.json", "file_unexpected test-result.json"}
		if len(r.Chains) != 1 || !slices.Equal(files, want) {
			t.Errorf("%s: %d chains, %q", name, len(r.Chains), files)
		}
	}
}

// TestPageWithoutRecord checks that a page for people is not evidence by itself.
func TestPageWithoutRecord(t *testing.T) {
	root, k := t.TempDir(), newKey(t)
	chain(t, storeAt(t, root), k, "shop", passed)
	write(t, filepath.Join(root, "shop", result("shop", 1, passed).RunID, evidence.PageFile), []byte("PASSED"))
	if r := verify(t, root, nil, k); len(r.Chains[0].Unfinished) != 1 {
		t.Errorf("%+v", r.Chains[0])
	}
}

// TestUnfitFile checks that a file which cannot be one of a drill is a problem like another
// change, and stops neither the verification nor the next drill.
func TestUnfitFile(t *testing.T) {
	for _, file := range []string{evidence.ResultFile, evidence.StatementFile} {
		for name, do := range map[string]func(string) error{
			"too large": func(n string) error { return os.Truncate(n, evidence.MaxFile+1) },
			"a folder":  func(n string) error { return errors.Join(os.Remove(n), os.Mkdir(n, 0o755)) },
			"a link":    func(n string) error { return errors.Join(os.Rename(n, n+".old"), os.Symlink(n+".old", n)) },
		} {
			root, k := t.TempDir(), newKey(t)
			s := storeAt(t, root)
			folders := chain(t, s, k, "shop", passed, failed, passed)
			if err := do(filepath.Join(root, folders[1], file)); err != nil {
				t.Fatal(err)
			}
			if got := kinds(verify(t, root, nil, k)); !slices.Contains(got, string(evidence.FileChanged)) || slices.Contains(got, string(evidence.Unreadable)) {
				t.Errorf("%s, %s: %v", file, name, got)
			}
			_ = tell(t, s, k, result("shop", 3, passed)) // reports a damaged record
			if r := verify(t, root, nil, k); r.Chains[0].Records[len(r.Chains[0].Records)-1].Number != 4 {
				t.Errorf("%s, %s: the next drill left no evidence", file, name)
			}
		}
	}
}

// archived is a store that cannot read one file, such as an object in an archive.
type archived struct {
	evidence.Store
	path string
}

var errArchived = errors.New("it is archived")

func (s archived) Read(ctx context.Context, path string) ([]byte, error) {
	if path == s.path {
		return nil, errArchived
	}
	return s.Store.Read(ctx, path)
}

// TestUnreadableFile checks that one file which cannot be read hides no other problem.
func TestUnreadableFile(t *testing.T) {
	root, k := t.TempDir(), newKey(t)
	s := storeAt(t, root)
	folders := chain(t, s, k, "shop", passed, failed, passed)
	old := archived{s, filepath.ToSlash(folders[0]) + "/" + evidence.StatementFile}
	v := evidence.Verifier{Store: old, Keys: []evidence.PublicKey{k.public}, Now: started}
	r, err := v.Verify(t.Context())
	if err != nil || !r.Unread() || !slices.Equal(kinds(r), []string{string(evidence.Unreadable)}) {
		t.Errorf("%v, %v", kinds(r), err)
	}
	if err := tell(t, old, k, result("shop", 3, passed)); err == nil || !strings.Contains(err.Error(), errArchived.Error()) {
		t.Errorf("the next drill: %v", err)
	}
	remove(t, filepath.Join(root, folders[1], evidence.ResultFile))
	if r, err = v.Verify(t.Context()); err != nil || r.Unread() || !slices.Equal(kinds(r), []string{string(evidence.FileMissing), string(evidence.Unreadable)}) {
		t.Errorf("%v, %v", kinds(r), err)
	}
	next := result("shop", 4, passed)
	newest := archived{s, "shop/" + result("shop", 3, passed).RunID + "/" + evidence.StatementFile}
	if err := tell(t, newest, k, next); !errors.Is(err, errArchived) {
		t.Errorf("the newest cannot be read: %v", err)
	}
	if _, err := os.Stat(filepath.Join(root, "shop", next.RunID)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a drill that cannot read the newest record wrote one: %v", err)
	}
}

// TestReplacedFolder checks the name of a folder that is verified alone.
func TestReplacedFolder(t *testing.T) {
	root, k := t.TempDir(), newKey(t)
	folders := chain(t, storeAt(t, root), k, "shop", passed, failed)
	at := func(place string) func(*evidence.Verifier) {
		return func(v *evidence.Verifier) { v.Place = place }
	}
	first, second := filepath.Join(root, folders[0]), filepath.Join(root, folders[1])
	if r := verify(t, first, at(first), k); !r.Valid || strings.Contains(notProved(r), "asked for") {
		t.Errorf("%v\n%s", kinds(r), notProved(r))
	}
	if got := kinds(verify(t, first, at(second), k)); !slices.Equal(got, []string{string(evidence.Misplaced)}) {
		t.Errorf("in the folder of another run: %v", got)
	}
	if r := verify(t, first, at("s3://audit/copy"), k); !r.Valid || !strings.Contains(notProved(r), "is the one that you asked for") {
		t.Errorf("%v\n%s", kinds(r), notProved(r))
	}
	if r := verify(t, first, at("s3://acme-evidence/drills/crm/"+filepath.Base(first)), k); !r.Valid || !strings.Contains(notProved(r), "that shop is the database that you asked for") {
		t.Errorf("%v\n%s", kinds(r), notProved(r))
	}
	shop := filepath.Join(root, "shop")
	if r := verify(t, shop, at("s3://acme-evidence/drills/crm"), k); !r.Valid || !strings.Contains(notProved(r), "that shop is the database that you asked for") {
		t.Errorf("%v\n%s", kinds(r), notProved(r))
	}
	if r := verify(t, shop, at("s3://acme-evidence/drills/shop"), k); !r.Valid || strings.Contains(notProved(r), "asked for") {
		t.Errorf("%v\n%s", kinds(r), notProved(r))
	}
}

// TestTwoPayloads checks that an envelope which says different things to different tools is not
// accepted.
func TestTwoPayloads(t *testing.T) {
	root, k := t.TempDir(), newKey(t)
	folders := chain(t, storeAt(t, root), k, "shop", passed, failed)
	for _, file := range []string{evidence.StatementFile, evidence.TestFile} {
		name := filepath.Join(root, folders[1], file)
		fake := base64.StdEncoding.EncodeToString([]byte(`{"predicate":{"verdict":"passed"}}`))
		write(t, name, []byte(strings.Replace(string(read(t, name)), `"payload"`, fmt.Sprintf(`"payload": %q, "PAYLOAD"`, fake), 1)))
	}
	if got := kinds(verify(t, root, nil, k)); !slices.Contains(got, string(evidence.Malformed)) {
		t.Errorf("got %v", got)
	}
}
