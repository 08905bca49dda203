package sftp

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/pkg/sftp"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// maxDepth is how deep directories are walked: deeper than any that a person makes, and
// an end for a server that invents them.
const maxDepth = 64

// List walks the directory. It fails with source_denied for an unreadable directory
// below it, which may contain the newest backup. It skips an unreadable lost+found. A
// link to a file that the source also lists is SameAs that file. The protocol does not
// say which files are hard links to each other.
func (s *Source) List(ctx context.Context) ([]locate.Object, error) {
	info, err := s.stat(ctx, s.root)
	if err != nil {
		return nil, s.listFailure(ctx, s.root, err)
	}
	if !info.IsDir() {
		return s.listFile(info)
	}
	w := &walker{Source: s, ctx: ctx}
	if w.resolved, err = s.resolve(ctx, s.root); err != nil {
		return nil, s.listFailure(ctx, s.root, err)
	}
	err = w.walk("", 0)
	return w.found, err
}

func (s *Source) listFile(info fs.FileInfo) ([]locate.Object, error) {
	if !info.Mode().IsRegular() {
		return nil, outcome.Fail(outcome.SourceNotFound, "%s is neither a directory nor a regular file", s.uriOf(s.root))
	}
	s.single.Store(true)
	return []locate.Object{object(path.Base(s.root), info)}, nil
}

// stat follows symbolic links.
func (s *Source) stat(ctx context.Context, name string) (fs.FileInfo, error) {
	return use(ctx, s, func(c *conn) (fs.FileInfo, error) { return c.Stat(name) }, nil)
}

// resolve returns an absolute path without symbolic links.
func (s *Source) resolve(ctx context.Context, name string) (string, error) {
	return use(ctx, s, func(c *conn) (string, error) { return c.RealPath(name) }, nil)
}

// walker lists one directory.
type walker struct {
	*Source
	ctx      context.Context
	resolved string // root, absolute and without symbolic links
	found    []locate.Object
}

func (w *walker) walk(below string, depth int) error {
	name := path.Join(w.root, below)
	if depth > maxDepth {
		return outcome.Fail(outcome.SourceNotFound, "%s is deeper than %d directories", w.uriOf(name), maxDepth).
			WithHint("set backup.from to the directory that contains the backups")
	}
	entries, err := use(w.ctx, w.Source, func(c *conn) ([]fs.FileInfo, error) { return c.ReadDirContext(w.ctx, name) }, nil)
	if err != nil {
		gone := errors.Is(err, fs.ErrNotExist)
		spare := path.Base(below) == "lost+found" && errors.Is(err, fs.ErrPermission)
		if below != "" && (gone || spare) && w.ctx.Err() == nil {
			return nil
		}
		return w.listFailure(w.ctx, name, err)
	}
	for _, entry := range entries {
		key := path.Join(below, entry.Name())
		switch {
		case w.path(locate.Object{Key: key}) == "": // a name that a path cannot contain
			continue
		case entry.IsDir():
			err = w.walk(key, depth+1)
		case entry.Mode()&fs.ModeSymlink != 0:
			err = w.addLink(key)
		case entry.Mode().IsRegular():
			w.found = append(w.found, object(key, entry))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// addLink adds a link that leads to a file.
func (w *walker) addLink(key string) error {
	name := path.Join(w.root, key)
	info, err := w.stat(w.ctx, name)
	var refused *sftp.StatusError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if w.leadsOutside(name) {
			w.found = append(w.found, locate.Object{Key: key, Broken: true})
		}
		return nil
	case errors.Is(err, fs.ErrPermission), errors.As(err, &refused): // such as a link to itself
		return nil
	case err != nil:
		return w.listFailure(w.ctx, name, err)
	case !info.Mode().IsRegular():
		return nil
	}
	o := object(key, info)
	if target, err := w.resolve(w.ctx, name); err == nil {
		o.SameAs, _ = below(w.resolved, target)
	}
	w.found = append(w.found, o)
	return nil
}

// leadsOutside reports whether a broken link leads out of the source, such as into a
// volume that is not mounted. Inside, it leads to a backup that was removed.
func (w *walker) leadsOutside(name string) bool {
	target, err := use(w.ctx, w.Source, func(c *conn) (string, error) { return c.ReadLink(name) }, nil)
	if err != nil {
		return false
	}
	if !path.IsAbs(target) {
		target = path.Join(w.resolved, path.Dir(strings.TrimPrefix(name, w.root)), target)
	}
	_, inside := below(w.resolved, target)
	_, insideAsNamed := below(w.root, target)
	return !inside && !insideAsNamed
}

// below returns the path of a file relative to a directory, and whether it is below it.
func below(root, name string) (string, bool) {
	name = path.Clean(name)
	if root == "/" {
		return strings.TrimPrefix(name, "/"), name != "/"
	}
	rest, ok := strings.CutPrefix(name, path.Clean(root)+"/")
	if !ok {
		return "", false
	}
	return rest, true
}

func object(key string, info fs.FileInfo) locate.Object {
	return locate.Object{Key: key, Size: info.Size(), ModifiedAt: info.ModTime()}
}
