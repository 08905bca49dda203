package layers

import (
	"archive/tar"
	"bufio"
	"bytes"
	"errors"
	"io"
	"path"

	"github.com/drillgres/drillgres/drill/dumpfile"
	"github.com/drillgres/drillgres/drill/outcome"
)

// isFile reports whether a member of a tar archive has content. tar --sparse marks files with
// holes.
func isFile(h *tar.Header) bool {
	return h.Typeflag == tar.TypeReg || h.Typeflag == tar.TypeGNUSparse
}

// tarball is a tar archive that is read once, from its beginning to its end.
type tarball struct {
	t    *tar.Reader
	in   *tarInput
	m    members
	dump bool   // the archive is itself a dump in pg_dump's tar format
	dir  string // of the files of a dump
	link string // the first of them that is a link, which has no content
	peek *bufio.Reader

	outer failing
}

// openTar finds the dump in a tar archive: the first member that can be it. The rest of
// the archive is read behind the dump.
func (o Opener) openTar(in opened) (*level, error) {
	input := &tarInput{r: in.br}
	b := &tarball{t: tar.NewReader(input), in: input, m: members{glob: o.Member, kind: "tar archive"}, peek: bufio.NewReaderSize(nil, sniffLength), outer: in.outer}
	for {
		h, err := b.next()
		if err != nil {
			return nil, b.nothing(err)
		}
		l := &level{Layer: Layer{Name: "tar", Member: cleanName(h.Name)}, explain: b.explain, trailing: input.trailing}
		switch b.m.add(l.Member, b.head()) {
		case aDump:
			l.r = &tarMember{b: b, r: b.peek}
			return l, nil
		case aFile:
			b.openFiles(l, h)
			return l, nil
		}
	}
}

// next returns the header of the next file.
func (b *tarball) next() (*tar.Header, error) {
	for {
		h, err := b.t.Next()
		switch {
		case err != nil:
			return nil, err
		case isFile(h):
			return h, nil
		case h.Typeflag == tar.TypeLink, h.Typeflag == tar.TypeSymlink:
			b.addLink(cleanName(h.Name), h.Linkname)
		}
	}
}

func (b *tarball) addLink(name, target string) {
	switch {
	case len(b.m.found) == 0:
		b.m.addLink(name, target)
	case b.link == "" && b.isOfDump(name):
		b.link = shownLink(name, target)
	}
}

// isOfDump reports whether a member is one of the files of the dump.
func (b *tarball) isOfDump(name string) bool {
	base := path.Base(name)
	return path.Dir(name) == b.dir && (dumpfile.Is(base) || b.dump && base == dumpfile.Script)
}

// head returns the beginning of the current file, which peek then reads.
func (b *tarball) head() []byte {
	b.peek.Reset(b.t)
	head, _ := b.peek.Peek(sniffLength) // an error comes again with the next header
	return head
}

// openFiles makes l the files of a dump. The current member, with the header h, is the first.
func (b *tarball) openFiles(l *level, h *tar.Header) {
	name := l.Member
	b.dir = path.Dir(name)
	l.Member, l.files = b.dir, &Files{Format: Directory}
	if isDumpTar(h) {
		b.dump, l.Layer, l.files.Format = true, Layer{}, Tar
	}
	first := true
	l.files.next = func() (File, error) {
		if first {
			first = false
			return File{Name: path.Base(name), Size: h.Size, Reader: b.reader(b.peek)}, nil
		}
		return b.nextFile()
	}
}

// isDumpTar reports whether the first file of an archive is that of a dump in pg_dump's tar
// format (pg_backup_tar.c, _tarWriteHeader), and not of a directory that was packed.
func isDumpTar(h *tar.Header) bool {
	const user, group = 0o4000, 0o2000
	return h.Name == dumpfile.Contents && h.Uid == user && h.Gid == group
}

// beginsDumpTar reports whether head is the first header of a dump in tar format.
func beginsDumpTar(head []byte) bool {
	h, err := tar.NewReader(bytes.NewReader(head)).Next()
	return err == nil && isDumpTar(h)
}

// nextFile returns the next file of the dump.
func (b *tarball) nextFile() (File, error) {
	for {
		h, err := b.next()
		switch {
		case err == io.EOF: //nolint:errorlint // the reader's own end
			return File{}, b.endOfFiles()
		case err != nil:
			return File{}, b.explain(err)
		}
		name := cleanName(h.Name)
		if b.isOfDump(name) {
			return File{Name: path.Base(name), Size: h.Size, Reader: b.reader(b.t)}, nil
		}
		if err := b.other(name); err != nil {
			return File{}, err
		}
	}
}

// endOfFiles is end for a dump of several files.
func (b *tarball) endOfFiles() error {
	if err := b.end(); err != io.EOF { //nolint:errorlint // its own end
		return err
	}
	if b.link != "" {
		return b.m.isLink(b.link)
	}
	return io.EOF
}

// reader returns a reader of a file whose errors are Failures.
func (b *tarball) reader(r io.Reader) io.Reader { return explained{r, b.explain} }

// other notes a member behind the dump. It fails if it can be the dump too.
func (b *tarball) other(name string) error {
	if b.m.add(name, b.head()) != notADump {
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
		h, err := m.b.next()
		switch {
		case err == io.EOF: //nolint:errorlint // the reader's own end
			return n, m.b.end()
		case err != nil:
			return n, err
		}
		if err := m.b.other(cleanName(h.Name)); err != nil {
			return n, err
		}
	}
}

// end checks the trailer of the archive, and reads what is behind it. It returns io.EOF if
// the archive is complete.
func (b *tarball) end() error {
	if b.in.ended { // archive/tar accepts an archive without its trailer
		return b.explain(io.ErrUnexpectedEOF)
	}
	if err := b.in.readBehind(); err != nil {
		return b.explain(err)
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
