package inspect

import (
	"context"
	"io"
	"strings"
)

// BlockOf is the byte of a custom archive, not wrapped in anything, at which
// the rows begin that are brought by a COPY statement of its table of contents;
// 0 where that is not known, or several blocks have the same statement.
func BlockOf(ctx context.Context, r io.ReadSeeker, copyStatement string) int64 {
	f := newFeed(&cancelled{ctx: ctx, r: r}, feedBuffer)
	if !hasPrefix(f.peek(len(archiveMagic)), archiveMagic) {
		return 0
	}
	a := newArchive(f, newCatalog(), &budget{})
	var found entry
	matched := 0
	a.passed = func(e *entry) {
		if e.copyStmt != "" && strings.TrimSpace(e.copyStmt) == strings.TrimSpace(copyStatement) {
			found = *e
			matched++
		}
	}
	if !a.head() || a.format != archiveCustom {
		return 0
	}
	switch a.entries(); {
	case a.err != nil || matched != 1:
		return 0
	case found.state == offsetSet:
		if _, err := r.Seek(found.offset, io.SeekStart); err != nil {
			return 0
		}
		f.reset(&cancelled{ctx: ctx, r: r})
		return a.blockHere(found)
	}
	return a.passUpTo(found.id)
}

// blockHere tells whether the block of an entry begins here, as the table of
// contents says; 0: it does not.
func (a *archive) blockHere(e entry) int64 {
	if a.byte(); a.int() != e.id || a.err != nil {
		return 0
	}
	return e.offset
}

// passUpTo passes over blocks, without decoding them, and tells where the one
// of a number begins; 0: it did not come to it.
func (a *archive) passUpTo(id int64) int64 {
	for {
		at := a.f.offset()
		kind, number := a.byte(), a.int()
		switch {
		case a.err != nil:
			return 0
		case number == id:
			return at
		case kind == blockBlobs:
			for a.int() != 0 && a.err == nil {
				a.passChunks()
			}
		default:
			a.passChunks()
		}
	}
}

// passChunks passes over what is left of a block, or of a large object.
func (a *archive) passChunks() {
	for left := a.int(); left > 0 && a.err == nil; left = a.int() {
		for left > 0 {
			w := a.f.window()
			if len(w) == 0 {
				a.cut("within a block of data")
				return
			}
			n := min(left, int64(len(w)))
			a.f.skip(int(n))
			left -= n
		}
	}
}
