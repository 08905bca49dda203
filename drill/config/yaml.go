package config

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// parseNode reads the next document. The parser panics on some broken input, which
// is returned as a syntax error like any other.
func parseNode(dec *yaml.Decoder, n *yaml.Node) (err error) {
	defer func() {
		if recover() != nil {
			err = fmt.Errorf("yaml: the parser failed")
		}
	}()
	return dec.Decode(n)
}

var (
	yamlLine      = regexp.MustCompile(`^line (\d+): `)
	unknownAnchor = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)
)

// syntaxError reports an error of the YAML parser. One of its messages quotes the
// input, which may be a password that begins with an asterisk.
func (l *loader) syntaxError(err error, data []byte) {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1
	if m := yamlLine.FindStringSubmatch(message); m != nil {
		line, _ = strconv.Atoi(m[1]) // digits, by the expression above
		message = message[len(m[0]):]
	}
	if m := unknownAnchor.FindStringSubmatch(message); m != nil {
		line = lineOf(data, "*"+m[1])
		message = "an alias (*…) has no anchor (quote a value that begins with *)"
	}
	if message == "found character that cannot start any token" {
		message += " (indent with spaces, not tabs; quote a value that begins with @ or `)"
	}
	l.addAt(line, 0, "", "invalid YAML near this line: "+message)
}

func lineOf(data []byte, text string) int {
	i := bytes.Index(data, []byte(text))
	if i < 0 {
		return 0
	}
	return 1 + bytes.Count(data[:i], []byte("\n"))
}

// maxNodes bounds what aliases may expand to.
const maxNodes = 50_000

// isBounded reports whether the document has at most maxNodes values after its
// aliases are expanded. If not, it adds a problem.
func (l *loader) isBounded(root *yaml.Node) bool {
	left := maxNodes
	open := map[*yaml.Node]bool{} // anchors being expanded
	var walk func(n *yaml.Node) bool
	walk = func(n *yaml.Node) bool {
		if left--; left < 0 {
			l.addAt(n.Line, n.Column, "", fmt.Sprintf("more than %d values after aliases are expanded", maxNodes))
			return false
		}
		if n.Kind == yaml.AliasNode {
			if open[n.Alias] {
				l.addAt(n.Line, n.Column, "", "an anchor (&…) contains itself")
				return false
			}
			open[n.Alias] = true
			defer delete(open, n.Alias)
			return walk(n.Alias)
		}
		if n.Anchor != "" && !open[n] {
			open[n] = true
			defer delete(open, n)
		}
		for _, child := range n.Content {
			if !walk(child) {
				return false
			}
		}
		return true
	}
	return walk(root)
}

func resolved(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// entry is one key of a mapping with its value.
type entry struct {
	key   *yaml.Node
	value *yaml.Node
}

// entries returns the entries of mapping n, including those of its merge keys (<<).
// Its own keys take precedence over merged ones, and earlier merged ones over later.
func (l *loader) entries(n *yaml.Node, p *path) []entry {
	own, merged := l.ownEntries(n, p)
	seen := map[string]bool{}
	for _, e := range own {
		seen[e.key.Value] = true
	}
	for _, m := range merged {
		for _, e := range l.mergedEntries(m, p) {
			if !seen[e.key.Value] {
				seen[e.key.Value] = true
				own = append(own, e)
			}
		}
	}
	return own
}

// ownEntries returns the entries of mapping n itself, and the values of its merge
// keys.
func (l *loader) ownEntries(n *yaml.Node, p *path) (own []entry, merged []*yaml.Node) {
	first := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := resolved(n.Content[i]), resolved(n.Content[i+1])
		if key.Kind != yaml.ScalarNode || key.Tag == "!!null" {
			l.remark(n.Content[i], p, "has a key that is not a string")
			continue
		}
		if key.Tag == "!!merge" {
			merged = append(merged, value)
			continue
		}
		if line, duplicate := first[key.Value]; duplicate {
			l.remark(n.Content[i], p.key(key.Value), "duplicate key (first on line %d)", line)
			continue
		}
		first[key.Value] = key.Line
		own = append(own, entry{key, value})
	}
	return own, merged
}

func (l *loader) mergedEntries(n *yaml.Node, p *path) []entry {
	switch n.Kind {
	case yaml.MappingNode:
		return l.entries(n, p)
	case yaml.SequenceNode:
		var all []entry
		for _, item := range n.Content {
			if resolved(item).Kind != yaml.MappingNode {
				l.remark(item, p, "<< needs a mapping or a list of mappings")
				return nil
			}
			all = append(all, l.entries(resolved(item), p)...)
		}
		return all
	default:
		l.remark(n, p, "<< needs a mapping or a list of mappings")
		return nil
	}
}
