package inspect

import (
	"bytes"

	"github.com/drillgres/drillgres/drill/outcome"
)

// class sorts bytes as psql's lexer does (psqlscan.l).
type class uint8

const (
	other class = iota
	space
	letter // begins a name
	digit
)

func classOf(b byte) class {
	switch {
	case b == ' ' || b >= '\t' && b <= '\r':
		return space
	case b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '_' || b >= 0x80:
		return letter
	case b >= '0' && b <= '9':
		return digit
	}
	return other
}

var classes = func() (t [256]class) {
	for i := range t {
		t[i] = classOf(byte(i))
	}
	return t
}()

// inName tells bytes that go on with a name.
func inName(b byte) bool { return classes[b] >= letter || b == '$' }

func isSpace(b byte) bool { return classes[b] == space }

// while passes bytes as long as they are of a kind, and gives the first of them.
func (s *script) while(in func(byte) bool, keep bool) []byte {
	s.scratch = s.scratch[:0]
	for w := s.f.window(); len(w) > 0; w = s.f.window() {
		n := 0
		for n < len(w) && in(w[n]) {
			n++
		}
		s.keep(w[:n], keep)
		s.f.skip(n)
		if n < len(w) {
			break
		}
	}
	return s.scratch
}

func (s *script) keep(b []byte, wanted bool) {
	if room := maxTokenText - len(s.scratch); wanted && room > 0 {
		s.scratch = append(s.scratch, b[:min(len(b), room)]...)
	}
}

// word lexes a keyword or a name, or the letter in front of a string.
func (s *script) word() error {
	text := s.while(inName, true)
	lower(text)
	if len(text) == 1 {
		if done, err := s.prefixed(text[0]); done {
			return err
		}
	}
	if s.st.values && s.st.depth > 0 {
		return nil
	}
	return s.keyword(string(text))
}

// prefixed lexes what a letter in front of a quote makes of it: E”, N”, B”,
// X”, U&” and U&"".
func (s *script) prefixed(letter byte) (bool, error) {
	head := s.f.peek(2)
	switch {
	case len(head) > 0 && head[0] == '\'' && bytes.IndexByte([]byte("enbx"), letter) >= 0:
		return true, s.quote(letter == 'e' || letter == 'n' && !s.standard)
	case letter == 'u' && string(head) == "&'":
		s.f.skip(1)
		return true, s.quote(false)
	case letter == 'u' && string(head) == `&"`:
		s.f.skip(1)
		return true, s.ident()
	}
	return false, nil
}

// lower folds as the server folds unquoted names.
func lower(text []byte) {
	for i, b := range text {
		if b >= 'A' && b <= 'Z' {
			text[i] = b + 'a' - 'A'
		}
	}
}

func (s *script) keyword(text string) error {
	s.st.identifier(text)
	if s.st.values && s.st.depth == 0 {
		s.st.rows = -1 // ON CONFLICT and the like: how many rows it adds is not in the dump
	}
	if err := s.token(word, text); err != nil {
		return err
	}
	if text == "values" {
		s.st.insertValues()
	}
	return nil
}

// quote lexes a string from its opening quote on.
func (s *script) quote(escapes bool) error {
	s.f.skip(1)
	s.scratch = s.scratch[:0]
	keep := s.st.keeps()
	for w := s.f.window(); len(w) > 0; w = s.f.window() {
		i := bytes.IndexByte(w, '\'')
		if escapes {
			if e := bytes.IndexByte(w[:stop(w, i)], '\\'); e >= 0 {
				s.keep(w[:e], keep)
				s.f.skip(e)
				s.f.skip(len(s.f.peek(2)))
				continue
			}
		}
		s.keep(w[:stop(w, i)], keep)
		s.f.skip(stop(w, i))
		if i >= 0 && !s.doubled('\'', keep) {
			return s.string()
		}
	}
	return s.open("a quoted string")
}

func stop(w []byte, i int) int {
	if i < 0 {
		return len(w)
	}
	return i
}

// doubled passes a quote, and tells whether it was two of them, which stand for one.
func (s *script) doubled(q byte, keep bool) bool {
	two := s.f.peek(2)
	s.f.skip(1)
	if len(two) < 2 || two[1] != q {
		return false
	}
	s.f.skip(1)
	s.keep([]byte{q}, keep)
	return true
}

func (s *script) string() error {
	if !s.st.keeps() {
		return nil
	}
	return s.token(str, string(s.scratch))
}

// ident lexes a quoted name from its opening quote on.
func (s *script) ident() error {
	s.f.skip(1)
	s.scratch = s.scratch[:0]
	for w := s.f.window(); len(w) > 0; w = s.f.window() {
		i := bytes.IndexByte(w, '"')
		s.keep(w[:stop(w, i)], true)
		s.f.skip(stop(w, i))
		if i >= 0 && !s.doubled('"', true) {
			return s.token(quoted, string(s.scratch))
		}
	}
	return s.open("a quoted name")
}

// maxTag bounds the delimiter of a dollar-quoted string.
const maxTag = 1 << 10

// dollar lexes a dollar-quoted string, or else a lone dollar sign.
func (s *script) dollar() error {
	tag := dollarTag(s.f.peek(maxTag))
	if tag == "" {
		s.f.skip(1)
		return s.symbol('$')
	}
	line := s.f.line()
	s.f.skip(len(tag))
	s.scratch = s.scratch[:0]
	keep := s.st.keeps()
	for {
		w := s.f.window()
		if i := bytes.Index(w, []byte(tag)); i >= 0 {
			s.keep(w[:i], keep)
			s.f.skip(i + len(tag))
			return s.string()
		}
		passed := max(0, len(w)-len(tag)+1)
		s.keep(w[:passed], keep)
		s.f.skip(passed)
		if !s.f.fill() {
			return s.openSince("a dollar-quoted string", line)
		}
	}
}

// dollarTag is the $tag$ that w begins with, or nothing.
func dollarTag(w []byte) string {
	for i := 1; i < len(w); i++ {
		switch {
		case w[i] == '$':
			return string(w[:i+1])
		case classes[w[i]] == letter, i > 1 && classes[w[i]] == digit:
		default:
			return ""
		}
	}
	return ""
}

// open is the failure for a construct that does not end.
func (s *script) open(what string) error { return s.openSince(what, s.st.line) }

func (s *script) openSince(what string, line int64) error {
	end := s.f.lastLine()
	f := s.fail(end, outcome.DumpTruncated, "the dump ends within %s", what)
	if line < end {
		f = s.fail(end, outcome.DumpTruncated, "the dump ends within %s that begins near line %d", what, line)
	}
	f.Object = subjectOf(s.st.tokens)
	return f
}
