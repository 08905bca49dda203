package inspect

import (
	"bytes"
	"io"
)

// InChunks reads a dump that is not compressed, as [Scan] does, but through a
// window of this size and in reads of so many bytes: wherever a read ends, and
// however little is in sight, the dump says the same.
func InChunks(content []byte, window, chunk int) (Contents, error) {
	f := newFeed(&chunks{r: bytes.NewReader(content), size: chunk}, window)
	k := newCatalog()
	if hasPrefix(f.peek(len(archiveMagic)), archiveMagic) {
		return ended(k, readArchive(f, k, &budget{}))
	}
	k.c.Format = Plain
	f.asText()
	s := newScript(f, k)
	err := s.run()
	if err == nil {
		err = s.end()
	}
	if len(f.window()) == 0 && f.brokenErr() != nil {
		err = f.brokenErr()
	}
	return ended(k, err)
}

func ended(k *catalog, err error) (Contents, error) { return k.contents(), err }

// chunks reads at most so many bytes at a time.
type chunks struct {
	r    io.Reader
	size int
}

func (c *chunks) Read(p []byte) (int, error) { return c.r.Read(p[:min(len(p), c.size)]) }

// Walked is where the parts of an archive are, as far as they could be read.
type Walked struct {
	Entries, Blocks []Span
	Err             error
}

// Walk goes through a custom archive twice: once it decodes the blocks, as [Scan]
// does, once it passes over them.
func Walk(content []byte, maxDecoded int64) (decoded, passed Walked) {
	k := newCatalog()
	a := newArchive(newFeed(bytes.NewReader(content), feedBuffer), k, &budget{max: maxDecoded})
	a.data = &unpacker{a: a}
	defer a.data.close()
	decoded = walked(a.walker, a.addEntry, a.decodeBlock)

	w := newWalker(newFeed(bytes.NewReader(content), feedBuffer), newCatalog().reserve)
	passed = walked(w, func(*entry) {}, func(b *block) {
		for r := range w.runs(b) {
			r.skip()
		}
	})
	return decoded, passed
}

func walked(w *walker, entry func(*entry), take func(*block)) (found Walked) {
	if !w.readHeader() || w.format != archiveCustom {
		return Walked{Err: w.unknownLayout()}
	}
	for e := range w.entries() {
		found.Entries = append(found.Entries, e.Span)
		entry(e)
	}
	for b := range w.blocks() {
		take(b)
		found.Blocks = append(found.Blocks, Span{At: b.at, Size: w.f.offset() - b.at})
	}
	found.Err = w.err
	return found
}
