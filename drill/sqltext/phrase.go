package sqltext

import "strings"

// Phrase reads a statement from left to right.
type Phrase struct {
	Tokens []Token // the remaining tokens
}

// Is reports whether a token is the given keyword or symbol.
func (t Token) Is(what string) bool {
	return t.Text == what && (t.Kind == Word || t.Kind == Symbol)
}

// CanName reports whether a token can be a name.
func (t Token) CanName() bool { return t.Kind == Word || t.Kind == Quoted }

// Done reports whether no tokens remain.
func (p *Phrase) Done() bool { return len(p.Tokens) == 0 }

// Peek returns the next token. At the end it returns one of kind [EOF].
func (p *Phrase) Peek() Token {
	if len(p.Tokens) == 0 {
		return Token{}
	}
	return p.Tokens[0]
}

// Take reads the next token. At the end it returns one of kind [EOF].
func (p *Phrase) Take() Token {
	if len(p.Tokens) == 0 {
		return Token{}
	}
	t := p.Tokens[0]
	p.Tokens = p.Tokens[1:]
	return t
}

// leading returns the number of space-separated words if the tokens begin with
// them, otherwise 0.
func leading(tokens []Token, words string) (n int) {
	for from := 0; from < len(words); {
		to := from
		for to < len(words) && words[to] != ' ' {
			to++
		}
		if n == len(tokens) || !tokens[n].Is(words[from:to]) {
			return 0
		}
		n++
		from = to + 1
	}
	return n
}

// Begins reports whether the space-separated keywords and symbols come next.
func (p *Phrase) Begins(words string) bool { return leading(p.Tokens, words) > 0 }

// Has reads the words if all of them come next, and reports whether it did.
func (p *Phrase) Has(words string) bool {
	n := leading(p.Tokens, words)
	p.Tokens = p.Tokens[n:]
	return n > 0
}

// Drop skips the given words as long as any of them comes next.
func (p *Phrase) Drop(words ...string) {
	for again := true; again; {
		again = false
		for _, w := range words {
			again = p.Has(w) || again
		}
	}
}

// Until skips the next occurrence of the words outside parentheses and all
// tokens before it. It returns false, and skips nothing, if there is none.
func (p *Phrase) Until(words string) bool { return p.skipPast(words, true) }

// UntilAnywhere is Until that also finds the words in parentheses.
func (p *Phrase) UntilAnywhere(words string) bool { return p.skipPast(words, false) }

func (p *Phrase) skipPast(words string, outside bool) bool {
	first, _, _ := strings.Cut(words, " ")
	for i := range p.Tokens {
		t := &p.Tokens[i]
		if t.Text != first || outside && t.Depth > 0 {
			continue
		}
		if n := leading(p.Tokens[i:], words); n > 0 {
			p.Tokens = p.Tokens[i+n:]
			return true
		}
	}
	return false
}

// Contains reports whether the words occur among the remaining tokens.
func (p *Phrase) Contains(words string) bool {
	rest := *p
	return rest.UntilAnywhere(words)
}

// Name reads a name. If it is not qualified, it is in the given schema. If no
// name comes next, Name returns an empty one and reads nothing.
func (p *Phrase) Name(schema string) Name {
	if !p.Peek().CanName() {
		return Name{}
	}
	n := Name{schema, clip(p.Take().Text)}
	for p.Has(".") {
		n = Name{n.Name, clip(p.Take().Text)}
	}
	return n
}

// Names reads a comma-separated list of names, as in DROP and TRUNCATE.
func (p *Phrase) Names() (all []Name) {
	for {
		p.Drop("only")
		n := p.Name("")
		if n == (Name{}) {
			return all
		}
		all = append(all, n)
		p.Drop("*")
		if !p.Has(",") {
			return all
		}
	}
}

// Value reads [= | TO] and a word, a name or a string. It returns an empty
// string if none comes next.
func (p *Phrase) Value() string {
	if !p.Has("=") {
		p.Has("to")
	}
	if t := p.Peek(); !t.CanName() && t.Kind != String {
		return ""
	}
	return p.Take().Text
}

// Group reads a group in parentheses, if one comes next, and returns the tokens
// inside.
func (p *Phrase) Group() Phrase {
	if !p.Peek().Is("(") {
		return Phrase{}
	}
	depth := p.Take().Depth
	for i, t := range p.Tokens {
		if t.Depth == depth && t.Is(")") {
			inner := p.Tokens[:i]
			p.Tokens = p.Tokens[i+1:]
			return Phrase{inner}
		}
	}
	inner := *p
	p.Tokens = nil
	return inner
}

// Columns reads a group in parentheses, if one comes next, and returns the names
// inside.
func (p *Phrase) Columns() (names []string) {
	for _, t := range p.Group().Tokens {
		if t.CanName() {
			names = append(names, t.Text)
		}
	}
	return names
}

// Split splits the remaining tokens at the commas outside parentheses.
func (p *Phrase) Split() (parts []Phrase) {
	from := 0
	for i, t := range p.Tokens {
		if t.Depth == p.Tokens[0].Depth && t.Is(",") {
			parts = append(parts, Phrase{p.Tokens[from:i]})
			from = i + 1
		}
	}
	return append(parts, Phrase{p.Tokens[from:]})
}
