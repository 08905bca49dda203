package redact

import (
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/drillgres/drillgres/drill/sqltext"
)

// StatementLength is how much of a statement is shown, in characters.
const StatementLength = 200

// value stands for a value that is not shown.
const value = "…"

// statementVerbs are what the statements of a dump begin with.
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

// SQL makes what the server took for a statement fit to be shown, as Statement
// does. What does not begin as SQL is a row, and nothing of it is shown.
func SQL(sql string) string {
	s := reuse(sql)
	defer statements.Put(s)
	if s.first.Kind != sqltext.Word || !statementVerbs[s.first.Text] {
		return ""
	}
	return s.fit()
}

// readLength is how much of a statement is read, in bytes. A literal far
// behind what will be shown need not be found.
const readLength = 16 << 10

// Statement makes SQL fit to be shown: one line, cut, and without the values in
// it. Literals become '…', and so do the bodies of functions.
func Statement(sql string) string {
	s := reuse(sql)
	defer statements.Put(s)
	return s.fit()
}

// statements are those that are reused: every one that a migration runs is shown.
var statements = sync.Pool{New: func() any { return new(statement) }}

// statement is one that is made fit to be shown.
type statement struct {
	sql        string
	lexer      sqltext.Lexer
	first      sqltext.Token // behind all comments
	isFirst    bool          // the next token is the first of a statement
	defines    bool          // the statement's numbers are not values of rows
	shown      []byte
	characters int  // that are shown, at least: those of ASCII that are not white space
	uneven     bool // white space or characters beyond ASCII are within a token
}

// reuse begins a statement behind the comments before it.
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

// fit is the statement as it is shown.
func (s *statement) fit() string {
	for s.characters <= StatementLength && s.next() {
	}
	text := string(s.shown)
	if s.uneven {
		text = OneLine(text)
	}
	return Cut(text, StatementLength)
}

// next takes one token, and reports whether there was one.
func (s *statement) next() bool {
	end := s.lexer.End()
	t := s.lexer.Next()
	if t.Kind == sqltext.EOF {
		return false
	}
	begins := s.lexer.Start()
	if begins > end && len(s.shown) > 0 {
		s.shown = append(s.shown, ' ')
	}
	raw := s.sql[begins:s.lexer.End()]
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

// showOpen shows what does not end.
func (s *statement) showOpen(raw string) {
	switch {
	case strings.HasPrefix(raw, "/*"):
	case strings.HasSuffix(raw[:strings.IndexAny(raw, `'"$`)+1], `"`):
		s.show(raw)
	default:
		s.hide(raw)
	}
}

// hide shows that there is a string, and its prefix, but for that of escapes.
func (s *statement) hide(raw string) {
	if n := strings.IndexAny(raw, "'$"); n > 0 && raw[0]|0x20 != 'e' {
		s.show(raw[:n])
	}
	s.show("'" + value + "'")
}

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

// Cut is s with at most length characters, the last of which then says that it was cut.
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
