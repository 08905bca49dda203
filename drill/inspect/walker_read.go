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

// readInt reads a sign byte and intSize bytes, least significant first.
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

// readString reads a string. It returns only the beginning of a very long one.
func (w *walker) readString() string {
	w.readBytes()
	return string(w.text)
}

// maxDefinition is how many bytes of a string are kept.
const maxDefinition = 1 << 20

// readBytes reads a string into text. It reports whether the string is present.
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

// require fails with the given damage unless sound is true.
func (w *walker) require(sound bool, damage string) {
	if !sound {
		w.failCorrupt("%s", damage)
	}
}

// failCorrupt fails for damage, at the beginning of the current block or else at the
// current offset.
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

// failTruncated fails for an early end. An error of the stream takes precedence.
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
