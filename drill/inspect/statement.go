package inspect

import "strings"

// What is kept of one statement for reading it. What is beyond is lexed, counted
// and forgotten: names have at most 63 bytes, and what matters comes first.
const (
	maxTokens    = 8 << 10
	maxTokenText = 1 << 10
)

type tokenKind uint8

const (
	word   tokenKind = iota // keyword or unquoted name, in lower case
	quoted                  // "name", without its quotes
	str                     // 'text' or $$text$$, without its quotes, escapes as they stand
	symbol                  // any other character, or a number
)

type token struct {
	kind  tokenKind
	text  string
	depth int // of parentheses around it
}

// statement is what was lexed since the last semicolon.
type statement struct {
	tokens []token
	line   int64 // where it begins
	depth  int   // of parentheses

	// The first four of psql's identifiers, and how deep in BEGIN ATOMIC … END it is.
	lead   [4]byte
	idents int
	begin  int

	values bool  // behind VALUES of an INSERT: tokens are no longer kept
	rows   int64 // of it
}

func (s *statement) reset() {
	clear(s.tokens)
	*s = statement{tokens: s.tokens[:0]}
}

func (s *statement) empty() bool { return len(s.tokens) == 0 }

// keeps tells whether the next token's text is wanted.
func (s *statement) keeps() bool { return !s.values && len(s.tokens) < maxTokens }

func (s *statement) add(kind tokenKind, text string) {
	if s.keeps() {
		s.tokens = append(s.tokens, token{kind, text, s.depth})
	}
}

// ends tells whether a semicolon here ends the statement: not within
// parentheses, nor within the body of a function in standard SQL.
func (s *statement) ends() bool { return s.depth == 0 && s.begin == 0 }

// identifier follows psql's heuristic for BEGIN ATOMIC bodies: it counts BEGIN,
// CASE and END outside parentheses once the statement is a CREATE FUNCTION.
func (s *statement) identifier(name string) {
	if s.idents < len(s.lead) {
		switch name {
		case "create", "function", "procedure", "or", "replace":
			s.lead[s.idents] = name[0]
		}
	}
	s.idents++
	if s.depth > 0 || !s.createsFunction() {
		return
	}
	switch {
	case name == "begin", name == "case" && s.begin > 0:
		s.begin++
	case name == "end" && s.begin > 0:
		s.begin--
	}
}

func (s *statement) createsFunction() bool {
	routine := func(b byte) bool { return b == 'f' || b == 'p' }
	l := s.lead
	return l[0] == 'c' && (routine(l[1]) || l[1] == 'o' && l[2] == 'r' && routine(l[3]))
}

// insertValues notes VALUES of an INSERT, whose groups are then only counted.
func (s *statement) insertValues() {
	n := len(s.tokens)
	if n < 2 || s.depth > 0 || !s.tokens[0].is("insert") {
		return
	}
	s.values = true
	if s.tokens[n-2].is("default") { // DEFAULT VALUES
		s.rows = 1
	}
}

func (t token) is(keyword string) bool { return t.kind == word && t.text == keyword }

// named tells tokens that can be a name.
func (t token) named() bool { return t.kind == word || t.kind == quoted }

// phrase reads a statement from left to right.
type phrase struct {
	tokens []token
	at     int
}

func (p *phrase) peek() token {
	if p.at < len(p.tokens) {
		return p.tokens[p.at]
	}
	return token{kind: symbol}
}

func (p *phrase) take() token {
	t := p.peek()
	p.at++
	return t
}

// has takes the keywords if they are next, all of them or none.
func (p *phrase) has(keywords string) bool {
	at := p.at
	for k := range strings.FieldsSeq(keywords) {
		if !p.take().is(k) {
			p.at = at
			return false
		}
	}
	return true
}

// drop takes whichever of the keywords are next, in any order.
func (p *phrase) drop(keywords ...string) {
	for again := true; again; {
		again = false
		for _, k := range keywords {
			again = p.has(k) || again
		}
	}
}

// symbol takes a character if it is next.
func (p *phrase) symbol(c string) bool {
	if t := p.peek(); t.kind == symbol && t.text == c {
		p.at++
		return true
	}
	return false
}

// until moves behind the next occurrence of the keywords outside parentheses.
func (p *phrase) until(keywords string) bool {
	at := p.at
	for ; p.at < len(p.tokens); p.at++ {
		if p.tokens[p.at].depth == 0 && p.has(keywords) {
			return true
		}
	}
	p.at = at
	return false
}

// name takes a name, with its schema if it has one, else in the schema given.
func (p *phrase) name(schema string) qname {
	if !p.peek().named() {
		return qname{}
	}
	n := qname{schema, p.take().text}
	for p.symbol(".") {
		n = qname{n.name, p.take().text}
	}
	return n
}

// value takes [= | TO] followed by a word, a name or a string.
func (p *phrase) value() string {
	if !p.symbol("=") {
		p.has("to")
	}
	if t := p.peek(); t.kind == symbol {
		return ""
	}
	return p.take().text
}
