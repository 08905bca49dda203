package inspect

import (
	"bytes"
	"io"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Sizes of feeds: of a file or a block of data, and of one definition.
const (
	feedBuffer  = 128 << 10
	smallBuffer = 16 << 10
)

// feed is a window on a stream that moves forward only, and knows where it is.
type feed struct {
	r        io.Reader
	buf      []byte
	pos, end int
	before   int64 // bytes of the stream before buf
	lines    int64 // line feeds before buf[counted]
	counted  int
	last     byte  // the one before buf
	text     bool  // a zero byte is damage
	err      error // why there is no more; io.EOF at the end
}

func newFeed(r io.Reader, size int) *feed {
	return &feed{r: r, buf: make([]byte, size)}
}

// reset starts over on another stream, with the same buffer.
func (f *feed) reset(r io.Reader) {
	*f = feed{r: r, buf: f.buf}
}

// fill reads at least one byte more behind those that are unread. It tells
// whether it could: not at the end, nor when the window is full.
func (f *feed) fill() bool {
	if f.err != nil || f.end-f.pos == len(f.buf) {
		return false
	}
	if f.pos > 0 {
		f.line()
		f.before += int64(f.pos)
		f.last = f.buf[f.pos-1]
		f.end = copy(f.buf, f.buf[f.pos:f.end])
		f.pos, f.counted = 0, 0
	}
	n := 0
	for n == 0 && f.err == nil {
		n, f.err = f.r.Read(f.buf[f.end:])
	}
	f.accept(n)
	return n > 0
}

// accept takes n new bytes into the window, up to a zero byte in a text.
func (f *feed) accept(n int) {
	fresh := f.buf[f.end : f.end+n]
	if !f.text {
		f.end += n
		return
	}
	if i := bytes.IndexByte(fresh, 0); i >= 0 {
		f.end += i
		f.before += int64(n - i) // passed over: nothing behind it is read
		f.err = atLine(f.line()+int64(bytes.Count(f.buf[f.pos:f.end], newline)),
			outcome.DumpCorrupt, "a zero byte, which no dump as text can hold")
		return
	}
	f.end += n
}

// asText makes zero bytes damage, those at hand among them.
func (f *feed) asText() {
	n := f.end - f.pos
	f.text, f.end = true, f.pos
	f.accept(n)
}

var newline = []byte{'\n'}

// window gives the unread bytes that are at hand; none at the end.
func (f *feed) window() []byte {
	if f.pos == f.end && !f.fill() {
		return nil
	}
	return f.buf[f.pos:f.end]
}

// peek gives the next n bytes, or fewer at the end. n is at most its buffer.
func (f *feed) peek(n int) []byte {
	for f.end-f.pos < n && f.fill() {
	}
	return f.buf[f.pos:min(f.end, f.pos+n)]
}

// skip passes n bytes of the window.
func (f *feed) skip(n int) { f.pos += n }

// next takes one byte.
func (f *feed) next() (byte, bool) {
	w := f.window()
	if len(w) == 0 {
		return 0, false
	}
	f.pos++
	return w[0], true
}

// line is the number of the line that is read, from 1.
func (f *feed) line() int64 {
	f.lines += int64(bytes.Count(f.buf[f.counted:f.pos], newline))
	f.counted = f.pos
	return f.lines + 1
}

// lastLine is the number of the line in which the byte stands that was read last.
func (f *feed) lastLine() int64 {
	last := f.last
	if f.pos > 0 {
		last = f.buf[f.pos-1]
	}
	if last == '\n' {
		return f.line() - 1
	}
	return f.line()
}

// offset is how many bytes were read.
func (f *feed) offset() int64 { return f.before + int64(f.pos) }

// ended tells that the stream simply ended. An error of the source may wrap
// io.EOF, as those of HTTP clients do, and is no end.
func (f *feed) ended() bool {
	return f.err == io.EOF //nolint:errorlint // see above
}

// broken is why the stream ended, unless it simply did.
func (f *feed) broken() error {
	if f.ended() {
		return nil
	}
	return f.err
}

// Read makes the feed a reader.
func (f *feed) Read(p []byte) (int, error) {
	w := f.window()
	if len(w) == 0 {
		return 0, f.err
	}
	n := copy(p, w)
	f.skip(n)
	return n, nil
}

// drain reads to the end, and gives the error of the stream, if there is one.
func (f *feed) drain() error {
	if StreamLevel(f.broken()) {
		return f.err
	}
	f.before += int64(f.end - f.pos)
	f.end = f.pos
	if f.ended() {
		return nil
	}
	f.err, f.text = nil, false
	for w := f.window(); len(w) > 0; w = f.window() {
		f.skip(len(w))
	}
	return f.broken()
}
