package docker

import (
	"bytes"
	"crypto/rand"
	"io"
	"slices"
)

// endMarks find the marks that the wrapper of a command prints on both streams when
// the command has ended. Both mean that the end of the output was that of the
// command. A connection that a proxy closes in order ends without them.
type endMarks struct {
	text        string // without the line break
	first, last *endMark
}

// newEndMarks returns marks that no command can print by chance.
func newEndMarks() endMarks { return endMarks{text: rand.Text()} }

// filter returns writers that pass on everything but the marks.
func (e *endMarks) filter(stdout, stderr io.Writer) (out, errs io.Writer) {
	mark := []byte(e.text + "\n")
	e.first, e.last = &endMark{mark: mark, next: stdout}, &endMark{mark: mark, next: stderr}
	return e.first, e.last
}

// seen reports whether both marks have been found.
func (e *endMarks) seen() bool { return e.first != nil && e.first.seen && e.last.seen }

// flush passes on what could have been the beginning of a mark.
func (e *endMarks) flush() {
	for _, m := range []*endMark{e.first, e.last} {
		if m != nil && len(m.held) > 0 {
			_, _ = m.next.Write(m.held) // a sink reports its errors by itself
			m.held = nil
		}
	}
}

// endMark is a writer that removes the first mark from what it passes on. What
// follows the mark comes from processes that the command left behind.
type endMark struct {
	mark []byte
	seen bool
	held []byte // the end of what was written, if a mark may begin there
	next io.Writer
}

func (m *endMark) Write(b []byte) (int, error) {
	if m.seen {
		return m.next.Write(b)
	}
	all := b
	if len(m.held) > 0 {
		all = slices.Concat(m.held, b)
		m.held = nil
	}
	pass, rest, found := bytes.Cut(all, m.mark)
	if found {
		m.seen = true
	} else {
		n := m.overlap(all)
		pass, m.held = all[:len(all)-n], bytes.Clone(all[len(all)-n:])
	}
	for _, part := range [][]byte{pass, rest} {
		if len(part) == 0 {
			continue
		}
		if _, err := m.next.Write(part); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

// overlap returns the length of the longest end of b with which a mark begins.
func (m *endMark) overlap(b []byte) int {
	for n := min(len(b), len(m.mark)-1); n > 0; n-- {
		if bytes.HasSuffix(b, m.mark[:n]) {
			return n
		}
	}
	return 0
}
