package prove

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/drillgres/drillgres/drill/dumpfile"
	"github.com/drillgres/drillgres/drill/fetch"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
)

// mainPart is the name of the dump's copy. Those of the parts before it are part-0, part-1 …
const mainPart = "backup"

func partName(i int) string { return fmt.Sprintf("part-%d", i) }

// piece is one file of a backup.
type piece struct {
	path string // of the intact file
	name string // of its copy, relative to the directory of the Copy
	size int64
}

// pieces returns the files of the backup: those of each part and of the dump itself.
func (b Backup) pieces() (all []piece, err error) {
	for i, part := range b.Before {
		if all, err = appendPieces(all, part, partName(i)); err != nil {
			return nil, err
		}
	}
	return appendPieces(all, b.File, mainPart)
}

// appendPieces appends the files of one part, which may be a directory.
func appendPieces(all []piece, part fetch.File, name string) ([]piece, error) {
	info, err := os.Stat(part.Path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return append(all, piece{part.Path, name, info.Size()}), nil
	}
	entries, err := os.ReadDir(part.Path)
	for _, e := range entries {
		path := filepath.Join(part.Path, e.Name())
		if info, err := os.Stat(path); err == nil && dumpfile.Is(e.Name()) {
			all = append(all, piece{path, filepath.Join(name, e.Name()), info.Size()})
		}
	}
	return all, err
}

// largestRows returns the largest file of rows in the dump's directory. ok is false if it
// has none.
func (b Backup) largestRows() (largest piece, ok bool) {
	for _, p := range b.Pieces {
		if dumpfile.IsRows(dumpfile.Bare(filepath.Base(p.name))) && filepath.Dir(p.name) == mainPart && p.size > largest.size {
			largest, ok = p, true
		}
	}
	return largest, ok
}

// single returns the one file of the part with this name. ok is false for a directory.
func (b Backup) single(name string) (p piece, ok bool) {
	for _, p := range b.Pieces {
		if p.name == name {
			return p, true
		}
	}
	return piece{}, false
}

// linkPieces makes the copy contain every file of the backup but one, which is broken.
func (b Backup) linkPieces(dir string, but string) error {
	for _, p := range b.Pieces {
		to := filepath.Join(dir, p.name)
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return err
		}
		if p.name == but {
			continue
		}
		if err := os.Symlink(p.path, to); err != nil {
			return err
		}
	}
	return nil
}

// marksOf returns the landmarks of a part. A directory has none.
func marksOf(ctx context.Context, part fetch.File, l layers.Opener) (inspect.Landmarks, error) {
	f, err := os.Open(part.Path)
	if err != nil {
		return inspect.Landmarks{}, errGone(err)
	}
	defer f.Close() //nolint:errcheck // was only read
	if info, err := f.Stat(); err != nil || info.IsDir() {
		return inspect.Landmarks{Outer: directoryFormat}, err
	}
	return inspect.LandmarksOf(ctx, f, l)
}

func errGone(err error) error {
	return outcome.Fail(outcome.BackupChanged, "read the backup a second time: %w", err)
}
