package inspect

import (
	"errors"
	"io"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// Sizes of feeds: of a file or a block of data, and of one definition.
const (
	feedBuffer  = 128 << 10
	smallBuffer = 16 << 10
)

// feed is a window on a dump, or a part of one.
type feed struct{ sqltext.Window }

func newFeed(r io.Reader, size int) *feed {
	return &feed{*sqltext.NewWindow(r, size)}
}

// reset starts over on another stream, with the same buffer.
func (f *feed) reset(r io.Reader) { f.Reset(r) }

// asText makes zero bytes damage, those at hand among them.
func (f *feed) asText() { f.RefuseZeros() }

// window returns the unread bytes that are at hand; none at the end.
func (f *feed) window() []byte { return f.Bytes() }

// peek returns the next n bytes, or fewer at the end. n is at most its buffer.
func (f *feed) peek(n int) []byte { return f.Peek(n) }

// skip passes n bytes of the window.
func (f *feed) skip(n int) { f.Skip(n) }

// next takes one byte.
func (f *feed) next() (byte, bool) { return f.Next() }

// line is the number of the line that is read, from 1.
func (f *feed) line() int64 { return f.Line() }

// lastLine is the number of the line of the byte that was read last.
func (f *feed) lastLine() int64 { return f.LastLine() }

// offset is how many bytes were read.
func (f *feed) offset() int64 { return f.Offset() }

// ended reports whether the stream simply ended. An error of the source may
// wrap io.EOF, as those of HTTP clients do, and is no end.
func (f *feed) hasEnded() bool {
	return f.Err() == io.EOF //nolint:errorlint // see above
}

// broken is why the stream ended, unless it simply did.
func (f *feed) brokenErr() error {
	if f.hasEnded() {
		return nil
	}
	var zero *sqltext.ZeroByteError
	if errors.As(f.Err(), &zero) {
		return atLine(zero.Line, outcome.DumpCorrupt, "a zero byte, which no dump as text can hold")
	}
	return f.Err()
}

// drain reads to the end, and returns the error of the stream, if there is one.
func (f *feed) drain() error {
	if broken := f.brokenErr(); StreamLevel(broken) {
		return broken
	}
	f.skip(len(f.AtHand()))
	if f.hasEnded() {
		return nil
	}
	f.Resume()
	for w := f.window(); len(w) > 0; w = f.window() {
		f.skip(len(w))
	}
	return f.brokenErr()
}
