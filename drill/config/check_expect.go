package config

import "strings"

// requirement says whether a check must have an expression. It holds an example of
// one if it must; the zero value means that it is optional.
type requirement struct{ example string }

var optional = requirement{}

func required(example string) requirement { return requirement{example} }

// compileExpect compiles the expression at a path.
func (l *loader) compileExpect(at *path, e *Expr, compile func(string) (Expr, error), r requirement) {
	switch {
	case strings.TrimSpace(e.Source) != "":
		compiled, err := compile(e.Source)
		if err != nil {
			l.invalid(at, "%v", err)
			return
		}
		*e = compiled
	case r != optional:
		l.invalid(at, "is missing (want an expression such as %s)", r.example)
	case l.given(at):
		l.invalid(at, "is empty (omit it for the default)")
	}
}
