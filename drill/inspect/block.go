package inspect

import (
	"context"
	"io"
	"strings"
)

// BlockOf returns the byte of a custom archive, not wrapped in anything, at which
// the rows begin that are brought by a COPY statement of its table of contents;
// 0 where that is not known, or several blocks have the same statement.
func BlockOf(ctx context.Context, r io.ReadSeeker, copyStatement string) int64 {
	f := newFeed(&cancelled{ctx: ctx, r: r}, feedBuffer)
	if !hasPrefix(f.peek(len(archiveMagic)), archiveMagic) {
		return 0
	}
	w := newWalker(f, newCatalog().holds)
	if !w.head() || w.format != archiveCustom {
		return 0
	}
	found := w.dataOf(copyStatement)
	if found == nil {
		return 0
	}
	if found.offset > 0 {
		if _, err := r.Seek(found.offset, io.SeekStart); err != nil {
			return 0
		}
		f.ResetAt(&cancelled{ctx: ctx, r: r}, found.offset)
	}
	for b := range w.blocks() {
		if b == found || found.offset > 0 {
			return found.at
		}
		for r := range w.runs(b) {
			r.pass()
		}
	}
	return 0
}

// dataOf returns the one block whose rows a COPY statement brings; nil: there is
// none, or there are several.
func (w *walker) dataOf(copyStatement string) (found *block) {
	wanted, matched := strings.TrimSpace(copyStatement), 0
	for e := range w.entries() {
		if e.data != nil && e.copyStmt != "" && strings.TrimSpace(e.copyStmt) == wanted {
			found = e.data
			matched++
		}
	}
	if w.err != nil || matched != 1 {
		return nil
	}
	return found
}
