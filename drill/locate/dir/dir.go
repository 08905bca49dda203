// Package dir reads backups from a local directory, or a single local file.
package dir

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/place"
	"github.com/drillgres/drillgres/drill/words"
)

// Source is a directory with everything below it, or a single file. It follows
// symbolic links to files, but not to directories.
type Source struct {
	root string // absolute
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
	return &Source{root: root}, nil
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

// List walks the directory. It fails with source_denied for an unreadable
// directory below it, which may contain the newest backup. It skips an unreadable
// lost+found.
func (s *Source) List(ctx context.Context) ([]locate.Object, error) {
	info, err := os.Stat(s.root)
	if err != nil {
		return nil, s.listFailure(s.root, err)
	}
	if !info.IsDir() {
		return s.single(info)
	}
	var objects []locate.Object
	err = s.walk(ctx, "", func(o locate.Object) { objects = append(objects, o) })
	return objects, err
}

func (s *Source) single(info fs.FileInfo) ([]locate.Object, error) {
	if !info.Mode().IsRegular() {
		return nil, outcome.Fail(outcome.SourceNotFound, "%s is neither a directory nor a regular file", locate.Show(s.root))
	}
	return []locate.Object{object(filepath.Base(s.root), info)}, nil
}

func (s *Source) walk(ctx context.Context, below string, found func(locate.Object)) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	name := filepath.Join(s.root, filepath.FromSlash(below))
	entries, err := os.ReadDir(name)
	if err != nil {
		if below != "" && (errors.Is(err, fs.ErrNotExist) || path.Base(below) == "lost+found") {
			return nil
		}
		return s.listFailure(name, err)
	}
	for _, entry := range entries {
		key := path.Join(below, entry.Name())
		if entry.IsDir() {
			if err := s.walk(ctx, key, found); err != nil {
				return err
			}
			continue
		}
		// A broken link and a file that has just been removed do not exist.
		info, err := os.Stat(filepath.Join(name, entry.Name()))
		if err == nil && info.Mode().IsRegular() {
			found(object(key, info))
		}
	}
	return nil
}

func object(key string, info fs.FileInfo) locate.Object {
	return locate.Object{Key: key, Size: info.Size(), ModifiedAt: info.ModTime()}
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
	f, err := os.Open(name)
	if err != nil {
		return nil, s.readFailure(name, err)
	}
	info, err := f.Stat()
	if err == nil {
		err = sameAsListed(name, o, info)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &section{ctx: ctx, SectionReader: io.NewSectionReader(f, offset, length), file: f}, nil
}

// section is a part of an open file. Reading ends when the context is done.
type section struct {
	*io.SectionReader
	ctx  context.Context
	file *os.File
}

func (s *section) Read(p []byte) (int, error) {
	if s.ctx.Err() != nil {
		return 0, context.Cause(s.ctx)
	}
	return s.SectionReader.Read(p)
}

func (s *section) Close() error { return s.file.Close() }

// Unchanged compares the file's size and time with those that were listed.
func (s *Source) Unchanged(ctx context.Context, o locate.Object) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	name := s.LocalPath(o)
	info, err := os.Stat(name)
	if err != nil {
		return s.readFailure(name, err)
	}
	return sameAsListed(name, o, info)
}

func sameAsListed(name string, o locate.Object, info fs.FileInfo) error {
	if info.Size() != o.Size {
		return outcome.Fail(outcome.BackupChanged, "%s was being written while it was read: %s when it was listed, %s now",
			locate.Show(name), words.Size(o.Size), words.Size(info.Size()))
	}
	if !info.ModTime().Equal(o.ModifiedAt) {
		return outcome.Fail(outcome.BackupChanged, "%s was rewritten while it was read, at %s",
			locate.Show(name), info.ModTime().UTC().Format("15:04:05.000 MST"))
	}
	return nil
}

// LocalPath returns the file's path with symbolic links resolved, so that a link
// that changes later does not change what is read.
func (s *Source) LocalPath(o locate.Object) string {
	name := s.path(o)
	if resolved, err := filepath.EvalSymlinks(name); name != "" && err == nil {
		return resolved
	}
	return name
}

func (s *Source) path(o locate.Object) string {
	if info, err := os.Stat(s.root); err == nil && !info.IsDir() {
		return s.root
	}
	local := filepath.FromSlash(o.Key)
	if !filepath.IsLocal(local) {
		return ""
	}
	return filepath.Join(s.root, local)
}

// URI returns the file's path as a file:// URL.
func (s *Source) URI(o locate.Object) string {
	name := s.path(o)
	if o.Key == "" || name == "" {
		name = s.root
	}
	return "file://" + locate.Escape(filepath.ToSlash(name))
}
