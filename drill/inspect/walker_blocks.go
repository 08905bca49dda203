package inspect

import (
	"cmp"
	"io"
	"iter"

	"github.com/drillgres/drillgres/drill/sqltext"
	"github.com/drillgres/drillgres/drill/words"
)

// The kinds of blocks.
const (
	blockData  = 1
	blockBlobs = 3
)

// block is data that the table of contents promises.
type block struct {
	id     int64
	kind   byte
	name   string // for messages
	object string // the same, as a Failure has it
	rows   bool   // of a table, not large objects
	table  sqltext.Name
	copied bool  // rows of a COPY, not INSERTs
	offset int64 // where it must begin; -1: the archive does not say
	at     int64 // where it begins
	read   bool
}

// blocks yields the blocks until each that is promised was there. The caller
// takes what is in each of them with runs, before it goes on to the next.
func (w *walker) blocks() iter.Seq[*block] {
	return func(yield func(*block) bool) {
		for missing := len(w.order); missing > 0 && w.err == nil; missing-- {
			at := w.f.offset()
			kind, ok := w.f.next()
			if !ok {
				w.failMissing(missing)
				return
			}
			if b := w.readBlockHead(kind, at); b == nil || !yield(b) {
				return
			}
		}
	}
}

// lacks is the failure for blocks that are not there.
func (w *walker) failMissing(missing int) {
	for _, b := range w.order {
		if !b.read {
			w.about = b.object
			w.failTruncated("before the data of " + b.name + " and of " + words.Count(missing-1, "other entry"))
			return
		}
	}
}

// block reads the head of a block; nil: it is damaged.
func (w *walker) readBlockHead(kind byte, at int64) *block {
	w.begin, w.about = at, ""
	w.require(kind == blockData || kind == blockBlobs, "a block of an unknown kind")
	id := w.readInt()
	b := w.promised[id]
	switch {
	case w.err != nil:
		w.nameEarlyEnd()
		return nil
	case b == nil || b.read:
		w.failCorrupt("a block with the unexpected number %d", id)
		return nil
	}
	w.about = b.object
	if b.offset >= 0 && b.offset != at {
		w.failCorrupt("the data of %s is at byte %d, but its entry states byte %d", b.name, at, b.offset)
		return nil
	}
	b.kind, b.at, b.read = kind, at, true
	return b
}

// inBlock words an early end that a number ran into.
func (w *walker) nameEarlyEnd() {
	if w.f.hasEnded() && w.f.window() == nil {
		w.err = nil
		w.failTruncated("within a block of data")
	}
}

// run is what a block stores for one table or for one large object: chunks, of
// which the last one is empty.
type run struct {
	w         *walker
	remaining int64 // bytes of the chunk that are unread
	done      bool  // the empty chunk was read

	first Span // the first chunk
}

// runs yields what is in a block: the rows of its table, or each of its large
// objects. What the caller leaves of a run is passed over.
func (w *walker) runs(b *block) iter.Seq[*run] {
	return func(yield func(*run) bool) {
		for w.err == nil && (b.kind == blockData || w.readLargeObject()) {
			r := &run{w: w}
			r.nextChunk()
			r.first = Span{At: w.f.offset(), Size: r.remaining}
			if !yield(r) {
				return
			}
			r.skip()
			if b.kind == blockData {
				return
			}
		}
	}
}

// largeObject reads the number of one; 0 is behind the last.
func (w *walker) readLargeObject() bool {
	oid := w.readInt()
	if w.err != nil {
		w.nameEarlyEnd()
	}
	return w.err == nil && oid != 0
}

// next begins the next chunk.
func (r *run) nextChunk() {
	r.remaining = r.w.readInt()
	r.w.require(r.remaining >= 0, "a chunk has a negative length")
	if r.w.err != nil {
		r.w.nameEarlyEnd()
	}
	r.done = r.remaining == 0
}

// Read returns the bytes of the chunks, and ends behind the empty one. It looks no
// further than it must: damage before an early end is found first.
func (r *run) Read(p []byte) (int, error) {
	if !r.hasMore() {
		return 0, cmp.Or(r.w.err, io.EOF)
	}
	n, _ := r.w.f.Read(p[:min(r.remaining, int64(len(p)))])
	return n, r.advance(n)
}

// pass passes over what is left.
func (r *run) skip() {
	for r.hasMore() {
		n := int(min(r.remaining, int64(len(r.w.f.window()))))
		r.w.f.skip(n)
		_ = r.advance(n) // ends the walk
	}
}

// more reports whether there are bytes left, and begins the next chunk for that.
func (r *run) hasMore() bool {
	if r.remaining == 0 && !r.done && r.w.err == nil {
		r.nextChunk()
	}
	return !r.done && r.w.err == nil
}

// took notes that n bytes of a chunk were read; 0: there are no more.
func (r *run) advance(n int) error {
	r.remaining -= int64(n)
	if n == 0 {
		r.w.failTruncated("within a block of data")
	}
	return r.w.err
}
