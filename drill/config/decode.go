package config

import (
	"math"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/drillgres/drillgres/drill/words"
)

// value decodes node n at path p into v. A verbatim string keeps its ${…}: it is
// written in another language, such as SQL.
func (l *loader) value(n *yaml.Node, p *path, v reflect.Value, verbatim bool) {
	n = resolved(n)
	if l.places[p.text] == nil {
		l.places[p.text] = n
	}
	if n.Style&yaml.TaggedStyle != 0 {
		l.problem(n, p, "has a YAML tag (!…), which is not supported (quote a value that begins with !)")
		return
	}
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		l.problem(n, p, "has no value (want %s)", wanted(v.Type()))
		return
	}
	if l.special(n, p, v) {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		l.value(n, p, v.Elem(), verbatim)
	case reflect.Struct:
		l.structure(n, p, v)
	case reflect.Map:
		l.mapping(n, p, v)
	case reflect.Slice:
		l.list(n, p, v)
	default:
		l.scalar(n, p, v, verbatim)
	}
}

// special decodes the types that have their own notation. It reports whether v is
// one of them.
func (l *loader) special(n *yaml.Node, p *path, v reflect.Value) bool {
	switch target := v.Addr().Interface().(type) {
	case *Value:
		*target = l.secret(n, p)
	case *SQL:
		*target = l.sql(n, p, v)
	case *Text:
		if l.isScalar(n, p, v) {
			*target = Text(l.expanded(n, p).text)
		}
	case *History:
		*target = l.history(n, p)
	case *Duration:
		if l.isScalar(n, p, v) {
			d, err := ParseDuration(n.Value)
			l.problemOf(n, p, err)
			*target = d
		}
	case *Size:
		if l.isScalar(n, p, v) {
			s, err := ParseSize(n.Value)
			l.problemOf(n, p, err)
			*target = s
		}
	case *Percent:
		if l.isScalar(n, p, v) {
			share, err := ParsePercent(n.Value)
			l.problemOf(n, p, err)
			*target = share
		}
	case *Expr:
		if l.isScalar(n, p, v) {
			target.Source = n.Value
		}
	case *Build:
		return l.build(n, p, target)
	case *Control:
		return l.control(n, p, target)
	default:
		return false
	}
	return true
}

// problemOf reports err, unless it is nil.
func (l *loader) problemOf(n *yaml.Node, p *path, err error) {
	if err != nil {
		l.problem(n, p, "%v", err)
	}
}

// structure decodes a mapping whose keys are the fields of v.
func (l *loader) structure(n *yaml.Node, p *path, v reflect.Value) {
	if !l.isKind(n, p, v, yaml.MappingNode) {
		return
	}
	fields := fieldsOf(v.Type())
	for _, e := range l.entries(n, p) {
		at := p.key(e.key.Value)
		i, known := fields[e.key.Value]
		if !known {
			l.unknown(e.key, at, p, fields)
			continue
		}
		l.place(e, at)
		verbatim := v.Type().Field(i).Tag.Get("config") == "verbatim"
		l.value(e.value, at, v.Field(i), verbatim)
	}
}

// unknown reports a key that does not exist. The key that was probably intended
// counts as given, so that its absence is not a second problem.
func (l *loader) unknown(key *yaml.Node, at, parent *path, fields map[string]int) {
	near := words.Nearest(key.Value, sortedKeys(fields))
	if near == "" {
		l.problem(key, at, "unknown key (want one of %s)", strings.Join(sortedKeys(fields), ", "))
		return
	}
	l.problem(key, at, "unknown key (did you mean %s?)", near)
	l.unusable[parent.key(near).text] = true
}

// mapping decodes a mapping whose keys are names that the user chose.
func (l *loader) mapping(n *yaml.Node, p *path, v reflect.Value) {
	if !l.isKind(n, p, v, yaml.MappingNode) {
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for _, e := range l.entries(n, p) {
		at := p.key(e.key.Value)
		l.place(e, at)
		item := reflect.New(v.Type().Elem()).Elem()
		l.value(e.value, at, item, false)
		v.SetMapIndex(reflect.ValueOf(e.key.Value), item)
	}
}

func (l *loader) list(n *yaml.Node, p *path, v reflect.Value) {
	if !l.isKind(n, p, v, yaml.SequenceNode) {
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, item := range n.Content {
		l.value(item, p.at(i), v.Index(i), false)
	}
}

// place records where a path is: a section at its key, a single value at itself.
func (l *loader) place(e entry, at *path) {
	if e.value.Kind == yaml.ScalarNode && e.value.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
		l.places[at.text] = e.value
		return
	}
	l.places[at.text] = e.key
}

// scalar decodes a string, number or boolean.
func (l *loader) scalar(n *yaml.Node, p *path, v reflect.Value, verbatim bool) {
	if !l.isScalar(n, p, v) {
		return
	}
	if verbatim {
		v.SetString(n.Value)
		return
	}
	text, ok := l.literal(n, p)
	if !ok {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
		return
	case reflect.Bool:
		if n.Tag == "!!bool" {
			v.SetBool(n.Value == "true" || n.Value == "True" || n.Value == "TRUE")
			return
		}
	case reflect.Int, reflect.Int64:
		if i, err := strconv.ParseInt(text, 10, 64); err == nil {
			v.SetInt(i)
			return
		}
	case reflect.Float64:
		if f, err := strconv.ParseFloat(text, 64); err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) {
			v.SetFloat(f)
			return
		}
	}
	l.problem(n, p, "%s is not %s", quoted(n.Value), wanted(v.Type()))
}

func (l *loader) isScalar(n *yaml.Node, p *path, v reflect.Value) bool {
	return l.isKind(n, p, v, yaml.ScalarNode)
}

// isKind reports whether n is of the kind want. If not, it adds a problem, which
// does not quote the value.
func (l *loader) isKind(n *yaml.Node, p *path, v reflect.Value, want yaml.Kind) bool {
	if n.Kind == want {
		return true
	}
	l.problem(n, p, "is %s (want %s)", shapes[n.Kind], wanted(v.Type()))
	return false
}
