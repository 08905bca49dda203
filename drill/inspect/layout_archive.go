package inspect

import (
	"bytes"

	"github.com/drillgres/drillgres/drill/outcome"
)

// packs are the names of an archive's compressions.
var packs = map[byte]string{packNone: "", packZlib: "zlib", packLZ4: "lz4", packZstd: "zstd"}

// archive maps a custom archive.
func (m *mapping) archive(f *feed, spent *budget) error {
	a := newArchive(f, m.k, spent)
	m.layout.Format = Custom
	if !a.head() || a.format != archiveCustom {
		return firstError(a.err, outcome.Fail(outcome.FormatUnsupported, "where things lie in archive version %s is not known", m.k.c.ArchiveVersion))
	}
	m.layout.Archive = &ArchiveLayout{IntSize: a.intSize, OffsetSize: a.offSize, Pack: packs[a.pack]}
	e := &mappedArchive{archive: a, m: m, columns: map[int64][]string{}, buf: make([]byte, sourceBuffer)}
	n := a.int()
	for i := int64(0); i < n && a.err == nil; i++ {
		e.entry()
		if a.err == nil {
			a.err = m.k.check()
		}
	}
	e.passBlocks()
	m.layout.End = f.offset()
	return a.err
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// mappedArchive is an archive that notes where its parts lie. It passes over
// the blocks of data without decoding them.
type mappedArchive struct {
	*archive
	m       *mapping
	columns map[int64][]string // of the COPY of an entry, by its number
	buf     []byte
}

// entry reads one entry as [archive.entry] does, and notes where its definition
// and its pointer lie.
func (a *mappedArchive) entry() {
	e := entry{id: a.int()}
	a.int()
	a.bytes()
	a.bytes()
	e.tag, e.desc = a.string(), a.string()
	if a.minor >= 11 {
		a.int()
	}
	length := a.f.offset()
	a.bytes()
	definition, behind := bytes.Clone(a.text), a.f.offset()
	a.bytes()
	e.dropped = len(a.text) > 0
	e.copyStmt, e.schema, e.space = a.string(), a.string(), a.string()
	if a.minor >= 14 {
		a.bytes()
	}
	if a.minor >= 16 {
		a.int()
	}
	e.owner = a.string()
	a.bytes()
	for a.dependency() {
	}
	pointer := a.f.offset() + 1
	a.offset(&e)
	if a.err != nil {
		return
	}
	a.learn(&e, definition)
	if e.state == offsetSet {
		a.m.layout.Archive.Pointers = append(a.m.layout.Archive.Pointers, Pointer{At: pointer, To: e.offset})
	}
	if columns := copyColumns(a.tokens(e.copyStmt)); len(columns) > 0 && a.k.holds(columns...) {
		a.columns[e.id] = columns
	}
	at := length + 1 + int64(a.intSize)
	a.define(e, definition, at, behind-at)
}

// define learns from the statements of an entry.
func (a *mappedArchive) define(e entry, sql []byte, at, size int64) {
	s := a.m.facts.restart(bytes.NewReader(sql))
	a.k.searchPath = e.schema
	for w := s.f.window(); len(w) > 0; w = s.f.window() {
		if w[0] != ';' || s.st.empty() || !s.st.ends() {
			if s.lex(w[0]) != nil {
				return
			}
			continue
		}
		s.f.skip(1)
		a.m.facts.learn(s.st.tokens)
		if state, ok := a.m.facts.setval(s.st.tokens); ok && e.desc == "SEQUENCE SET" && a.k.holds(state.Schema, state.Name, state.Literal) {
			state.At, state.Size = at, size
			a.m.states = append(a.m.states, state)
		}
		s.st.reset()
	}
}

// passBlocks passes over the blocks that the table of contents promises.
func (a *mappedArchive) passBlocks() {
	a.data = &unpacker{a: a.archive}
	defer a.data.close()
	for missing := len(a.order); missing > 0 && a.err == nil; missing-- {
		kind := a.byte()
		id := a.int()
		b := a.blocks[id]
		a.check(a.err != nil || b != nil && !b.read && (kind == blockData || kind == blockBlobs), "a block that no entry promises")
		switch {
		case a.err != nil:
			return
		case kind == blockBlobs:
			for a.int() != 0 && a.err == nil {
				a.chunks()
			}
		default:
			a.rows(id, b)
		}
		b.read = true
	}
}

// rows passes over the block of one table.
func (a *mappedArchive) rows(id int64, b *block) {
	at := a.f.offset()
	a.sample(at)
	if b.copied && a.pack != packLZ4 && len(a.m.facts.fillers[b.table]) > 0 {
		first := a.data.open().peek(longestFirst)
		a.m.facts.firstRows(b.table, a.columns[id], first)
		a.rest()
	} else {
		a.chunks()
	}
	a.m.extent(b.table, at, a.f.offset()-at, b.copied)
}

// chunks passes over chunks up to the one of length 0.
func (a *mappedArchive) chunks() {
	a.data.left, a.data.done = 0, false
	a.rest()
}

// rest passes over what is left of a block.
func (a *mappedArchive) rest() {
	for !a.data.done && a.err == nil {
		if _, err := a.data.Read(a.buf); err != nil {
			return
		}
	}
}

// sample keeps the chunk at which the next block begins if it is the largest.
func (a *mappedArchive) sample(at int64) {
	head := a.f.peek(1 + a.intSize + len("\x28\xb5\x2f\xfd") + 1)
	if len(head) <= 1+a.intSize || head[0] != 0 {
		return
	}
	var size int64
	for i, b := range head[1 : 1+a.intSize] {
		size |= int64(b) << (8 * i)
	}
	if size > a.m.layout.Archive.Chunk.Size {
		summed := a.pack == packZlib || a.pack == packZstd && zstdSummed(head[1+a.intSize:])
		a.m.layout.Archive.Chunk = Chunk{At: at + 1 + int64(a.intSize), Size: size, Summed: summed}
	}
}

// NewerArchive is a minor version of the archive format that nobody reads yet.
const NewerArchive = newestArchive + 1

// ReadsArchives tells whether it is known which archives the pg_restore of a
// major reads, so that [Judge] can say that one is too new for it.
func ReadsArchives(major int) bool { return readableArchive(major) != 0 }
