package sqltext

import (
	"bytes"
	"fmt"
	"io"
	"unsafe"
)

// Window is the part of a text or a stream that is at hand. It moves forward
// only, and knows its line and its offset.
type Window struct {
	r        io.Reader
	buf      []byte
	whole    string // the text that buf is, if all of it is at hand
	pos, end int
	before   int64 // bytes of the stream before buf
	lines    int64 // line feeds before buf[counted]
	counted  int
	last     byte // the one before buf
	noZeros  bool
	err      error // why there is no more; io.EOF at the end
}

// ZeroByteError reports a zero byte in a text, which SQL cannot hold.
type ZeroByteError struct{ Line int64 }

func (e *ZeroByteError) Error() string { return fmt.Sprintf("line %d has a zero byte", e.Line) }

// NewWindow returns a window of size bytes on a stream.
func NewWindow(r io.Reader, size int) *Window {
	return &Window{r: r, buf: make([]byte, size)}
}

// Reset starts over on another stream, with the same buffer.
func (w *Window) Reset(r io.Reader) {
	*w = Window{r: r, buf: w.buf}
}

// ResetAt starts over on a stream of which offset bytes have passed.
func (w *Window) ResetAt(r io.Reader, offset int64) {
	w.Reset(r)
	w.before = offset
}

// show starts over on a text that is at hand as a whole. Nobody writes to buf
// then: it is the text itself.
func (w *Window) show(text string) {
	*w = Window{whole: text, buf: unsafe.Slice(unsafe.StringData(text), len(text)), end: len(text), err: io.EOF}
}

// Fill reads at least one more byte behind those that are unread. It reports
// whether it did: not at the end, nor when the window is full.
func (w *Window) Fill() bool {
	if w.err != nil || w.end-w.pos == len(w.buf) {
		return false
	}
	if w.pos > 0 {
		w.Line()
		w.before += int64(w.pos)
		w.last = w.buf[w.pos-1]
		w.end = copy(w.buf, w.buf[w.pos:w.end])
		w.pos, w.counted = 0, 0
	}
	n := 0
	for n == 0 && w.err == nil {
		n, w.err = w.r.Read(w.buf[w.end:])
	}
	w.accept(n)
	return n > 0
}

// accept takes n new bytes into the window, up to the first zero byte where
// zeros are refused.
func (w *Window) accept(n int) {
	fresh := w.buf[w.end : w.end+n]
	if i := bytes.IndexByte(fresh, 0); w.noZeros && i >= 0 {
		w.end += i
		w.before += int64(n - i) // nothing behind the zero byte is read
		line := w.Line() + int64(bytes.Count(w.buf[w.pos:w.end], newline))
		w.err = &ZeroByteError{Line: line}
		return
	}
	w.end += n
}

// RefuseZeros makes the window end with a [ZeroByteError] at the first zero
// byte that is not yet read.
func (w *Window) RefuseZeros() {
	n := w.end - w.pos
	w.noZeros, w.end = true, w.pos
	w.accept(n)
}

// Resume goes on behind whatever ended the window, and takes zero bytes again.
func (w *Window) Resume() { w.err, w.noZeros = nil, false }

var newline = []byte{'\n'}

// Bytes returns the unread bytes that are at hand; none at the end. They are
// valid until the window is moved.
func (w *Window) Bytes() []byte {
	if w.pos == w.end && !w.Fill() {
		return nil
	}
	return w.buf[w.pos:w.end]
}

// AtHand returns the unread bytes without reading more.
func (w *Window) AtHand() []byte { return w.buf[w.pos:w.end] }

// Peek returns the next n bytes, or fewer at the end. n is at most the window's size.
func (w *Window) Peek(n int) []byte {
	for w.end-w.pos < n && w.Fill() {
	}
	return w.buf[w.pos:min(w.end, w.pos+n)]
}

// Skip passes n bytes that are at hand.
func (w *Window) Skip(n int) { w.pos += n }

// Next takes one byte.
func (w *Window) Next() (byte, bool) {
	b := w.Bytes()
	if len(b) == 0 {
		return 0, false
	}
	w.pos++
	return b[0], true
}

// Line returns the number of the line that is read, from 1.
func (w *Window) Line() int64 {
	w.lines += int64(bytes.Count(w.buf[w.counted:w.pos], newline))
	w.counted = w.pos
	return w.lines + 1
}

// LastLine returns the number of the line of the byte that was read last.
func (w *Window) LastLine() int64 {
	last := w.last
	if w.pos > 0 {
		last = w.buf[w.pos-1]
	}
	if last == '\n' {
		return w.Line() - 1
	}
	return w.Line()
}

// Offset returns how many bytes were read.
func (w *Window) Offset() int64 { return w.before + int64(w.pos) }

// Err returns why there is no more to read: io.EOF at the end, nil before.
func (w *Window) Err() error { return w.err }

// Read makes the window a reader.
func (w *Window) Read(p []byte) (int, error) {
	b := w.Bytes()
	if len(b) == 0 {
		return 0, w.err
	}
	n := copy(p, b)
	w.Skip(n)
	return n, nil
}

// piece returns the text of bytes that begin at the position given, without
// copying it where the whole text is at hand.
func (l *Lexer) piece(b []byte, at int) string {
	if l.w.whole != "" {
		return l.w.whole[at : at+len(b)]
	}
	return l.seen.of(b)
}

// recent holds words that were seen lately, so that a stream's keywords and
// names are not allocated again each time.
type recent [256]string

func (r *recent) of(b []byte) string {
	const longest = 64
	if len(b) == 0 || len(b) > longest {
		return string(b)
	}
	slot := &r[(len(b)*31+int(b[0])*7+int(b[len(b)-1])*3+int(b[len(b)/2]))%len(r)]
	if *slot != string(b) {
		*slot = string(b)
	}
	return *slot
}
