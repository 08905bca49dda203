package layers

import (
	"context"
	"io"
)

// The formats of dumps that consist of several files.
const (
	Tar       = "tar"
	Directory = "directory"
)

// Files are the files of a dump in pg_dump's tar or directory format, in the order in which
// they are stored.
type Files struct {
	Format string // Tar or Directory
	next   func() (File, error)
}

// File is one file of a dump. Its Reader is valid until the next call of [Files.Next]. Its
// name is a base name, and untrusted.
type File struct {
	Name string
	Size int64 // as stored, in bytes
	io.Reader
}

// NewFiles returns the files of a dump in directory format. open is called for one file
// after the other, and returns io.EOF after the last.
func NewFiles(open func() (File, error)) *Files { return &Files{Format: Directory, next: open} }

// Next returns the next file. It returns io.EOF after the last one, when everything around
// it was read and checked, and the errors of [Stream.Read].
func (f *Files) Next() (File, error) { return f.next() }

// OpenFiles opens a dump in directory format. Each of its files may be encrypted. Errors are
// those of [Files.Next].
func (o Opener) OpenFiles(ctx context.Context, files *Files) *Stream {
	s := &Stream{Files: files, source: &source{}}
	o.decryptFiles(ctx, s)
	return s
}
