package layers

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// OpenPath opens a backup on this machine's disk: a file, or the directory of a dump in
// directory format. Its errors are those of [Opener.Open] and of the file system.
func (o Opener) OpenPath(ctx context.Context, path string) (*Stream, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return openDirectory(ctx, path)
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

// openDirectory returns the files of a directory, the table of contents first.
func openDirectory(ctx context.Context, path string) (*Stream, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	s := &Stream{source: &source{}}
	var file *os.File
	s.closers = append(s.closers, func() error { return closeFile(file) })
	s.Files = &Files{Format: Directory, next: func() (File, error) {
		if err := closeFile(file); err != nil {
			return File{}, err
		}
		if file = nil; len(names) == 0 {
			return File{}, io.EOF
		}
		name := names[0]
		names = names[1:]
		if file, err = os.Open(filepath.Join(path, name)); err != nil {
			return File{}, err
		}
		info, err := file.Stat()
		if err != nil {
			return File{}, err
		}
		s.source.r = Cancelable(ctx, file)
		return File{Name: name, Size: info.Size(), Reader: s.source}, nil
	}}
	return s, nil
}

func rank(name string) int {
	if name == tocName {
		return 0
	}
	return 1
}

func closeFile(f *os.File) error {
	if f == nil {
		return nil
	}
	return f.Close()
}
