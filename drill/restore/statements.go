package restore

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/sqltext"
	"github.com/drillgres/drillgres/drill/words"
)

// statements splits SQL without rows into its statements, by the rules of psql.
type statements struct {
	text  *recorder
	w     *sqltext.Window
	lexer *sqltext.Lexer
}

func newStatements(sql io.Reader) *statements {
	text := &recorder{r: sql}
	w := sqltext.NewWindow(text, 64<<10)
	lexer := sqltext.NewLexer(w, sqltext.Psql)
	lexer.Comments = true
	return &statements{text: text, w: w, lexer: lexer}
}

// statement is one statement.
type statement struct {
	text string
	verb string // its first word
}

// next returns the next statement, or io.EOF.
func (s *statements) next() (statement, error) {
	begins, verb := int64(-1), ""
	for {
		t := s.lexer.Next()
		switch t.Kind {
		case sqltext.EOF:
			if err := s.w.Err(); err != io.EOF || begins < 0 { //nolint:errorlint // an error of the dump may wrap it
				return statement{}, err
			}
			return statement{}, fmt.Errorf("a statement (%s) does not end", verb)
		case sqltext.Comment:
			if begins < 0 {
				s.text.between(s.lexer.End(), s.lexer.End())
			}
			continue
		case sqltext.Open, sqltext.Backslash:
			return statement{}, fmt.Errorf("not a statement: %s", t.Text)
		case sqltext.End:
			if begins < 0 {
				continue
			}
			text := s.text.between(begins, s.lexer.End())
			s.lexer.Textless = false
			return statement{text, verb}, nil
		}
		if begins < 0 {
			begins, verb = s.lexer.Start(), t.Text
			s.lexer.Textless = true
		}
	}
}

// settings returns the statement if every session needs it.
func (s statement) settings() []string {
	if s.verb == "set" || s.verb == "select" && strings.Contains(s.text, "set_config") {
		return []string{s.text}
	}
	return nil
}

// withoutRows holds the verbs of the statements between the rows that pg_dump writes: they
// set the state of sequences, and write large objects.
var withoutRows = []string{"set", "select", "begin", "commit"}

// mustWait reports whether the statement may need, or change, the tables of rows before it.
func (s statement) mustWait() bool { return !slices.Contains(withoutRows, s.verb) }

// longestStatement is how many bytes of a statement the recorder keeps at most.
const longestStatement = 32 << 20

// recorder keeps what was read from r until it is asked for. It fails if that is too much.
type recorder struct {
	r    io.Reader
	kept []byte
	at   int64 // offset of kept
}

func (r *recorder) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	if r.kept = append(r.kept, p[:n]...); len(r.kept) > longestStatement {
		return 0, fmt.Errorf("a statement is longer than %s", words.Size(longestStatement))
	}
	return n, err
}

// between returns the text between two offsets, and keeps only what is after it.
func (r *recorder) between(from, to int64) string {
	text := string(r.kept[from-r.at : to-r.at])
	r.kept = append(r.kept[:0], r.kept[to-r.at:]...)
	r.at = to
	return text
}
