package layers

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/drillgres/drillgres/drill/dumpfile"
)

// OpenPath opens a backup on this machine's disk: a file, or the directory of a dump in
// directory format. Its errors are those of [Opener.Open] and of the file system.
func (o Opener) OpenPath(ctx context.Context, path string) (*Stream, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return o.openDirectory(ctx, path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	s, err := o.Open(ctx, file)
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	s.closers = slices.Insert(s.closers, 0, file.Close)
	return s, nil
}

// openDirectory opens the files of a directory, the table of contents first. A link counts
// as the file that it leads to.
func (o Opener) openDirectory(ctx context.Context, path string) (*Stream, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if dumpfile.Is(e.Name()) {
			names = append(names, e.Name())
		}
	}
	slices.SortStableFunc(names, dumpfile.ContentsFirst)
	d := &directory{ctx: ctx, path: path, names: names}
	s := &Stream{Files: NewFiles(d.next), source: &d.source}
	s.closers = append(s.closers, d.close)
	o.decryptFiles(ctx, s)
	return s, nil
}

// directory opens the files of a directory, one after the other.
type directory struct {
	ctx    context.Context
	path   string
	names  []string // that are left
	file   *os.File // the current one
	source source
}

func (d *directory) next() (File, error) {
	if err := d.close(); err != nil {
		return File{}, err
	}
	for {
		if len(d.names) == 0 {
			return File{}, io.EOF
		}
		name := d.names[0]
		d.names = d.names[1:]
		info, err := os.Stat(filepath.Join(d.path, name))
		if err == nil && !info.Mode().IsRegular() {
			continue
		}
		if err == nil {
			d.file, err = os.Open(filepath.Join(d.path, name))
		}
		if err != nil {
			return File{}, err
		}
		d.source.r = Cancelable(d.ctx, d.file)
		return File{Name: name, Size: info.Size(), Reader: &d.source}, nil
	}
}

func (d *directory) close() error {
	if d.file == nil {
		return nil
	}
	err := d.file.Close()
	d.file = nil
	return err
}
