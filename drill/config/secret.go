package config

import (
	"bytes"
	"io"
	"os"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/drillgres/drillgres/drill/redact"
)

// secret returns the Value at n. Problems never quote it.
func (l *loader) secret(n *yaml.Node, p *path) Value {
	e := l.textOrFile(n, p)
	if n.Kind == yaml.ScalarNode {
		l.addSecretsOf(p, e)
	} else {
		l.addSecret(e.text)
	}
	return Value(e.text)
}

// textOrFile returns the string at n, or the content of the file that it names.
func (l *loader) textOrFile(n *yaml.Node, p *path) expansion {
	switch n.Kind {
	case yaml.ScalarNode:
		return l.expanded(n, p)
	case yaml.MappingNode:
		return expansion{text: l.secretFile(n, p)}
	default:
		l.problem(n, p, "is %s (want a string or {file: path})", shapes[n.Kind])
		return expansion{}
	}
}

// history returns the History at n. A URL with a password is a secret, and so is the
// value of a variable whose name says so. A path is not: messages name it.
func (l *loader) history(n *yaml.Node, p *path) History {
	e := l.textOrFile(n, p)
	h := History(e.text)
	l.secrets = append(l.secrets, h.secrets()...)
	for i, part := range e.parts {
		if secretName.MatchString(e.names[i]) {
			l.addSecret(part)
		}
	}
	return h
}

// secretFile reads the file that {file: path} names, without its last newline.
func (l *loader) secretFile(n *yaml.Node, p *path) string {
	if len(n.Content) != 2 || n.Content[0].Value != "file" {
		l.problem(n, p, "is a mapping other than {file: path} (quote a string that begins with {)")
		return ""
	}
	node := resolved(n.Content[1])
	if node.Kind != yaml.ScalarNode || node.Tag == "!!null" {
		l.problem(node, p, "file needs a path")
		return ""
	}
	e := l.expanded(node, p)
	if !e.ok {
		return ""
	}
	name := (&Config{Dir: l.dir}).Resolve(e.text)
	l.references[p.text] = append(l.references[p.text], Reference{File: name})
	content, err := readSecret(name)
	switch {
	case err != nil:
		l.problem(node, p, "read secret file: %v", err)
	case len(content) == 0:
		l.problem(node, p, "secret file %s is empty", quoted(e.text))
	}
	return content
}

func readSecret(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // opened for reading only
	const most = 1 << 20
	data, err := io.ReadAll(io.LimitReader(f, most))
	if err != nil {
		return "", err
	}
	data = bytes.TrimSuffix(data, []byte("\n"))
	return string(bytes.TrimSuffix(data, []byte("\r"))), nil
}

var (
	secretName = regexp.MustCompile(`(?i)pass|pwd|secret|token|key|auth|cred|cookie|session|salt|private|dsn|cert|licen[cs]e|sign`)
	plainWord  = regexp.MustCompile(`^[A-Za-z]{0,15}$`)
)

// addSecretsOf adds the parts of the Value at p that must not be printed.
func (l *loader) addSecretsOf(p *path, e expansion) {
	if secretName.MatchString(p.text[len(p.up.text):]) || secretName.MatchString(strings.Join(e.names, " ")) {
		l.addSecret(e.text)
		for _, part := range e.parts {
			l.addSecret(part)
		}
		return
	}
	for _, text := range append(e.parts, e.text) {
		if !plainWord.MatchString(text) {
			l.addSecret(text)
		}
	}
}

// addSecret adds a secret, each of its lines, because logs print line by line, and the
// passwords in it if it is a connection string.
func (l *loader) addSecret(text string) {
	const shortestLine = 12
	if text == "" {
		return
	}
	l.secrets = append(l.secrets, redact.Secret(text))
	l.secrets = append(l.secrets, redact.InConnection(text)...)
	if lines := strings.Split(text, "\n"); len(lines) > 1 {
		for _, line := range lines {
			if line = strings.TrimSpace(line); len(line) >= shortestLine {
				l.secrets = append(l.secrets, redact.Secret(line))
			}
		}
	}
}
