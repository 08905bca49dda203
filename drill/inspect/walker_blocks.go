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
	id       int64
	kind     byte
	name     string // for messages
	object   string // name for Failure.Object
	rows     bool   // the block contains rows of a table, not large objects
	table    sqltext.Name
	copied   bool // rows of a COPY, not INSERTs
	copyStmt string
	file     string // with the rows, of a directory or tar archive, without its compression
	size     int64  // of the rows, decompressed
	offset   int64  // stated in the table of contents; -1: not stated
	at       int64  // actual offset
	read     bool
}

// blocks yields the blocks in the order of the file until it has found all promised
// ones. The caller must read each block with runs before it continues.
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

// failMissing fails for promised blocks that the archive does not contain.
func (w *walker) failMissing(missing int) {
	for _, b := range w.order {
		if !b.read {
			w.about = b.object
			w.failTruncated("before the data of " + b.name + " and of " + words.Count(missing-1, "other entry"))
			return
		}
	}
}

// readBlockHead reads the head of a block. It returns nil if the head is damaged.
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

// nameEarlyEnd replaces the failure of a number at the end of the file, which names
// the table of contents, with one that names the block.
func (w *walker) nameEarlyEnd() {
	if w.f.hasEnded() && w.f.window() == nil {
		w.err = nil
		w.failTruncated("within a block of data")
	}
}

// run is the data of one table or of one large object in a block: a list of chunks
// that ends with an empty one.
type run struct {
	w         *walker
	remaining int64 // unread bytes of the chunk
	done      bool  // the empty chunk was read

	first Span // the first chunk
}

// runs yields the runs of a block: the rows of its table, or each of its large
// objects. It skips what the caller does not read of a run.
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

// readLargeObject reads the number of the next large object. It returns false after
// the last one.
func (w *walker) readLargeObject() bool {
	oid := w.readInt()
	if w.err != nil {
		w.nameEarlyEnd()
	}
	return w.err == nil && oid != 0
}

// nextChunk begins the next chunk.
func (r *run) nextChunk() {
	r.remaining = r.w.readInt()
	r.w.require(r.remaining >= 0, "a chunk has a negative length")
	if r.w.err != nil {
		r.w.nameEarlyEnd()
	}
	r.done = r.remaining == 0
}

// Read returns the bytes of the chunks and ends at the empty one. It does not read
// ahead, so that damage before an early end is found first.
func (r *run) Read(p []byte) (int, error) {
	if !r.hasMore() {
		return 0, cmp.Or(r.w.err, io.EOF)
	}
	n, _ := r.w.f.Read(p[:min(r.remaining, int64(len(p)))])
	return n, r.advance(n)
}

// skip skips the remaining bytes.
func (r *run) skip() {
	for r.hasMore() {
		n := int(min(r.remaining, int64(len(r.w.f.window()))))
		r.w.f.skip(n)
		_ = r.advance(n) // ends the walk
	}
}

// hasMore reports whether unread bytes remain. It begins the next chunk if necessary.
func (r *run) hasMore() bool {
	if r.remaining == 0 && !r.done && r.w.err == nil {
		r.nextChunk()
	}
	return !r.done && r.w.err == nil
}

// advance records that n bytes of a chunk were read; 0: the stream has ended.
func (r *run) advance(n int) error {
	r.remaining -= int64(n)
	if n == 0 {
		r.w.failTruncated("within a block of data")
	}
	return r.w.err
}
