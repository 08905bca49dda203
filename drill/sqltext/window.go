package sqltext

import (
	"bytes"
	"fmt"
	"io"
	"unsafe"
)

// Window is a buffer on a text or a stream that moves forward only. It counts
// lines and bytes.
type Window struct {
	r        io.Reader
	buf      []byte
	whole    string // the text, if buf is all of it
	pos, end int
	before   int64 // bytes of the stream before buf
	lines    int64 // line feeds before buf[counted]
	counted  int
	tail     [3]byte // the bytes before buf
	noZeros  bool
	behind   int64 // bytes behind a refused zero byte that have been read and discarded
	held     int64 // offset from which bytes that were read are kept; negative: none
	err      error // why no more can be read; io.EOF at the end
}

// ZeroByteError reports a zero byte, which SQL cannot contain.
type ZeroByteError struct{ Line int64 }

func (e *ZeroByteError) Error() string { return fmt.Sprintf("line %d has a zero byte", e.Line) }

// NewWindow returns a window of size bytes on a stream.
func NewWindow(r io.Reader, size int) *Window {
	return &Window{r: r, buf: make([]byte, size), held: -1}
}

// Reset starts over on another stream, with the same buffer.
func (w *Window) Reset(r io.Reader) {
	*w = Window{r: r, buf: w.buf, held: -1}
}

// ResetAt starts over on a stream whose first byte is at offset.
func (w *Window) ResetAt(r io.Reader, offset int64) {
	w.Reset(r)
	w.before = offset
}

// setText starts over on a text in memory. buf is the text itself then and must
// not be written to.
func (w *Window) setText(text string) {
	*w = Window{whole: text, buf: unsafe.Slice(unsafe.StringData(text), len(text)), end: len(text), err: io.EOF}
}

// Fill reads at least one more byte after the unread ones. It returns false at
// the end of the stream, or if the window is full.
func (w *Window) Fill() bool {
	if w.err != nil || w.end-w.pos == len(w.buf) {
		return false
	}
	from := w.pos - w.kept()
	if from == 0 && w.end == len(w.buf) {
		from = w.pos
	}
	if from > 0 {
		w.Line()
		w.before += int64(from)
		w.tail = w.lastThree(from)
		w.end = copy(w.buf, w.buf[from:w.end])
		w.pos -= from
		w.counted = w.pos
	}
	n := 0
	for n == 0 && w.err == nil {
		n, w.err = w.r.Read(w.buf[w.end:])
	}
	w.accept(n)
	return n > 0
}

// kept returns how many bytes before the unread ones are kept: those that Hold asks for, if
// they are not more than half of the buffer.
func (w *Window) kept() int {
	n := w.Offset() - w.held
	if w.held < w.before || n > int64(len(w.buf)/2) {
		return 0
	}
	return int(n)
}

// Hold keeps the bytes from an offset on for [Window.Between], even after they have been read.
func (w *Window) Hold(offset int64) { w.held = offset }

// Between returns the bytes between two offsets that were read, as long as they are in the
// buffer, and otherwise nil. They are valid until the window moves.
func (w *Window) Between(from, to int64) []byte {
	if from < w.before || to > w.Offset() || from > to {
		return nil
	}
	return w.buf[from-w.before : to-w.before]
}

// accept adds the next n bytes of buf to the window. If zero bytes are refused,
// it stops at the first.
func (w *Window) accept(n int) {
	fresh := w.buf[w.end : w.end+n]
	if i := bytes.IndexByte(fresh, 0); w.noZeros && i >= 0 {
		w.end += i
		w.behind = int64(n - i)
		line := w.Line() + int64(bytes.Count(w.buf[w.pos:w.end], newline))
		w.err = &ZeroByteError{Line: line}
		return
	}
	w.end += n
}

// RefuseZeros ends the window with a [ZeroByteError] at the first unread zero
// byte.
func (w *Window) RefuseZeros() {
	n := w.end - w.pos
	w.noZeros, w.end = true, w.pos
	w.accept(n)
}

// Resume continues after the error that ended the window, and allows zero bytes
// again.
func (w *Window) Resume() {
	w.before += w.behind
	w.err, w.noZeros, w.behind = nil, false, 0
}

var newline = []byte{'\n'}

// Bytes returns the unread bytes in the window. It reads more if there are none,
// and returns none at the end. They are valid until the window moves.
func (w *Window) Bytes() []byte {
	if w.pos == w.end && !w.Fill() {
		return nil
	}
	return w.buf[w.pos:w.end]
}

// AtHand returns the unread bytes in the window. It does not read more.
func (w *Window) AtHand() []byte { return w.buf[w.pos:w.end] }

// Peek returns the next n bytes, or fewer at the end, without skipping them. n is
// at most the size of the window.
func (w *Window) Peek(n int) []byte {
	for w.end-w.pos < n && w.Fill() {
	}
	return w.buf[w.pos:min(w.end, w.pos+n)]
}

// Skip skips n bytes. They must be in the window.
func (w *Window) Skip(n int) { w.pos += n }

// Next reads one byte. It returns false at the end.
func (w *Window) Next() (byte, bool) {
	b := w.Bytes()
	if len(b) == 0 {
		return 0, false
	}
	w.pos++
	return b[0], true
}

// Line returns the number of the current line. The first line is 1.
func (w *Window) Line() int64 {
	w.lines += int64(bytes.Count(w.buf[w.counted:w.pos], newline))
	w.counted = w.pos
	return w.lines + 1
}

// LastLine returns the number of the line of the last byte that was read.
func (w *Window) LastLine() int64 {
	if last := w.lastThree(w.pos)[2]; last == '\n' {
		return w.Line() - 1
	}
	return w.Line()
}

// lastThree returns the three bytes before a position of buf.
func (w *Window) lastThree(at int) (three [3]byte) {
	if at >= len(three) {
		return [3]byte(w.buf[at-3 : at])
	}
	n := copy(three[:], w.tail[at:])
	copy(three[n:], w.buf[:at])
	return three
}

// Offset returns the number of bytes that were read.
func (w *Window) Offset() int64 { return w.before + int64(w.pos) }

// Err returns why no more can be read: io.EOF at the end, nil before it.
func (w *Window) Err() error { return w.err }

// Read implements [io.Reader].
func (w *Window) Read(p []byte) (int, error) {
	b := w.Bytes()
	if len(b) == 0 {
		return 0, w.err
	}
	n := copy(p, b)
	w.Skip(n)
	return n, nil
}

// piece returns the bytes b, which are at a position of buf, as a string. It does
// not copy them if the whole text is in memory.
func (l *Lexer) piece(b []byte, at int) string {
	if l.w.whole != "" {
		return l.w.whole[at : at+len(b)]
	}
	return l.recent.intern(b)
}

// recent holds recent words, so that the keywords and names of a stream are not
// allocated each time.
type recent [256]string

// intern returns b as a string.
func (r *recent) intern(b []byte) string {
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
