package inspect

import (
	"bufio"
	"errors"
	"io"

	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"github.com/drillgres/drillgres/drill/layers"
)

// errBlockEnd is the error for a block that ends before its compressed stream.
var errBlockEnd = errors.New("a block of data ends within its compressed stream")

// readBlocks decodes all promised blocks.
func (a *archive) readBlocks() {
	a.data = newUnpacker(a)
	defer a.data.close()
	for b := range a.blocks() {
		a.decodeBlock(b)
	}
}

// decodeBlock decodes the rows or the large objects of a block.
func (a *archive) decodeBlock(b *block) {
	for r := range a.runs(b) {
		f := a.data.open(r)
		if b.kind == blockData {
			a.readTableRows(b, f)
			continue
		}
		a.k.c.LargeObjects++
		for w := f.window(); len(w) > 0; w = f.window() {
			f.skip(len(w))
		}
		a.data.finish()
	}
}

// readTableRows reads the rows of one table.
func (a *archive) readTableRows(b *block, f *feed) {
	f.asText()
	if !b.copied {
		a.readInserts(b, f)
		return
	}
	watched := a.k.watchRows(b.table)
	read := readRows(f, watched, a.beginRows(b))
	table := a.k.table(b.table)
	table.addData(read.rows, read.size)
	b.size = read.size
	a.k.arriving.endRows(Rows{Table: b.table, Data: Span{Size: b.size}})
	table.addNewest(watched.times())
	blank := a.drainBlock(f)
	if a.err == nil {
		a.require(read.closed && blank, "the rows of "+b.name+" do not end properly")
	}
}

// drainBlock reads to the end of the block. It reports whether the remainder
// contains only line feeds.
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

// readInserts reads rows that were dumped as INSERTs.
func (a *archive) readInserts(b *block, f *feed) {
	a.k.table(b.table).addData(0, 0)
	s := newScript(f, a.k)
	s.fragment, s.lexer.NonStandard = true, a.sql.lexer.NonStandard
	a.k.path = newSearchPath([]string{b.table.Schema})
	err := s.run()
	a.data.finish()
	if err != nil && a.err == nil {
		a.failCorrupt("the rows of %s: %w", b.name, err)
	}
}

// unpacker decompresses runs of chunks one after the other and reuses its buffers.
type unpacker struct {
	a    *archive
	br   *bufio.Reader
	zlib io.ReadCloser
	zstd *zstd.Decoder
	f    *feed
}

func newUnpacker(a *archive) *unpacker {
	return &unpacker{a: a, br: bufio.NewReaderSize(nil, sourceBuffer)}
}

// open returns a feed with the decompressed bytes of a run.
func (u *unpacker) open(from *run) *feed {
	if u.f == nil {
		u.f = newFeed(nil, feedBuffer)
	}
	u.br.Reset(from)
	r, err := u.unpack()
	if err != nil {
		r = errorReader{err}
	}
	u.f.reset(&meteredReader{r: r, spent: u.a.budget})
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

// lz4 returns a reader of the block's frame. It creates a new one for each block,
// because a Reader that is reset keeps the dictionary of the last frame. The format
// bounds its memory: a block of a frame decodes to at most 4 MiB. pg_restore does
// not read frames of the legacy format, which have no end mark.
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

// finish reads the rest of the block and checks that its compressed stream ends
// where the block ends.
func (u *unpacker) finish() {
	for w := u.f.window(); len(w) > 0; w = u.f.window() {
		u.f.skip(len(w))
	}
	broken := u.f.brokenErr()
	switch {
	case u.a.err != nil:
		return
	case errors.Is(broken, io.ErrUnexpectedEOF):
		u.a.failCorrupt("%w", errBlockEnd)
		return
	case broken != nil && StreamLevel(broken) && isFailure(broken):
		u.a.err = broken // the budget
		return
	case broken != nil:
		u.a.failCorrupt("a block of data does not decode: %w", broken)
		return
	}
	if _, err := u.br.ReadByte(); err == nil {
		u.a.failCorrupt("a block of data continues after its compressed stream")
	}
}

func (u *unpacker) close() {
	if u.zstd != nil {
		u.zstd.Close()
	}
}

// meteredReader subtracts the bytes that it reads from the budget.
type meteredReader struct {
	r     io.Reader
	spent *layers.Budget
}

func (m *meteredReader) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	if over := m.spent.Spend(n); over != nil {
		return n, over
	}
	return n, err
}

type errorReader struct{ err error }

func (f errorReader) Read([]byte) (int, error) { return 0, f.err }
