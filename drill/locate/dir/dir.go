// Package dir reads backups from a local directory, or a single local file.
package dir

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/place"
)

// Source is a directory with everything below it, or a single file. It follows
// symbolic links to files, but not to directories. No operation waits longer than
// locate.Patience for the file system, whatever the context.
type Source struct {
	root     string // absolute
	patience time.Duration
	single   atomic.Pointer[bool] // whether root is a file; nil: not known yet
}

var (
	_ locate.Source    = (*Source)(nil)
	_ locate.LocalPath = (*Source)(nil)
	_ locate.Watcher   = (*Source)(nil)
)

// Kind is the kind of source with paths and file:// URLs.
var Kind = locate.Kind{
	Kind: place.Kind{
		Schemes: []string{"file"}, Example: "file:///dir", Path: true,
		Check: func(url string) error {
			_, err := pathOf(url)
			return err
		},
	},
	Open: func(_ context.Context, b config.Backup) (locate.Source, error) { return New(string(b.From)) },
}

// New returns the Source at a path or a file:// URL. It does not check that the
// path exists; List does. It fails with config_invalid.
func New(from string) (*Source, error) {
	name, err := pathOf(from)
	if err != nil {
		return nil, outcome.Fail(outcome.ConfigInvalid, "backup.from %w", err).
			WithHint("write file:///path, or a plain path")
	}
	root, err := filepath.Abs(name)
	if err != nil {
		return nil, outcome.Fail(outcome.ConfigInvalid, "backup.from %q: %w", from, err)
	}
	return &Source{root: root, patience: locate.Patience}, nil
}

func pathOf(from string) (string, error) {
	if from == "" {
		return "", errors.New("is empty")
	}
	if place.Scheme(from) != "file" {
		return from, nil
	}
	u, err := url.Parse(from)
	if err != nil {
		return "", errors.New("is not a URL (want file:///dir)")
	}
	if u.Host != "" && u.Host != "localhost" {
		return "", errors.New("names a host, but only local files can be read (want file:///dir with three slashes, or a path)")
	}
	if u.Path == "" || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("does not name a path (want a plain path, or file:///dir with ? as %3F and # as %23)")
	}
	return fromURLPath(u.Path), nil
}

// fromURLPath returns the local path of a URL's path. It handles the drive letters
// of Windows: file:///C:/x is C:/x.
func fromURLPath(p string) string {
	if len(p) > 2 && p[0] == '/' && p[2] == ':' && filepath.VolumeName(p[1:3]) != "" {
		p = p[1:]
	}
	return filepath.FromSlash(p)
}

// ReadRange opens the file again. It fails with backup_changed if it is not the
// file that was listed.
func (s *Source) ReadRange(ctx context.Context, o locate.Object, offset, length int64) (io.ReadCloser, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	name := s.LocalPath(o)
	if name == "" {
		return nil, outcome.Fail(outcome.SourceDenied, "%s is outside %s", locate.Show(o.Key), locate.Show(s.root))
	}
	f, err := locate.Await(ctx, s.patience, func() (*os.File, error) { return openListed(name, o) }, func(f *os.File) { _ = f.Close() })
	if err != nil {
		return nil, s.readFailure(ctx, name, err)
	}
	return &section{Reader: locate.Patiently(ctx, s.patience, io.NewSectionReader(f, offset, length)), Closer: f}, nil
}

// openListed opens a file. It fails with backup_changed if it is not the file that was
// listed.
func openListed(name string, o locate.Object) (*os.File, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		err = o.CheckSame(locate.Show(name), info)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// section is a part of an open file.
type section struct {
	io.Reader
	io.Closer
}

// Unchanged compares the file's size and time with those that were listed.
func (s *Source) Unchanged(ctx context.Context, o locate.Object) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	name := s.LocalPath(o)
	info, err := s.stat(ctx, name)
	if err != nil {
		return s.readFailure(ctx, name, err)
	}
	return o.CheckSame(locate.Show(name), info)
}

// LocalPath returns the file's path with symbolic links resolved, so that a link
// that changes later does not change what is read.
func (s *Source) LocalPath(o locate.Object) string {
	name := s.path(o)
	if name == "" {
		return ""
	}
	if resolved, err := s.resolve(context.Background(), name); err == nil {
		return resolved
	}
	return name
}

func (s *Source) path(o locate.Object) string {
	if s.isFile() {
		return s.root
	}
	local := filepath.FromSlash(o.Key)
	if !filepath.IsLocal(local) {
		return ""
	}
	return filepath.Join(s.root, local)
}

// isFile reports whether the source is a single file. It asks the file system once.
func (s *Source) isFile() bool {
	if known := s.single.Load(); known != nil {
		return *known
	}
	info, err := s.stat(context.Background(), s.root)
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	single := err == nil && !info.IsDir()
	s.single.Store(&single)
	return single
}

// stat follows symbolic links.
func (s *Source) stat(ctx context.Context, name string) (fs.FileInfo, error) {
	return locate.Await(ctx, s.patience, func() (fs.FileInfo, error) { return os.Stat(name) }, nil)
}

// resolve returns a path without symbolic links.
func (s *Source) resolve(ctx context.Context, name string) (string, error) {
	return locate.Await(ctx, s.patience, func() (string, error) { return filepath.EvalSymlinks(name) }, nil)
}

// URI returns the file's path as a file:// URL.
func (s *Source) URI(o locate.Object) string {
	name := s.path(o)
	if o.Key == "" || name == "" {
		name = s.root
	}
	return "file://" + locate.Escape(filepath.ToSlash(name))
}
