package config

import (
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// reference matches, at the start of a text, ${NAME} and ${NAME:-default}.
var reference = regexp.MustCompile(`^\$\{([A-Za-z_][A-Za-z0-9_]*)(:-([^}]*))?\}`)

// expansion is a text with its references filled in.
type expansion struct {
	text  string
	names []string // of the variables
	parts []string // what they held
	ok    bool
}

// expanded fills in the references of the text at n. Its errors name
// variables, never the text: it may be a secret.
func (l *loader) expanded(n *yaml.Node, p *path) expansion {
	var e expansion
	var b strings.Builder
	e.ok = true
	for rest := n.Value; rest != ""; {
		i := strings.IndexByte(rest, '$')
		if i < 0 {
			b.WriteString(rest)
			break
		}
		b.WriteString(rest[:i])
		rest = rest[i:]
		switch m := reference.FindStringSubmatch(rest); {
		case m != nil:
			rest = rest[len(m[0]):]
			value, ok := l.lookup(n, p, m)
			e.ok = e.ok && ok
			e.names = append(e.names, m[1])
			e.parts = append(e.parts, value)
			b.WriteString(value)
		case strings.HasPrefix(rest, "$${"):
			b.WriteString("${")
			rest = rest[len("$${"):]
		case strings.HasPrefix(rest, "${"):
			l.problem(n, p, "has a ${ that begins no ${NAME} or ${NAME:-default}; write $${ for ${ itself")
			return expansion{}
		default:
			b.WriteByte('$')
			rest = rest[1:]
		}
	}
	e.text = b.String()
	return e
}

// lookup is the value of one reference. An empty variable counts as unset, as
// CI systems make of a missing secret an empty one.
func (l *loader) lookup(n *yaml.Node, p *path, m []string) (string, bool) {
	name, hasDefault, fallback := m[1], m[2] != "", m[3]
	value, set := l.Getenv(name)
	switch {
	case value != "":
		return value, true
	case hasDefault:
		return fallback, true
	case set:
		l.problem(n, p, "the variable %s is empty (write ${%s:-} if it may be)", name, name)
	default:
		l.problem(n, p, "the variable %s is not set (set it, or write ${%s:-default})", name, name)
	}
	return "", false
}

// unexpanded is a text in which references mean nothing.
func (l *loader) unexpanded(n *yaml.Node, p *path) (string, bool) {
	if strings.Contains(strings.ReplaceAll(n.Value, "$${", " "), "${") {
		l.problem(n, p, "refers to the environment, which is not read here; write $${ for ${ itself")
		return "", false
	}
	return strings.ReplaceAll(n.Value, "$${", "${"), true
}
