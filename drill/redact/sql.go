package redact

import (
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/drillgres/drillgres/drill/sqltext"
)

// StatementLength is the maximum length of a statement that is shown, in
// characters.
const StatementLength = 200

// value replaces a value that is not shown.
const value = "…"

// statementVerbs are the first words of the statements in a dump.
var statementVerbs = verbs(`alter analyze begin call comment commit copy create delete do drop grant import insert lock
	refresh reindex reset revoke security select set start truncate update vacuum with`)

// definingVerbs begin statements whose numbers are not values of rows.
var definingVerbs = verbs("alter comment copy create drop grant refresh reset revoke set")

func verbs(words string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		set[w] = true
	}
	return set
}

// SQL returns a text that the server read as a statement without its values, as
// Statement does. It returns an empty string if the text does not begin as SQL:
// then it is a row.
func SQL(sql string) string {
	s := reuse(sql)
	defer statements.Put(s)
	if s.first.Kind != sqltext.Word || !statementVerbs[s.first.Text] {
		return ""
	}
	return s.redact()
}

// readLength is how much of a statement is read, in bytes. It is far more than
// is shown.
const readLength = 16 << 10

// Statement returns SQL without its values: one line of at most StatementLength
// characters, in which literals and the bodies of functions are '…'.
func Statement(sql string) string {
	s := reuse(sql)
	defer statements.Put(s)
	return s.redact()
}

// statements are reused, because every statement of a migration is redacted.
var statements = sync.Pool{New: func() any { return new(statement) }}

// statement redacts one SQL text.
type statement struct {
	sql        string
	lexer      sqltext.Lexer
	first      sqltext.Token // after all comments
	isFirst    bool          // the next token is the first of a statement
	defines    bool          // the statement's numbers are not values of rows
	shown      []byte
	characters int  // ASCII characters in shown that are not white space; a lower bound of its length
	uneven     bool // a token has white space or characters beyond ASCII
}

// reuse returns a statement that starts after the leading comments of sql.
func reuse(sql string) *statement {
	s := statements.Get().(*statement)
	s.lexer.Read(sql, sqltext.Server)
	first := s.lexer.Next()
	sql = sql[s.lexer.Start():]
	sql = sql[:min(len(sql), readLength)]
	s.lexer.Read(sql, sqltext.Server)
	s.sql, s.first, s.isFirst, s.defines = sql, first, true, false
	s.shown, s.characters, s.uneven = s.shown[:0], 0, false
	return s
}

// redact returns the statement without its values.
func (s *statement) redact() string {
	for s.characters <= StatementLength && s.next() {
	}
	text := string(s.shown)
	if s.uneven {
		text = OneLine(text)
	}
	return Cut(text, StatementLength)
}

// next adds one token to shown. It returns false at the end of the text.
func (s *statement) next() bool {
	end := s.lexer.End()
	t := s.lexer.Next()
	if t.Kind == sqltext.EOF {
		return false
	}
	start := s.lexer.Start()
	if start > end && len(s.shown) > 0 {
		s.shown = append(s.shown, ' ')
	}
	raw := s.sql[start:s.lexer.End()]
	if s.isFirst {
		s.defines = t.Kind == sqltext.Word && definingVerbs[t.Text]
		s.isFirst = false
	}
	switch t.Kind {
	case sqltext.String:
		s.hide(raw)
	case sqltext.Number:
		if !s.defines {
			raw = value
		}
		s.show(raw)
	case sqltext.Open:
		s.showOpen(raw)
	default:
		s.show(raw)
	}
	s.isFirst = raw == ";"
	return true
}

// showOpen shows a token that does not end: a quoted name as it is, a string
// without its text, a comment not at all.
func (s *statement) showOpen(raw string) {
	switch {
	case strings.HasPrefix(raw, "/*"):
	case strings.HasSuffix(raw[:strings.IndexAny(raw, `'"$`)+1], `"`):
		s.show(raw)
	default:
		s.hide(raw)
	}
}

// hide shows a string without its text. It keeps the prefix, except that of an
// escape string.
func (s *statement) hide(raw string) {
	if n := strings.IndexAny(raw, "'$"); n > 0 && raw[0]|0x20 != 'e' {
		s.show(raw[:n])
	}
	s.show("'" + value + "'")
}

// show adds text as it is.
func (s *statement) show(text string) {
	s.shown = append(s.shown, text...)
	for i := range len(text) {
		switch b := text[i]; {
		case b >= utf8.RuneSelf:
			s.uneven = s.uneven || text != value && text != "'"+value+"'"
		case sqltext.IsSpace(b):
			s.uneven = true
		default:
			s.characters++
		}
	}
}

// Cut returns s with at most length characters. If it cuts s, the last of them
// is an ellipsis.
func Cut(s string, length int) string {
	n, last := 0, 0
	for i := range s {
		if n++; n == length {
			last = i
		}
		if n > length {
			return s[:last] + "…"
		}
	}
	return s
}
