package inspect

import (
	"cmp"
	"fmt"

	"github.com/drillgres/drillgres/drill/outcome"
)

func (w *walker) readByte() byte {
	if w.err != nil {
		return 0
	}
	b, ok := w.f.next()
	if !ok {
		w.failTruncated("")
	}
	return b
}

// int reads a sign and intSize bytes, the lowest first.
func (w *walker) readInt() int64 {
	sign := w.readByte()
	var v uint64
	for i := range w.intSize {
		v |= uint64(w.readByte()) << (8 * i)
	}
	w.require(sign == 0 && v < 1<<62 || sign == 1 && v > 0 && v < 1<<62, "a number in it is impossible")
	if sign == 1 {
		return -int64(v)
	}
	return int64(v)
}

// string reads a string. Of a very long one the beginning is kept.
func (w *walker) readString() string {
	w.readBytes()
	return string(w.text)
}

// maxDefinition is how much of a definition is read.
const maxDefinition = 1 << 20

// bytes reads a string into text, and reports whether there was one.
func (w *walker) readBytes() bool {
	w.text = w.text[:0]
	n := w.readInt()
	for w.err == nil && n > 0 {
		window := w.f.window()
		if len(window) == 0 {
			w.failTruncated("")
			return false
		}
		part := window[:min(n, int64(len(window)))]
		if room := maxDefinition - len(w.text); room > 0 {
			w.text = append(w.text, part[:min(len(part), room)]...)
		}
		w.f.skip(len(part))
		n -= int64(len(part))
	}
	return w.err == nil && n >= 0
}

// check fails unless the archive is sound.
func (w *walker) require(sound bool, damage string) {
	if !sound {
		w.failCorrupt("%s", damage)
	}
}

// corrupt fails for damage: in the block that is read, else near where it is read.
func (w *walker) failCorrupt(format string, args ...any) {
	if w.err == nil {
		w.fail(outcome.DumpCorrupt, cmp.Or(w.begin, w.f.offset()), "the archive is damaged: %w", fmt.Errorf(format, args...))
	}
}

func (w *walker) fail(code outcome.Code, offset int64, format string, args ...any) {
	f := outcome.Fail(code, format, args...)
	f.Offset, f.Object = offset, w.about
	w.err = f
}

// cut fails for an early end; the stream's own error goes first.
func (w *walker) failTruncated(where string) {
	switch {
	case w.err != nil:
	case w.f.brokenErr() != nil:
		w.err = w.f.brokenErr()
	case where == "":
		w.fail(outcome.DumpTruncated, w.f.offset(), "the archive ends within its table of contents")
	default:
		w.fail(outcome.DumpTruncated, w.f.offset(), "the archive ends %s", where)
	}
}
