package inspect

import (
	"bytes"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// copyTarget is the target of a COPY … FROM stdin.
type copyTarget struct {
	table     sqltext.Name
	counted   bool // one line is one row: text format
	fresh     bool // see Rows
	statement Span
}

// copyColumns returns the columns of COPY table (a, b) FROM stdin.
func copyColumns(tokens []sqltext.Token) (names []string) {
	p := &sqltext.Phrase{Tokens: tokens}
	if p.Has("copy") && p.Name("") != (sqltext.Name{}) && p.Has("(") {
		for more := true; more && p.Peek().CanName(); more = p.Has(",") {
			names = append(names, p.Name("").Name)
		}
	}
	return names
}

// copyRows reads the rows after a COPY statement.
func (s *script) copyRows(t *copyTarget) error {
	line := s.f.line()
	for b, ok := s.f.next(); ok && b != '\n'; b, ok = s.f.next() {
		if !sqltext.IsSpace(b) {
			return s.fail(line, outcome.DumpCorrupt, "text after COPY … FROM stdin")
		}
	}
	if s.seek != nil && s.f.line() > s.seek.line {
		return errLinePassed
	}
	if s.seek != nil && t.counted {
		s.seek.skipRows(s.f)
		return nil
	}
	begins := s.f.offset()
	watched := s.k.watchRows(t.table)
	read := readRows(s.f, watched, s.beginRows(t))
	if !t.counted && read.size > 0 {
		read.rows = -1
	}
	if read.restrict > 0 {
		s.swallowed = &swallowedRestrict{t.table, read.restrict}
	}
	table := s.k.table(t.table)
	table.addData(read.rows, read.size)
	table.addNewest(watched.times())
	if !read.closed {
		f := s.fail(s.f.lastLine(), outcome.DumpTruncated, "the dump ends within the rows of %s, after %d lines",
			plainName(t.table), max(read.rows, 0))
		f.Object = objectName(t.table)
		return f
	}
	s.noteRows(t, Span{At: begins, Size: read.size})
	return nil
}

// swallowedRestrict is a \restrict command that was read as a row of a table.
type swallowedRestrict struct {
	table sqltext.Name
	line  int64
}

// copyText describes COPY text that was read.
type copyText struct {
	rows, size int64
	closed     bool  // the end marker was read
	restrict   int64 // line of a \restrict among the rows; 0: none
}

// readRows reads COPY text up to and including its end marker, a line that
// consists of a backslash and a dot. Rows may have any length. It tells grow how many bytes it
// has read, between two rows.
func readRows(f *feed, watched *watchedRows, grow func(size int64)) (read copyText) {
	for {
		n := countRows(f.window(), &read.rows)
		watched.see(f.window()[:n])
		f.skip(n)
		read.size += int64(n)
		grow(read.size)
		if len(f.window()) == 0 {
			return read
		}
		if n := endMarkerLength(f.peek(4)); n > 0 {
			f.skip(n)
			read.closed = true
			return read
		}
		if hasPrefix(f.peek(len(restrictLine)), restrictLine) {
			read.restrict = f.line()
		}
		long, whole := skipLine(f)
		read.size += long
		read.rows++
		if !whole {
			return read
		}
	}
}

// restrictLine is the beginning of the first command of a dump. A row of COPY
// cannot begin like that, because \r is an escaped carriage return.
const restrictLine = `\restrict `

// countRows counts the complete rows at the beginning of w and returns their length
// in bytes. It stops at a row that may be the end marker or a \restrict.
func countRows(w []byte, rows *int64) int {
	at := 0
	for at+1 < len(w) && (w[at] != '\\' || w[at+1] != '.' && w[at+1] != 'r') {
		i := bytes.IndexByte(w[at:], '\n')
		if i < 0 {
			break
		}
		at += i + 1
		*rows++
	}
	return at
}

// endMarkerLength returns the length of the end marker at the beginning of w, or 0.
func endMarkerLength(w []byte) int {
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

// skipLine skips a line of any length. It returns the length in bytes and whether
// the line is complete.
func skipLine(f *feed) (n int64, whole bool) {
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
