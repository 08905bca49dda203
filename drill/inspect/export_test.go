package inspect

import (
	"bytes"
	"io"

	"github.com/drillgres/drillgres/drill/layers"
)

// InChunks reads an uncompressed dump like [Scan], through a window of the given
// size and with reads of at most chunk bytes. Neither may change the contents.
func InChunks(content []byte, window, chunk int) (Contents, error) {
	f := newFeed(&chunks{r: bytes.NewReader(content), size: chunk}, window)
	k := newCatalog()
	if hasPrefix(f.peek(len(archiveMagic)), archiveMagic) {
		return ended(k, readArchive(f, k, &layers.Budget{}))
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

// chunks reads at most size bytes at a time.
type chunks struct {
	r    io.Reader
	size int
}

func (c *chunks) Read(p []byte) (int, error) { return c.r.Read(p[:min(len(p), c.size)]) }

// Walked holds the offsets of an archive's parts up to the first error.
type Walked struct {
	Entries, Blocks []Span
	Err             error
}

// Walk reads a custom archive twice: first it decodes the blocks like [Scan], then
// it skips them.
func Walk(content []byte, maxDecoded int64) (decoded, skipped Walked) {
	k := newCatalog()
	a := newArchive(newFeed(bytes.NewReader(content), feedBuffer), k, &layers.Budget{Max: maxDecoded})
	a.data = newUnpacker(a)
	defer a.data.close()
	decoded = walked(a.walker, a.addEntry, a.decodeBlock)

	w := newWalker(newFeed(bytes.NewReader(content), feedBuffer), newCatalog().reserve)
	skipped = walked(w, func(*entry) {}, func(b *block) {
		for r := range w.runs(b) {
			r.skip()
		}
	})
	return decoded, skipped
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
