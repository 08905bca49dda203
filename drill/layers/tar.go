package layers

import (
	"archive/tar"
	"bufio"
	"bytes"
	"errors"
	"io"
	"path"

	"github.com/drillgres/drillgres/drill/outcome"
)

const (
	tarMagic   = "ustar"
	tarMagicAt = 257
	tarTrailer = 1024 // zeros at the end, which archive/tar does not check
)

// isTar reports whether head is the first header of a tar archive.
func isTar(head []byte) bool {
	return len(head) >= tarMagicAt+len(tarMagic) && hasPrefix(head[tarMagicAt:], tarMagic)
}

// isFile reports whether a member of a tar archive has content. tar --sparse marks files with
// holes.
func isFile(h *tar.Header) bool {
	return h.Typeflag == tar.TypeReg || h.Typeflag == tar.TypeGNUSparse
}

// tarball is a tar archive that is read once, from its beginning to its end.
type tarball struct {
	t    *tar.Reader
	tail *zeroCounter
	m    members
	dump bool // the archive is itself a dump in pg_dump's tar format
	peek *bufio.Reader

	outer failing
}

// openTar finds the dump in a tar archive: the first member that can be it. The rest of
// the archive is read behind the dump.
func (o Opener) openTar(in opened) (*level, error) {
	tail := &zeroCounter{r: in.br}
	b := &tarball{t: tar.NewReader(tail), tail: tail, m: members{glob: o.Member, kind: "tar archive"}, peek: bufio.NewReaderSize(nil, sniffLength), outer: in.outer}
	for {
		h, err := b.t.Next()
		if err != nil {
			return nil, b.nothing(err)
		}
		if !isFile(h) {
			continue
		}
		b.peek.Reset(b.t)
		head, _ := b.peek.Peek(sniffLength) // an error comes again with the next header
		switch name := cleanName(h.Name); b.m.add(name, head) {
		case aDump:
			return &level{Layer: Layer{Name: "tar", Member: name}, r: &tarMember{b: b, r: b.peek}, explain: b.explain}, nil
		case aFile:
			return b.files(name, h), nil
		}
	}
}

// files returns the files of a dump. The current member is the first.
func (b *tarball) files(name string, h *tar.Header) *level {
	l := &level{Layer: Layer{Name: "tar", Member: path.Dir(name)}, files: &Files{Format: Directory}, explain: b.explain}
	if isDumpTar(h) {
		b.dump, l.Layer, l.files.Format = true, Layer{}, Tar
	}
	first := true
	l.files.next = func() (File, error) {
		if first {
			first = false
			return File{Name: path.Base(name), Size: h.Size, Reader: b.reader(b.peek)}, nil
		}
		return b.nextFile(path.Dir(name))
	}
	return l
}

// isDumpTar reports whether the first file of an archive is that of a dump in pg_dump's tar
// format (pg_backup_tar.c, _tarWriteHeader), and not of a directory that was packed.
func isDumpTar(h *tar.Header) bool {
	const user, group = 0o4000, 0o2000
	return h.Name == tocName && h.Uid == user && h.Gid == group
}

// beginsDumpTar reports whether head is the first header of a dump in tar format.
func beginsDumpTar(head []byte) bool {
	h, err := tar.NewReader(bytes.NewReader(head)).Next()
	return err == nil && isDumpTar(h)
}

// nextFile returns the next file of the dump in a directory of the archive.
func (b *tarball) nextFile(dir string) (File, error) {
	for {
		h, err := b.t.Next()
		switch {
		case err == io.EOF: //nolint:errorlint // the reader's own end
			return File{}, b.end()
		case err != nil:
			return File{}, b.explain(err)
		case !isFile(h):
			continue
		}
		name := cleanName(h.Name)
		if path.Dir(name) == dir {
			return File{Name: path.Base(name), Size: h.Size, Reader: b.reader(b.t)}, nil
		}
		if err := b.other(name); err != nil {
			return File{}, err
		}
	}
}

// reader returns a reader of a file whose errors are Failures.
func (b *tarball) reader(r io.Reader) io.Reader { return explained{r, b.explain} }

type explained struct {
	r       io.Reader
	explain func(error) error
}

func (e explained) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // the reader's own end
		err = e.explain(err)
	}
	return n, err
}

// other notes a member behind the dump. It fails if it can be the dump too.
func (b *tarball) other(name string) error {
	b.peek.Reset(b.t)
	head, _ := b.peek.Peek(sniffLength) // an error comes again with the next header
	if b.m.add(name, head) != notADump {
		return b.m.ambiguous()
	}
	return nil
}

// tarMember reads the dump, and behind it the rest of the archive.
type tarMember struct {
	b *tarball
	r io.Reader
}

func (m *tarMember) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	if err != io.EOF { //nolint:errorlint // the member's own end
		return n, err
	}
	for {
		h, err := m.b.t.Next()
		switch {
		case err == io.EOF: //nolint:errorlint // the reader's own end
			return n, m.b.end()
		case err != nil:
			return n, err
		case !isFile(h):
			continue
		}
		if err := m.b.other(cleanName(h.Name)); err != nil {
			return n, err
		}
	}
}

// end checks the trailer of the archive. It returns io.EOF if the archive is complete.
func (b *tarball) end() error {
	if _, err := io.Copy(io.Discard, b.tail); err != nil {
		return b.explain(err)
	}
	if b.tail.zeros < tarTrailer {
		return b.explain(io.ErrUnexpectedEOF)
	}
	return io.EOF
}

// nothing returns the Failure for an archive of which no member so far can be the dump.
func (b *tarball) nothing(err error) error {
	switch {
	case err == io.EOF: //nolint:errorlint // the reader's own end
		if err := b.end(); err != io.EOF { //nolint:errorlint // see above
			return err
		}
		return b.m.none()
	case errors.Is(err, tar.ErrHeader) && b.m.files > 0:
		return unopened(b.m.described()) // of a kind that this reader does not know, or damaged
	}
	return b.explain(err)
}

// explain returns the Failure for an error of the tar reader.
func (b *tarball) explain(err error) error {
	truncated, corrupt := outcome.StreamTruncated, outcome.StreamCorrupt
	if b.dump {
		truncated, corrupt = outcome.DumpTruncated, outcome.DumpCorrupt
	}
	outer := b.outer.failed()
	switch {
	case outer != nil:
		return outer
	case errors.As(err, new(*outcome.Failure)):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return outcome.Fail(truncated, "the tar archive ends early")
	case errors.Is(err, tar.ErrHeader):
		return outcome.Fail(corrupt, "the tar archive is damaged: a header cannot be read")
	}
	return err
}

// zeroCounter counts the zero bytes at the end of its stream.
type zeroCounter struct {
	r     io.Reader
	zeros int
}

func (z *zeroCounter) Read(p []byte) (int, error) {
	n, err := z.r.Read(p)
	if trimmed := len(bytes.TrimRight(p[:n], "\x00")); trimmed > 0 {
		z.zeros = n - trimmed
	} else {
		z.zeros += n
	}
	return n, err
}
