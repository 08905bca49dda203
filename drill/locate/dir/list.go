package dir

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// List walks the directory. It fails with source_denied for an unreadable
// directory below it, which may contain the newest backup. It skips an unreadable
// lost+found. A link to a file that the source also lists is SameAs that file.
func (s *Source) List(ctx context.Context) ([]locate.Object, error) {
	info, err := s.stat(ctx, s.root)
	if err != nil {
		return nil, s.listFailure(ctx, s.root, err)
	}
	if !info.IsDir() {
		return s.listFile(info)
	}
	w := &walker{Source: s, ctx: ctx, first: map[fileID]int{}}
	if w.resolved, err = s.resolve(ctx, s.root); err != nil {
		return nil, s.listFailure(ctx, s.root, err)
	}
	err = w.walk("")
	return w.found, err
}

func (s *Source) listFile(info fs.FileInfo) ([]locate.Object, error) {
	if !info.Mode().IsRegular() {
		return nil, outcome.Fail(outcome.SourceNotFound, "%s is neither a directory nor a regular file", locate.Show(s.root))
	}
	return []locate.Object{object(filepath.Base(s.root), info)}, nil
}

// walker lists one directory.
type walker struct {
	*Source
	ctx      context.Context
	resolved string // root without symbolic links
	found    []locate.Object
	first    map[fileID]int // the index in found of a file with several hard links
}

func (w *walker) walk(below string) error {
	name := filepath.Join(w.root, filepath.FromSlash(below))
	entries, err := locate.Await(w.ctx, w.patience, func() ([]fs.DirEntry, error) { return os.ReadDir(name) }, nil)
	if err != nil {
		if below != "" && (errors.Is(err, fs.ErrNotExist) || path.Base(below) == "lost+found") && w.ctx.Err() == nil {
			return nil
		}
		return w.listFailure(w.ctx, name, err)
	}
	for _, entry := range entries {
		key := path.Join(below, entry.Name())
		if entry.IsDir() {
			err = w.walk(key)
		} else {
			err = w.add(key, entry)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// add adds an entry that is a file or a link to one. A file that has just been removed
// does not exist.
func (w *walker) add(key string, entry fs.DirEntry) error {
	name := filepath.Join(w.root, filepath.FromSlash(key))
	isLink := entry.Type()&fs.ModeSymlink != 0
	info, err := w.stat(w.ctx, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if isLink && w.leadsOutside(name) {
			w.found = append(w.found, locate.Object{Key: key, Broken: true})
		}
		return nil
	case isLink && (errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ELOOP) || errors.Is(err, syscall.ENOTDIR)):
		return nil
	case err != nil:
		return w.listFailure(w.ctx, name, err)
	case !info.Mode().IsRegular():
		return nil
	}
	o := object(key, info)
	if isLink {
		o.SameAs = w.targetOf(name)
	} else {
		w.addHardLink(&o, info)
	}
	w.found = append(w.found, o)
	return nil
}

// leadsOutside reports whether a broken link leads out of the source, such as into a
// volume that is not mounted. Inside, it leads to a backup that was removed.
func (w *walker) leadsOutside(name string) bool {
	target, err := os.Readlink(name)
	if err != nil {
		return false
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(filepath.Dir(name), target)
	}
	return !isBelow(w.root, target) && !isBelow(w.resolved, target)
}

// targetOf returns the key of the file that a link leads to, or an empty string if it
// is outside the source.
func (w *walker) targetOf(name string) string {
	target, err := w.resolve(w.ctx, name)
	if err != nil || !isBelow(w.resolved, target) {
		return ""
	}
	return filepath.ToSlash(strings.TrimPrefix(target, filepath.Clean(w.resolved)+string(filepath.Separator)))
}

func isBelow(root, name string) bool {
	rel, err := filepath.Rel(root, name)
	return err == nil && rel != "." && filepath.IsLocal(rel)
}

// addHardLink marks all but the one with the greatest key of several hard links to one
// file. A walk finds the keys in ascending order within a directory.
func (w *walker) addHardLink(o *locate.Object, info fs.FileInfo) {
	id, ok := hardLinked(info)
	if !ok {
		return
	}
	i, seen := w.first[id]
	switch {
	case !seen:
		w.first[id] = len(w.found)
	case w.found[i].Key > o.Key:
		o.SameAs = w.found[i].Key
	default:
		w.found[i].SameAs, w.first[id] = o.Key, len(w.found)
	}
}

func object(key string, info fs.FileInfo) locate.Object {
	return locate.Object{Key: key, Size: info.Size(), ModifiedAt: info.ModTime()}
}
