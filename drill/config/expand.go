package config

import (
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// reference matches ${NAME} and ${NAME:-default} at the start of a string.
var reference = regexp.MustCompile(`^\$\{([A-Za-z_][A-Za-z0-9_]*)(:-([^}]*))?\}`)

// expansion is a string after its references were expanded.
type expansion struct {
	text  string
	names []string // of the variables
	parts []string // their values
	ok    bool
}

// expanded expands the references in the string at n. The problems that it reports
// name variables, never the string, which may be a secret.
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
			l.references[p.text] = append(l.references[p.text], Reference{Variable: m[1]})
			e.names = append(e.names, m[1])
			e.parts = append(e.parts, value)
			b.WriteString(value)
		case strings.HasPrefix(rest, "$${"):
			b.WriteString("${")
			rest = rest[len("$${"):]
		case strings.HasPrefix(rest, "${"):
			l.problem(n, p, "has an invalid reference (want ${NAME} or ${NAME:-default}, or $${ for a literal ${)")
			return expansion{}
		default:
			b.WriteByte('$')
			rest = rest[1:]
		}
	}
	e.text = b.String()
	return e
}

// lookup returns the value of one reference. An empty variable counts as unset,
// because CI systems pass a missing secret as an empty variable.
func (l *loader) lookup(n *yaml.Node, p *path, m []string) (string, bool) {
	name, hasDefault, fallback := m[1], m[2] != "", m[3]
	value, set := l.Getenv(name)
	switch {
	case value != "":
		return value, true
	case hasDefault:
		return fallback, true
	case set:
		l.problem(n, p, "environment variable %s is empty (write ${%s:-} if it may be empty)", name, name)
	default:
		l.problem(n, p, "environment variable %s is not set (set it, or write ${%s:-default})", name, name)
	}
	return "", false
}

// literal returns the string at n, in which references are not allowed.
func (l *loader) literal(n *yaml.Node, p *path) (string, bool) {
	if strings.Contains(strings.ReplaceAll(n.Value, "$${", " "), "${") {
		l.problem(n, p, "refers to an environment variable, which is not supported for this key (write $${ for a literal ${)")
		return "", false
	}
	return strings.ReplaceAll(n.Value, "$${", "${"), true
}
