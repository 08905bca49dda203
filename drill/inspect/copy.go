package inspect

import (
	"bytes"

	"github.com/drillgres/drillgres/drill/outcome"
)

// copyTarget is a COPY … FROM stdin whose rows follow.
type copyTarget struct {
	table   qname
	counted bool // one line is one row: text format
}

// copyRows reads the rows that follow the statement's line.
func (s *script) copyRows(t *copyTarget) error {
	line := s.f.line()
	for b, ok := s.f.next(); ok && b != '\n'; b, ok = s.f.next() {
		if !isSpace(b) {
			return s.fail(line, outcome.DumpCorrupt, "text behind COPY … FROM stdin")
		}
	}
	if s.seek != nil && s.f.line() > s.seek.line {
		return errPassed
	}
	if s.seek != nil && t.counted {
		s.seek.rows(s.f)
		return nil
	}
	rows, size, closed := readRows(s.f)
	if !t.counted {
		rows = -1
	}
	s.k.table(t.table).data(rows, size)
	if !closed {
		f := s.fail(s.f.lastLine(), outcome.DumpTruncated, "the dump ends within the rows of %s, after %d lines of them",
			t.table, max(rows, 0))
		f.Object = t.table.quoted()
		return f
	}
	return nil
}

// readRows reads COPY text up to and with its end marker, a line with nothing
// but a backslash and a dot. closed tells whether there was one. Rows may be of any length.
func readRows(f *feed) (rows, size int64, closed bool) {
	for {
		n := wholeRows(f.window(), &rows)
		f.skip(n)
		size += int64(n)
		if len(f.window()) == 0 {
			return rows, size, false
		}
		if n := endMarker(f.peek(4)); n > 0 {
			f.skip(n)
			return rows, size, true
		}
		long, whole := passLine(f)
		size += long
		rows++
		if !whole {
			return rows, size, false
		}
	}
}

// wholeRows counts the rows that lie in w whole and are not like the end
// marker, and how long they are.
func wholeRows(w []byte, rows *int64) int {
	at := 0
	for at+1 < len(w) && (w[at] != '\\' || w[at+1] != '.') {
		i := bytes.IndexByte(w[at:], '\n')
		if i < 0 {
			break
		}
		at += i + 1
		*rows++
	}
	return at
}

// endMarker is the length of the end marker that w begins with, or 0.
func endMarker(w []byte) int {
	switch {
	case hasPrefix(w, "\\.\n"):
		return 3
	case hasPrefix(w, "\\.\r\n"):
		return 4
	case string(w) == "\\.", string(w) == "\\.\r":
		return len(w)
	}
	return 0
}

// passLine passes a line of any length.
func passLine(f *feed) (n int64, whole bool) {
	for w := f.window(); len(w) > 0; w = f.window() {
		i := bytes.IndexByte(w, '\n')
		if i >= 0 {
			f.skip(i + 1)
			return n + int64(i) + 1, true
		}
		n += int64(len(w))
		f.skip(len(w))
	}
	return n, false
}
