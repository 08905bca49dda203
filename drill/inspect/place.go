package inspect

import (
	"bytes"
	"context"
	"errors"
	"io"
)

// Place is where a statement stands in a plain dump, in lines of the decoded
// dump from 1.
type Place struct {
	Begins int64 // the line of its first word
	Row    int64 // the line of the row that was asked for; 0: there is no such row, or it is CSV
}

// PlaceOf finds the statement that ends in a line, which is the one that psql
// gives for its errors, and in its COPY the row of a number from 1, as the
// server counts them (in CSV it does so loosely); 0 for none. It tells whether
// it could: not where several statements end there that begin in different
// lines. r is the decoded dump.
func PlaceOf(ctx context.Context, r io.Reader, line, row int64) (Place, bool) {
	f := newFeed(&cancelled{ctx: ctx, r: r}, feedBuffer)
	if bytes.HasPrefix(f.peek(len(utf8Mark)), utf8Mark) {
		f.skip(len(utf8Mark))
	}
	s := newScript(f, newCatalog())
	s.seek = &seek{line: line, row: row}
	err := s.run()
	switch {
	case errors.Is(err, errLinePassed), err == nil:
	case f.hasEnded() && !s.st.isEmpty() && len(f.window()) == 0: // psql carries out what the end of the file cuts short
		_ = s.seek.visit(s.st.line, line)
	}
	return s.seek.place, s.seek.place.Begins > 0 && !s.seek.several
}

// errPassed ends the reading of a dump behind the line that is looked for.
var errLinePassed = errors.New("the line is passed")

// seek looks for a statement.
type seek struct {
	line, row int64
	rowLine   int64 // in the COPY that is read
	place     Place // of the statement that was found
	several   bool  // that begin in different lines
}

// passed takes a statement that begins and ends in these lines.
func (s *seek) visit(begins, ends int64) error {
	if ends > s.line {
		return errLinePassed
	}
	if ends == s.line && begins <= ends {
		s.several = s.several || s.place.Begins > 0 && s.place.Begins != begins
		s.place = Place{Begins: begins, Row: s.rowLine}
	}
	s.rowLine = 0
	return nil
}

// rows passes the rows of a COPY up to and with its end marker. A backslash at
// the end of a line hides it.
func (s *seek) skipRows(f *feed) {
	hidden := false
	for n := int64(1); ; {
		if !hidden && n == s.row {
			s.rowLine = f.line()
		}
		if marker := endMarkerLength(f.peek(4)); marker > 0 || len(f.window()) == 0 {
			f.skip(marker)
			if !hidden && n == s.row {
				s.rowLine = 0 // the row behind the last
			}
			return
		}
		if hidden = skipRow(f); !hidden {
			n++
		}
	}
}

// passRow passes a line of any length, and tells whether a backslash hides its end.
func skipRow(f *feed) bool {
	odd := false
	for w := f.window(); len(w) > 0; w = f.window() {
		i := bytes.IndexByte(w, '\n')
		part := w[:indexOrEnd(w, i)]
		if slashes := len(part) - len(bytes.TrimRight(part, `\`)); slashes < len(part) {
			odd = slashes%2 == 1
		} else {
			odd = odd != (slashes%2 == 1) // it is all backslashes, as what came before may end in some
		}
		f.skip(len(part))
		if i >= 0 {
			f.skip(1)
			return odd
		}
	}
	return odd
}
