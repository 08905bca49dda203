package inspect

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/drillgres/drillgres/drill/dumpfile"
	"github.com/drillgres/drillgres/drill/layers"
)

// Block is where an archive has the rows of a table. A restore over several sessions needs it.
type Block struct {
	Entry int64  // its number in the table of contents
	Copy  string // the COPY statement
	File  string // with the rows, of a dump in directory format, without its compression
	At    int64  // offset of the block in a custom archive
	Size  int64  // of the rows, decompressed, in bytes
}

// sections of the entries of an archive (teSection in pg_backup.h).
const sectionData = 3

// mostLater is how many entries after the rows an archive keeps in mind.
const mostLater = 1000

// noteLater notes an entry that comes after the rows.
func (a *archive) noteLater(e *entry) {
	if e.section >= sectionData && e.desc != "TABLE DATA" && len(a.later) < mostLater {
		a.later = append(a.later, e.id)
	}
}

// noteBlocks sets the blocks that the table of contents promises, or why a client must load the
// archive.
func (a *archive) noteBlocks() {
	c := &a.k.c.Source
	for _, b := range a.order {
		switch {
		case !b.rows: // pg_restore writes large objects as SQL
			continue
		case !b.copied:
			c.NoOutline = "it has rows as INSERTs"
		case b.file != "" && !dumpfile.IsRows(b.file):
			c.NoOutline = "its files do not have the names that pg_dump gives them"
		case a.k.reserve(b.copyStmt):
			c.Blocks = append(c.Blocks, Block{Entry: b.id, Copy: b.copyStmt, File: b.file})
			continue
		}
		c.Blocks = nil
		return
	}
	if len(c.Blocks) == 0 {
		c.NoOutline = "it has no rows"
	}
	later := slices.IndexFunc(a.later, func(id int64) bool {
		return !slices.ContainsFunc(c.Refreshes, func(v View) bool { return v.Entry == id })
	})
	if later >= 0 {
		c.AfterRows = a.later[later]
	}
}

// placeBlocks sets where the blocks were found.
func (a *archive) placeBlocks() {
	blocks := slices.Clone(a.k.c.Blocks) // those who follow have the others
	for i := range blocks {
		b := a.promised[blocks[i].Entry]
		blocks[i].At, blocks[i].Size = b.at, b.size
	}
	a.k.c.Blocks = blocks
}

// OpenBlock opens the rows of a block of an unpacked archive, a file or a directory, without the end
// mark of COPY.
func (s Source) OpenBlock(path string, b Block) (io.ReadCloser, error) {
	block, err := s.openBlock(path, b)
	if err != nil {
		return nil, err
	}
	return &rowsOnly{ReadCloser: block, left: b.Size}, nil
}

// rowsOnly is the rows of a block. Sessions that share them would take what follows the end mark,
// empty lines, for rows.
type rowsOnly struct {
	io.ReadCloser
	left int64 // bytes of rows
	end  error // io.EOF once what follows was read
}

func (r *rowsOnly) Read(p []byte) (int, error) {
	if r.left == 0 {
		if r.end == nil {
			r.end = r.readEnd()
		}
		return 0, r.end
	}
	n, err := r.ReadCloser.Read(p[:min(int64(len(p)), r.left)])
	if r.left -= int64(n); err == io.EOF { //nolint:errorlint // the end of the block
		err = io.ErrUnexpectedEOF
		if n > 0 {
			err = nil
		}
	}
	return n, err
}

// readEnd reads what follows the rows, because a checksum may come last, and returns io.EOF.
func (r *rowsOnly) readEnd() error {
	const most = 1 << 10 // the end mark, and empty lines
	end, err := io.ReadAll(io.LimitReader(r.ReadCloser, most))
	switch {
	case err != nil:
		return err
	case len(end) == most || endMarkerLength(end[:min(len(end), 4)]) == 0:
		return errors.New("a block of rows has changed since it was inspected")
	}
	return io.EOF
}

func (s Source) openBlock(path string, b Block) (io.ReadCloser, error) {
	if s.Format == Directory {
		return openRowsFile(path, b)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	rows, err := readBlock(file, b)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	rows.done = append(rows.done, func() { _ = file.Close() })
	return rows, nil
}

// openedRows are rows that are being read.
type openedRows struct {
	io.Reader
	done []func()
}

func (o *openedRows) Close() error {
	for _, do := range o.done {
		do()
	}
	return nil
}

// readBlock reads the block of a custom archive at its offset.
func readBlock(file *os.File, b Block) (*openedRows, error) {
	w := newWalker(newFeed(file, smallBuffer), func(...string) bool { return true })
	if !w.readHeader() {
		return nil, w.unknownLayout()
	}
	if _, err := file.Seek(b.At, io.SeekStart); err != nil {
		return nil, err
	}
	w.f = newFeed(nil, feedBuffer)
	w.f.ResetAt(file, b.At)
	w.promised[b.Entry] = &block{id: b.Entry, offset: -1, rows: true}
	u := newUnpacker(&archive{walker: w})
	rows, _, err := u.openRows(b.Entry)
	return &openedRows{rows, []func(){u.close}}, err
}

// openRows opens the rows of an entry, whose block begins at the current position.
func (u *unpacker) openRows(entry int64) (rows io.Reader, from *run, err error) {
	w := u.a.walker
	at := w.f.offset()
	kind, _ := w.f.next()
	b := w.readBlockHead(kind, at)
	if b == nil || b.id != entry {
		return nil, nil, cmp.Or(w.err, io.ErrUnexpectedEOF)
	}
	from = &run{w: w}
	u.br.Reset(from)
	rows, err = u.unpack()
	return rows, from, err
}

// ArchiveReader reads the rows of a custom archive in their order, once.
type ArchiveReader struct {
	unpacker *unpacker
	last     *run // nil: none was opened
}

// ReadArchive reads the table of contents of a custom archive. It copies at least that to toc.
func ReadArchive(from io.Reader, toc io.Writer) (*ArchiveReader, error) {
	copied := &copiedReader{from, toc}
	w := newWalker(newFeed(copied, feedBuffer), func(...string) bool { return true })
	if !w.readHeader() {
		return nil, w.unknownLayout()
	}
	for range w.entries() {
	}
	copied.to = io.Discard
	return &ArchiveReader{unpacker: newUnpacker(&archive{walker: w})}, w.err
}

// Next opens the rows of the next block. They are followed by the end mark of COPY, and must be
// read before the next call.
func (r *ArchiveReader) Next(b Block) (rows io.Reader, err error) {
	if r.last != nil {
		r.last.skip()
	}
	rows, r.last, err = r.unpacker.openRows(b.Entry)
	return rows, err
}

// Close frees what decompresses the rows.
func (r *ArchiveReader) Close() { r.unpacker.close() }

// copiedReader copies what it reads.
type copiedReader struct {
	from io.Reader
	to   io.Writer
}

func (c *copiedReader) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	if _, failed := c.to.Write(p[:n]); failed != nil {
		return n, failed
	}
	return n, err
}

// openRowsFile opens a file of rows of a dump in directory format.
func openRowsFile(dir string, b Block) (io.ReadCloser, error) {
	for _, ext := range append([]string{""}, dumpfile.Compressions...) {
		name := b.File + ext
		file, err := os.Open(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		content, done, err := unpackFile(layers.File{Name: name, Reader: file})
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		return &openedRows{content, []func(){done, func() { _ = file.Close() }}}, nil
	}
	return nil, fmt.Errorf("%s: %w", b.File, fs.ErrNotExist)
}
