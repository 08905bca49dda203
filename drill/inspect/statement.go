package inspect

import "github.com/drillgres/drillgres/drill/sqltext"

// maxTokens is how many tokens of a statement are kept for reading it. What is
// beyond is lexed, counted and forgotten: what matters comes first.
const maxTokens = 8 << 10

// statement is what was lexed since the last semicolon.
type statement struct {
	tokens []sqltext.Token
	line   int64 // where it begins

	values bool  // behind VALUES of an INSERT: tokens are no longer kept
	rows   int64 // of it; -1: not known
}

func (s *statement) reset() {
	clear(s.tokens)
	*s = statement{tokens: s.tokens[:0]}
}

func (s *statement) isEmpty() bool { return len(s.tokens) == 0 }

// keeps reports whether the next token is wanted.
func (s *statement) wantsTokens() bool { return !s.values && len(s.tokens) < maxTokens }

func (s *statement) add(t sqltext.Token) {
	if s.wantsTokens() {
		s.tokens = append(s.tokens, t)
	}
}

// insertValues notes VALUES of an INSERT, whose groups are then only counted.
func (s *statement) insertValues() {
	n := len(s.tokens)
	if n < 2 || !s.tokens[0].Is("insert") {
		return
	}
	s.values = true
	if s.tokens[n-2].Is("default") { // DEFAULT VALUES
		s.rows = 1
	}
}

// value takes a token behind VALUES: a group in parentheses is a row. Behind ON
// CONFLICT and the like, how many rows it adds is not in the dump.
func (s *statement) value(t sqltext.Token) {
	switch {
	case t.Depth > 0:
	case t.Kind == sqltext.Word:
		s.rows = -1
	case t.Is("(") && s.rows >= 0:
		s.rows++
	}
}
