package inspect

import (
	"context"
	"io"
	"strings"

	"github.com/drillgres/drillgres/drill/layers"
)

// BlockOf returns the offset of the data block for a COPY statement from the table
// of contents of a custom archive, in bytes. It returns 0 if the offset is unknown,
// if several blocks have the same statement, or if the archive is compressed as a
// whole.
func BlockOf(ctx context.Context, r io.ReadSeeker, copyStatement string) int64 {
	f := newFeed(layers.Cancelable(ctx, r), feedBuffer)
	if !hasPrefix(f.peek(len(archiveMagic)), archiveMagic) {
		return 0
	}
	w := newWalker(f, newCatalog().reserve)
	if !w.readHeader() || w.format != archiveCustom {
		return 0
	}
	found := w.blockOf(copyStatement)
	if found == nil {
		return 0
	}
	if found.offset > 0 {
		if _, err := r.Seek(found.offset, io.SeekStart); err != nil {
			return 0
		}
		f.ResetAt(layers.Cancelable(ctx, r), found.offset)
	}
	for b := range w.blocks() {
		if b == found || found.offset > 0 {
			return found.at
		}
		for r := range w.runs(b) {
			r.skip()
		}
	}
	return 0
}

// blockOf returns the only block with the given COPY statement. It returns nil if
// there is none or more than one.
func (w *walker) blockOf(copyStatement string) (found *block) {
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
