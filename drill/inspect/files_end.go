package inspect

import (
	"bytes"

	"github.com/drillgres/drillgres/drill/outcome"
)

// lastBytes holds the last bytes of the current file.
type lastBytes [2]byte

func (l *lastBytes) Write(p []byte) (int, error) {
	for _, c := range p[max(0, len(p)-len(l)):] {
		l[0], l[1] = l[1], c
	}
	return len(p), nil
}

// isEmptyLine reports whether the file ends in an empty line so far.
func (l *lastBytes) isEmptyLine() bool { return *l == lastBytes{'\n', '\n'} }

// statementEnd follows the INSERTs of pg_dump, which consist of words, of literals in which a
// quote is doubled, and of names in quotes. It needs no settings of the dump: where backslashes
// escape, pg_dump doubles them too.
type statementEnd struct {
	quote byte // of the literal or the name in which the text is; 0: in none
	last  byte // the last one outside of literals, without white space
}

func (s *statementEnd) Write(p []byte) (int, error) {
	for _, c := range p {
		switch {
		case s.quote != 0:
			if c == s.quote {
				s.quote = 0 // and a doubled one opens it again
			}
		case c == '\'', c == '"':
			s.quote, s.last = c, c
		case c != ' ' && c != '\n' && c != '\r' && c != '\t':
			s.last = c
		}
	}
	return len(p), nil
}

// isEnd reports whether the text ends behind a statement, or has none.
func (s *statementEnd) isEnd() bool { return s.quote == 0 && (s.last == ';' || s.last == 0) }

// checkEnd fails if a file of rows does not end as pg_dump ends it: with the mark of COPY, or
// with an empty line behind INSERTs (dumpTableData_insert).
func checkEnd(name string, b *block, ends bool) error {
	if ends {
		return nil
	}
	f := outcome.Fail(outcome.DumpTruncated, "the rows of %s do not end properly: the file %s lacks its end mark", b.name, shownFile(name))
	f.Object = b.object
	return f
}

// skipBlank reads to the end. It reports whether only line feeds were left.
func skipBlank(f *feed) bool {
	blank := true
	for w := f.window(); len(w) > 0; w = f.window() {
		blank = blank && len(bytes.Trim(w, "\n")) == 0
		f.skip(len(w))
	}
	return blank
}
