// Package dir stores evidence in a directory.
package dir

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/evidence"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/place"
)

// Kind is the kind of paths.
var Kind = evidence.StoreKind{
	Kind: place.Kind{Path: true},
	Open: func(_ context.Context, e config.Evidence) (evidence.Store, error) {
		return Store{root: string(e.To)}, nil
	},
}

// Store is a directory. It cannot keep files from being changed.
type Store struct{ root string }

var (
	_ evidence.Store       = Store{}
	_ evidence.LinkedStore = Store{}
)

// List returns the paths of everything below a folder that is not a folder, also of links,
// which it does not follow. A folder that does not exist is empty, but for the root, which must
// exist to be verified.
func (s Store) List(ctx context.Context, folder string) (paths []string, err error) {
	top := filepath.Join(s.root, filepath.FromSlash(folder))
	if _, err := os.Stat(top); errors.Is(err, fs.ErrNotExist) && folder != "" {
		return nil, nil
	}
	root, err := filepath.EvalSymlinks(s.root) // a walk does not follow a link, not even its root
	if err != nil {
		return nil, outcome.Fail(outcome.EvidenceUnavailable, "list evidence: %w", err).
			WithHint("name the directory of evidence.to, which exists once a drill has left evidence")
	}
	err = filepath.WalkDir(filepath.Join(root, filepath.FromSlash(folder)), func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case d.IsDir(), strings.HasPrefix(d.Name(), newFile):
			return nil
		}
		relative, err := filepath.Rel(root, path)
		paths = append(paths, filepath.ToSlash(relative))
		return err
	})
	slices.Sort(paths)
	return paths, unavailable("list", err)
}

// IsLinkedFolder reports whether a path is a link to a folder, or to nothing, such as to a disk
// that is not mounted.
func (s Store) IsLinkedFolder(path string) bool {
	info, err := os.Lstat(s.path(path))
	if err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return false
	}
	target, err := os.Stat(s.path(path))
	return err != nil || target.IsDir()
}

// Read returns a file.
func (s Store) Read(_ context.Context, path string) ([]byte, error) {
	content, err := readFile(s.path(path))
	return content, unavailable("read", err)
}

// readFile reads a regular file. It neither follows a link nor waits for the writer of a pipe.
func readFile(name string) ([]byte, error) {
	info, err := os.Lstat(name)
	if err != nil {
		return nil, err
	}
	unfit := &fs.PathError{Op: "read", Path: name, Err: evidence.ErrUnfit}
	if !info.Mode().IsRegular() {
		return nil, unfit
	}
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // was only read
	if opened, err := f.Stat(); err != nil || !os.SameFile(info, opened) {
		return nil, cmp.Or[error](err, unfit) // it was replaced in between
	}
	content, err := io.ReadAll(io.LimitReader(f, evidence.MaxFile+1))
	if err == nil && len(content) > evidence.MaxFile {
		return nil, unfit
	}
	return content, err
}

// newFile begins the name of a file that is being written.
const newFile = ".new-"

// Add writes a file under another name first, so that no half of it is taken for the file.
func (s Store) Add(_ context.Context, path string, content []byte, _ evidence.Retention) error {
	name := s.path(path)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return unavailable("write", err)
	}
	if _, err := os.Lstat(name); err == nil {
		if old, err := readFile(name); err == nil && bytes.Equal(old, content) {
			return nil
		}
		return unavailable("write", &fs.PathError{Op: "write", Path: name, Err: fs.ErrExist})
	}
	f, err := os.CreateTemp(filepath.Dir(name), newFile+"*")
	if err != nil {
		return unavailable("write", err)
	}
	defer os.Remove(f.Name()) //nolint:errcheck // it was renamed, or is of no use
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	return unavailable("write", err)
}

// Close does nothing.
func (s Store) Close() error { return nil }

func (s Store) path(path string) string { return filepath.Join(s.root, filepath.FromSlash(path)) }

// unavailable returns the failure of a directory that cannot be used.
func unavailable(doing string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return outcome.Fail(outcome.EvidenceUnavailable, "%s evidence: %w", doing, err)
}
