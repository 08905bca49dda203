package sqltext

import "strings"

// Phrase reads a statement from left to right.
type Phrase struct {
	Tokens []Token // that are left to read
}

// Is reports whether a token is a keyword or a symbol.
func (t Token) Is(what string) bool {
	return t.Text == what && (t.Kind == Word || t.Kind == Symbol)
}

// CanName reports whether a token can be a name.
func (t Token) CanName() bool { return t.Kind == Word || t.Kind == Quoted }

// Done reports whether nothing is left.
func (p *Phrase) Done() bool { return len(p.Tokens) == 0 }

// Peek returns the next token; at the end, one of kind [EOF].
func (p *Phrase) Peek() Token {
	if len(p.Tokens) == 0 {
		return Token{}
	}
	return p.Tokens[0]
}

// Take takes the next token; at the end, one of kind [EOF].
func (p *Phrase) Take() Token {
	if len(p.Tokens) == 0 {
		return Token{}
	}
	t := p.Tokens[0]
	p.Tokens = p.Tokens[1:]
	return t
}

// leading returns how many tokens the space-separated words are, if the tokens
// begin with them; 0 if not.
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

// Has takes the words if they come next: all of them or none.
func (p *Phrase) Has(words string) bool {
	n := leading(p.Tokens, words)
	p.Tokens = p.Tokens[n:]
	return n > 0
}

// Drop takes any of the words, in any order, as often as they come next.
func (p *Phrase) Drop(words ...string) {
	for again := true; again; {
		again = false
		for _, w := range words {
			again = p.Has(w) || again
		}
	}
}

// Until moves behind the next occurrence of the words outside parentheses, and
// stays where it is if there is none.
func (p *Phrase) Until(words string) bool { return p.moveBehind(words, true) }

// UntilAnywhere moves behind the next occurrence of the words, within
// parentheses too, and stays where it is if there is none.
func (p *Phrase) UntilAnywhere(words string) bool { return p.moveBehind(words, false) }

func (p *Phrase) moveBehind(words string, outside bool) bool {
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

// Contains reports whether the words come anywhere in what is left.
func (p *Phrase) Contains(words string) bool {
	rest := *p
	return rest.UntilAnywhere(words)
}

// Name takes a name, with its schema if it has one, else in the schema given.
// It is empty, and nothing is taken, if no name comes next.
func (p *Phrase) Name(schema string) Name {
	if !p.Peek().CanName() {
		return Name{}
	}
	n := Name{schema, p.Take().Text}
	for p.Has(".") {
		n = Name{n.Name, p.Take().Text}
	}
	return n
}

// Names takes a comma-separated list of names, as DROP and TRUNCATE have it.
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

// Value takes [= | TO] followed by a word, a name or a string.
func (p *Phrase) Value() string {
	if !p.Has("=") {
		p.Has("to")
	}
	if t := p.Peek(); !t.CanName() && t.Kind != String {
		return ""
	}
	return p.Take().Text
}

// Group takes what is in parentheses, if they come next.
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

// Columns takes the names in parentheses, if they come next.
func (p *Phrase) Columns() (names []string) {
	for _, t := range p.Group().Tokens {
		if t.CanName() {
			names = append(names, t.Text)
		}
	}
	return names
}

// Split takes what is left apart at the commas that are not in parentheses.
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
