package inspect

import (
	"errors"
	"io"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// Buffer sizes of feeds: for a file or a block of data, and for one definition.
const (
	feedBuffer  = 128 << 10
	smallBuffer = 16 << 10
)

// feed is a window on a dump or a part of one.
type feed struct{ sqltext.Window }

func newFeed(r io.Reader, size int) *feed {
	return &feed{*sqltext.NewWindow(r, size)}
}

// reset starts over on another stream, with the same buffer.
func (f *feed) reset(r io.Reader) { f.Reset(r) }

// asText makes a zero byte an error, including those already in the window.
func (f *feed) asText() { f.RefuseZeros() }

// window returns the unread bytes in the buffer. It returns none at the end.
func (f *feed) window() []byte { return f.Bytes() }

// peek returns the next n bytes, or fewer at the end. n must not exceed the buffer.
func (f *feed) peek(n int) []byte { return f.Peek(n) }

// skip skips n bytes of the window.
func (f *feed) skip(n int) { f.Skip(n) }

// next reads one byte. It returns false at the end.
func (f *feed) next() (byte, bool) { return f.Next() }

// line returns the number of the current line, from 1.
func (f *feed) line() int64 { return f.Line() }

// lastLine returns the number of the line that contains the last byte read.
func (f *feed) lastLine() int64 { return f.LastLine() }

// offset returns how many bytes were read.
func (f *feed) offset() int64 { return f.Offset() }

// hasEnded reports whether the stream ended without an error. An error of the
// source may wrap io.EOF, as those of HTTP clients do, and is not an end.
func (f *feed) hasEnded() bool {
	return f.Err() == io.EOF //nolint:errorlint // see above
}

// brokenErr returns the error that ended the stream. It returns nil if the stream
// ended normally or has not ended.
func (f *feed) brokenErr() error {
	if f.hasEnded() {
		return nil
	}
	var zero *sqltext.ZeroByteError
	if errors.As(f.Err(), &zero) {
		return atLine(zero.Line, outcome.DumpCorrupt, "a zero byte, which a text dump cannot contain")
	}
	return f.Err()
}

// drain reads to the end and returns the error of the stream, if any.
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
