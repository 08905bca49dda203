package inspect

import (
	"bufio"
	"errors"
	"io"

	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// errBlockEnd is what a decompressor sees where a block ends early.
var errBlockEnd = errors.New("a block of data ends within its compressed stream")

// allBlocks decodes the blocks that are promised.
func (a *archive) allBlocks() {
	a.data = &unpacker{a: a}
	defer a.data.close()
	for b := range a.blocks() {
		a.decode(b)
	}
}

// decode decodes what is in a block.
func (a *archive) decode(b *block) {
	for r := range a.runs(b) {
		f := a.data.open(r)
		if b.kind == blockData {
			a.rows(b, f)
			continue
		}
		a.k.c.LargeObjects++
		for w := f.window(); len(w) > 0; w = f.window() {
			f.skip(len(w))
		}
		a.data.finish()
	}
}

// rows reads the rows of one table.
func (a *archive) rows(b *block, f *feed) {
	f.asText()
	if !b.copied {
		a.inserts(b, f)
		return
	}
	read := readRows(f)
	a.k.table(b.table).data(read.rows, read.size)
	blank := a.drainBlock(f)
	if a.err == nil {
		a.check(read.closed && blank, "the rows of "+b.name+" have no proper end")
	}
}

// drainBlock reads on to the end of the block, and tells whether nothing but
// line feeds was left.
func (a *archive) drainBlock(f *feed) bool {
	blank := true
	for w := f.window(); len(w) > 0; w = f.window() {
		for _, c := range w {
			blank = blank && c == '\n'
		}
		f.skip(len(w))
	}
	a.data.finish()
	return blank
}

// inserts reads rows that were dumped as INSERTs.
func (a *archive) inserts(b *block, f *feed) {
	a.k.table(b.table).data(0, 0)
	s := newScript(f, a.k)
	s.fragment, s.lexer.NonStandard = true, a.sql.lexer.NonStandard
	a.k.searchPath = b.table.Schema
	err := s.run()
	a.data.finish()
	if err != nil && a.err == nil {
		a.corrupt("the rows of %s: %w", b.name, err)
	}
}

// unpacker decompresses one run of chunks after the other with the same buffers.
type unpacker struct {
	a    *archive
	br   *bufio.Reader
	zlib io.ReadCloser
	zstd *zstd.Decoder
	f    *feed
}

// open begins to decompress a run.
func (u *unpacker) open(from *run) *feed {
	if u.f == nil {
		u.f = newFeed(nil, feedBuffer)
		u.br = bufio.NewReaderSize(nil, sourceBuffer)
	}
	u.br.Reset(from)
	r, err := u.unpack()
	if err != nil {
		r = failing{err}
	}
	u.f.reset(&metered{r: r, spent: u.a.spent})
	return u.f
}

func (u *unpacker) unpack() (io.Reader, error) {
	switch u.a.pack {
	case packZlib:
		return u.inflate()
	case packZstd:
		if u.zstd != nil {
			return u.zstd, u.zstd.Reset(u.br)
		}
		var err error
		u.zstd, err = newZstd(u.br)
		return u.zstd, err
	case packLZ4:
		return u.lz4()
	}
	return u.br, nil
}

// lz4 returns a reader of the block's frame. It takes a new one for each block,
// because a Reader that is reset keeps the last frame's dictionary. Its memory is
// bounded by the format: blocks of a frame decode to 4 MiB at most. Frames of the
// legacy format, which have no end mark, pg_restore does not read.
func (u *unpacker) lz4() (io.Reader, error) {
	const legacy = "\x02\x21\x4c\x18"
	if head, _ := u.br.Peek(len(legacy)); string(head) == legacy {
		return nil, errors.New("lz4: a frame of the legacy format")
	}
	return lz4.NewReader(u.br), nil
}

func (u *unpacker) inflate() (io.Reader, error) {
	if r, ok := u.zlib.(zlib.Resetter); ok {
		return u.zlib, r.Reset(u.br, nil)
	}
	var err error
	u.zlib, err = zlib.NewReader(u.br)
	return u.zlib, err
}

// finish makes sure that the block decoded to its end, and that it has one.
func (u *unpacker) finish() {
	for w := u.f.window(); len(w) > 0; w = u.f.window() {
		u.f.skip(len(w))
	}
	broken := u.f.broken()
	switch {
	case u.a.err != nil:
		return
	case errors.Is(broken, io.ErrUnexpectedEOF):
		u.a.corrupt("%w", errBlockEnd)
		return
	case broken != nil && StreamLevel(broken) && isFailure(broken):
		u.a.err = broken // the budget
		return
	case broken != nil:
		u.a.corrupt("a block of data does not decode: %w", broken)
		return
	}
	if _, err := u.br.ReadByte(); err == nil {
		u.a.corrupt("a block of data goes on behind its compressed stream")
	}
}

func (u *unpacker) close() {
	if u.zstd != nil {
		u.zstd.Close()
	}
}

// metered takes what it reads off the budget.
type metered struct {
	r     io.Reader
	spent *budget
}

func (m *metered) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	if over := m.spent.spend(n); over != nil {
		return n, over
	}
	return n, err
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
