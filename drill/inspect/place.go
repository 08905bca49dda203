package inspect

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/drillgres/drillgres/drill/layers"
)

// Place is the position of a statement in a plain dump. Lines count from 1 in the
// decoded dump.
type Place struct {
	Begins int64 // the line of its first word
	Row    int64 // the line of the requested row; 0: no such row, or the COPY is CSV
}

// PlaceOf finds the statement that ends in the given line, which is the line that
// psql reports for an error. row is the number of a row of its COPY, from 1, as the
// server counts them (only roughly for CSV); 0: none. It returns false if there is
// no such statement, or if several statements end in the line that begin in
// different lines. r is the decoded dump.
func PlaceOf(ctx context.Context, r io.Reader, line, row int64) (Place, bool) {
	f := newFeed(layers.Cancelable(ctx, r), feedBuffer)
	if bytes.HasPrefix(f.peek(len(utf8Mark)), utf8Mark) {
		f.skip(len(utf8Mark))
	}
	s := newScript(f, newCatalog())
	s.seek = &seek{line: line, row: row}
	err := s.run()
	switch {
	case errors.Is(err, errLinePassed), err == nil:
	case f.hasEnded() && !s.st.isEmpty() && len(f.window()) == 0: // psql executes a statement that the end of the file cuts
		_ = s.seek.visit(s.st.line, line)
	}
	return s.seek.place, s.seek.place.Begins > 0 && !s.seek.several
}

// errLinePassed stops the reading of a dump after the wanted line.
var errLinePassed = errors.New("the line is passed")

// seek is a search for a statement.
type seek struct {
	line, row int64
	rowLine   int64 // line of the row in the current COPY
	place     Place // of the statement that was found
	several   bool  // several statements match that begin in different lines
}

// visit checks a statement that begins and ends in the given lines.
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

// skipRows skips the rows of a COPY up to and including its end marker. A backslash
// at the end of a line escapes the line feed.
func (s *seek) skipRows(f *feed) {
	hidden := false
	for n := int64(1); ; {
		if !hidden && n == s.row {
			s.rowLine = f.line()
		}
		if marker := endMarkerLength(f.peek(4)); marker > 0 || len(f.window()) == 0 {
			f.skip(marker)
			if !hidden && n == s.row {
				s.rowLine = 0 // the row after the last
			}
			return
		}
		if hidden = skipRow(f); !hidden {
			n++
		}
	}
}

// skipRow skips a line of any length. It reports whether a backslash escapes the
// line feed.
func skipRow(f *feed) bool {
	odd := false
	for w := f.window(); len(w) > 0; w = f.window() {
		i := bytes.IndexByte(w, '\n')
		part := w[:indexOrEnd(w, i)]
		if slashes := len(part) - len(bytes.TrimRight(part, `\`)); slashes < len(part) {
			odd = slashes%2 == 1
		} else {
			odd = odd != (slashes%2 == 1) // only backslashes: they continue those at the end of the previous window
		}
		f.skip(len(part))
		if i >= 0 {
			f.skip(1)
			return odd
		}
	}
	return odd
}
