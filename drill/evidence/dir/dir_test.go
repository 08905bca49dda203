package dir

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/drillgres/drillgres/drill/evidence"
	"github.com/drillgres/drillgres/drill/outcome"
)

func TestStore(t *testing.T) {
	s := Store{root: filepath.Join(t.TempDir(), "proof")}
	if paths, err := s.List(t.Context(), "shop"); err != nil || len(paths) > 0 {
		t.Errorf("before the first drill: %q, %v", paths, err)
	}
	const path = "shop/run/result.json"
	for range 2 { // the same once more changes nothing
		if err := s.Add(t.Context(), path, []byte("x"), evidence.Retention{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Add(t.Context(), path, []byte("y"), evidence.Retention{}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a file is replaced: %v", err)
	}
	if content, err := s.Read(t.Context(), path); err != nil || string(content) != "x" {
		t.Errorf("%q, %v", content, err)
	}
	if _, err := s.Read(t.Context(), "shop/none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that does not exist: %v", err)
	}
	if err := os.Symlink(s.path(path), s.path("shop/run/link.json")); err != nil {
		t.Fatal(err)
	}
	write(t, s.path("shop/run/.new-1"), 0)
	if paths, err := s.List(t.Context(), ""); err != nil || !slices.Equal(paths, []string{"shop/run/link.json", path}) {
		t.Errorf("%q, %v: want the file and the link, and no file that is being written", paths, err)
	}
}

func write(t *testing.T, name string, size int64) {
	t.Helper()
	if err := errors.Join(os.WriteFile(name, nil, 0o600), os.Truncate(name, size)); err != nil {
		t.Fatal(err)
	}
}

// TestUnfitFiles checks that nothing but a regular file of a bounded size is read.
func TestUnfitFiles(t *testing.T) {
	root := t.TempDir()
	s := Store{root: root}
	write(t, s.path("large"), evidence.MaxFile+1)
	write(t, s.path("largest"), evidence.MaxFile)
	if err := errors.Join(os.Symlink(os.DevNull, s.path("device")), os.Symlink("largest", s.path("link")), os.Mkdir(s.path("folder"), 0o755)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"large", "device", "link", "folder"} {
		if content, err := s.Read(t.Context(), name); !errors.Is(err, evidence.ErrUnfit) {
			t.Errorf("%s: %d bytes, %v", name, len(content), err)
		}
		if err := s.Add(t.Context(), name, []byte("x"), evidence.Retention{}); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s is replaced: %v", name, err)
		}
	}
	if content, err := s.Read(t.Context(), "largest"); err != nil || len(content) != evidence.MaxFile {
		t.Errorf("%d bytes, %v", len(content), err)
	}
}

// TestLinkedDirectory checks that the place may be a symbolic link.
func TestLinkedDirectory(t *testing.T) {
	target, link := filepath.Join(t.TempDir(), "target"), filepath.Join(t.TempDir(), "link")
	if err := (Store{root: target}).Add(t.Context(), "shop/run/result.json", []byte("x"), evidence.Retention{}); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	if paths, err := (Store{root: link}).List(t.Context(), ""); err != nil || len(paths) != 1 {
		t.Errorf("%q, %v", paths, err)
	}
}

// TestUnwritable checks that a place which is a file is the failure of the evidence.
func TestUnwritable(t *testing.T) {
	root := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(root, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := Store{root: root}.Add(t.Context(), "shop/run/result.json", []byte("x"), evidence.Retention{})
	if f := outcome.AsFailure(err); f == nil || f.Code != outcome.EvidenceUnavailable {
		t.Errorf("got %v", err)
	}
}
