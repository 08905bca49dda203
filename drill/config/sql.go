package config

import (
	"os"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// sql returns the SQL at n: a text, or the content of the file that {file: path} names.
func (l *loader) sql(n *yaml.Node, p *path, v reflect.Value) SQL {
	if n.Kind != yaml.MappingNode {
		if !l.isScalar(n, p, v) {
			return ""
		}
		if strings.TrimSpace(n.Value) == "" {
			l.problem(n, p, "is empty (want SQL, or {file: path})")
		}
		return SQL(n.Value)
	}
	if len(n.Content) != 2 || n.Content[0].Value != "file" {
		l.problem(n, p, "is a mapping other than {file: path}")
		return ""
	}
	name := resolved(n.Content[1])
	e := l.expanded(name, p)
	if !e.ok {
		return ""
	}
	content, err := os.ReadFile((&Config{Dir: l.dir}).Resolve(e.text))
	if err != nil {
		l.problem(name, p, "read SQL file: %v", err)
	}
	return SQL(content)
}
