package inspect

import (
	"strconv"
	"strings"
)

// Sequence is where the dump sets a sequence to go on: behind Last if it was
// Called, else at Last itself.
type Sequence struct {
	Schema string `json:"schema"`
	Name   string `json:"name"`
	Last   int64  `json:"last"`
	Called bool   `json:"called"` // false: the sequence has never been used
}

// setval reads the arguments of setval('schema.name', 42, true). A sequence
// that the dump sets more than once stands more than once, the last one last.
func (k *catalog) setval(p *phrase) {
	if !p.symbol("(") || p.peek().kind != str {
		return
	}
	n := splitName(p.take().text, k.searchPath)
	if !p.symbol(",") || n.name == "" {
		return
	}
	sign := ""
	if p.symbol("-") {
		sign = "-"
	}
	last, err := strconv.ParseInt(sign+p.take().text, 10, 64)
	if err != nil || !k.holds(n.schema, n.name) {
		return
	}
	called := true // so it is where the third argument is left out
	if p.symbol(",") {
		called = p.has("true")
	}
	k.c.Sequences = append(k.c.Sequences, Sequence{Schema: n.schema, Name: n.name, Last: last, Called: called})
}

// splitName parts the text of a regclass, such as public."Odd ""Name""", into
// its names as the catalog holds them; one name alone is in the schema given.
func splitName(text, schema string) qname {
	n := qname{schema: schema}
	for text != "" {
		part, rest := firstName(text)
		n.name = part
		if rest == "" {
			return n
		}
		n.schema, text = part, rest
	}
	return qname{}
}

// firstName takes the name that text begins with, and the dot behind it.
func firstName(text string) (name, rest string) {
	if text[0] != '"' {
		name, rest, _ = strings.Cut(text, ".")
		return strings.ToLower(name), rest
	}
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] != '"':
		case i+1 < len(text) && text[i+1] == '"':
			i++
		default:
			name = strings.ReplaceAll(text[1:i], `""`, `"`)
			return name, strings.TrimPrefix(text[i+1:], ".")
		}
	}
	return "", ""
}
