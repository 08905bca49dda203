package config

import "strings"

// need says whether a check must have a condition, by an example of one.
type need struct{ example string }

var optional = need{}

func needed(example string) need { return need{example} }

// compileExpect compiles the condition at a place.
func (l *loader) compileExpect(at *path, e *Expr, compile func(string) (Expr, error), n need) {
	switch {
	case strings.TrimSpace(e.Source) != "":
		compiled, err := compile(e.Source)
		if err != nil {
			l.bad(at, "%v", err)
			return
		}
		*e = compiled
	case n != optional:
		l.bad(at, "is missing (want a condition such as %s)", n.example)
	case l.given(at):
		l.bad(at, "is empty (leave it out for the default)")
	}
}
