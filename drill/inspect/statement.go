package inspect

import "github.com/drillgres/drillgres/drill/sqltext"

// maxTokens is how many tokens of a statement are kept. Further tokens are lexed and
// counted only, because everything of interest is at the beginning.
const maxTokens = 8 << 10

// statement holds what was lexed since the last semicolon.
type statement struct {
	tokens []sqltext.Token
	line   int64    // of its beginning
	begins int64    // offset of its first token
	ends   [4]int64 // offsets after its first tokens

	values bool  // VALUES of an INSERT was read; further tokens are not kept
	rows   int64 // of the INSERT; -1: unknown
}

func (s *statement) reset() {
	clear(s.tokens)
	*s = statement{tokens: s.tokens[:0]}
}

func (s *statement) isEmpty() bool { return len(s.tokens) == 0 }

// wantsTokens reports whether the next token is kept.
func (s *statement) wantsTokens() bool { return !s.values && len(s.tokens) < maxTokens }

func (s *statement) add(t sqltext.Token) {
	if s.wantsTokens() {
		s.tokens = append(s.tokens, t)
	}
}

// insertValues handles VALUES. After VALUES of an INSERT, groups are only counted.
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

// value handles a token after VALUES. A group in parentheses is a row. After a clause
// such as ON CONFLICT the number of inserted rows is unknown.
func (s *statement) value(t sqltext.Token) {
	switch {
	case t.Depth > 0:
	case t.Kind == sqltext.Word:
		s.rows = -1
	case t.Is("(") && s.rows >= 0:
		s.rows++
	}
}
