package watch

import (
	"slices"
	"strings"
)

// phrase is what is left to read of a statement.
type phrase struct{ tokens []token }

// name is that of an object; Schema is empty where the statement has none.
type name struct{ schema, name string }

func (p *phrase) done() bool { return len(p.tokens) == 0 }

func (p *phrase) peek() token {
	if p.done() {
		return token{kind: symbol}
	}
	return p.tokens[0]
}

func (p *phrase) take() token {
	t := p.peek()
	if !p.done() {
		p.tokens = p.tokens[1:]
	}
	return t
}

// begins tells whether words come next.
func (p *phrase) begins(words string) bool {
	for i, w := range strings.Fields(words) {
		if i >= len(p.tokens) || !p.tokens[i].is(w) {
			return false
		}
	}
	return true
}

// is tells whether a token is a keyword or a symbol.
func (t token) is(what string) bool {
	return (t.kind == word || t.kind == symbol) && t.text == what
}

// has takes words, if they come next.
func (p *phrase) has(words string) bool {
	if !p.begins(words) {
		return false
	}
	p.tokens = p.tokens[len(strings.Fields(words)):]
	return true
}

// skip takes any of the words, in any order.
func (p *phrase) skip(words ...string) {
	for slices.ContainsFunc(words, p.has) {
	}
}

// until takes everything up to and with words.
func (p *phrase) until(words string) bool {
	for q := *p; !q.done(); q.take() {
		if q.has(words) {
			*p = q
			return true
		}
	}
	return false
}

// holds tells whether words come anywhere in what is left.
func (p *phrase) holds(words string) bool {
	q := *p
	return q.until(words)
}

// object takes the name of an object.
func (p *phrase) object() (n name, ok bool) {
	first := p.peek()
	if first.kind != word && first.kind != quoted {
		return n, false
	}
	p.take()
	n.name = first.text
	for p.peek().is(".") {
		p.take()
		n = name{n.name, p.take().text}
	}
	return n, true
}

// objects takes a list of names, as of DROP and TRUNCATE.
func (p *phrase) objects() (all []name) {
	for {
		p.skip("only")
		n, ok := p.object()
		if !ok {
			return all
		}
		all = append(all, n)
		p.skip("*")
		if !p.has(",") {
			return all
		}
	}
}

// column takes the name of a column.
func (p *phrase) column() string { return p.take().text }

// inParentheses takes what stands in parentheses, if they come next.
func (p *phrase) inParentheses() *phrase {
	if !p.has("(") {
		return &phrase{}
	}
	inner := &phrase{}
	for depth := 1; !p.done(); {
		t := p.take()
		switch {
		case t.is("("):
			depth++
		case t.is(")"):
			depth--
		}
		if depth == 0 {
			break
		}
		inner.tokens = append(inner.tokens, t)
	}
	return inner
}

// columns takes a list of columns in parentheses.
func (p *phrase) columns() (names []string) {
	for inner := p.inParentheses(); !inner.done(); {
		if t := inner.take(); t.kind == word || t.kind == quoted {
			names = append(names, t.text)
		}
	}
	return names
}

// split takes what is left apart at the commas that stand in no parentheses.
func (p *phrase) split() (parts []phrase) {
	depth, from := 0, 0
	for i, t := range p.tokens {
		switch {
		case t.is("("):
			depth++
		case t.is(")"):
			depth--
		case t.is(",") && depth == 0:
			parts = append(parts, phrase{p.tokens[from:i]})
			from = i + 1
		}
	}
	return append(parts, phrase{p.tokens[from:]})
}
