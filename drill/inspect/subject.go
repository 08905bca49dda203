package inspect

import "strings"

// longestSubject is how much of a statement is read for its subject.
const longestSubject = 64 << 10

// Subject is what a statement of a dump is about: the object that it makes,
// changes or fills, as schema.name, with quotes where they tell it from another.
// It is empty where the statement, which may be cut, does not tell.
func Subject(sql string) string {
	return subjectOf(firstStatement(sql[:min(len(sql), longestSubject)]))
}

func subjectOf(tokens []token) string {
	p := &phrase{tokens: tokens}
	switch verb := p.take(); verb.text {
	case "copy", "insert", "update", "delete", "truncate", "lock":
		p.drop("into", "from", "table")
		return p.subject()
	case "refresh":
		p.drop("materialized", "view")
		return p.subject()
	case "create":
		return p.created()
	case "alter", "drop":
		return p.ofKind()
	case "comment", "security":
		p.until("on")
		return p.ofKind()
	case "grant", "revoke":
		return p.granted()
	case "select":
		return p.sequence()
	}
	return ""
}

// firstStatement lexes up to the first semicolon, without reading the statement.
func firstStatement(sql string) []token {
	s := newScript(newFeed(strings.NewReader(sql), smallBuffer), newCatalog())
	s.fragment = true
	for w := s.f.window(); len(w) > 0; w = s.f.window() {
		if w[0] == ';' && !s.st.empty() && s.st.ends() || s.lex(w[0]) != nil {
			break
		}
	}
	return s.st.tokens
}

// CopyTarget is the table that a COPY statement fills, as the catalog has its
// name, without its schema; empty: it is no COPY.
func CopyTarget(sql string) string {
	p := &phrase{tokens: firstStatement(sql[:min(len(sql), longestSubject)])}
	if !p.has("copy") {
		return ""
	}
	return p.name("").name
}

// subject takes the name that is next.
func (p *phrase) subject() string {
	p.drop("only", "concurrently", "if not exists", "if exists")
	n := p.name("")
	if n.name == "" {
		return ""
	}
	return n.quoted()
}

// kinds are the words for what has a name of its own, longest first. What
// belongs to a table is told by that.
var kinds = []string{
	"foreign data wrapper", "text search configuration", "text search dictionary", "text search parser", "text search template",
	"procedural language", "materialized view", "operator family", "operator class", "access method", "event trigger",
	"foreign server", "foreign table", "large object", "publication", "subscription", "collation", "conversion", "extension",
	"procedure", "statistics", "aggregate", "database", "function", "language", "sequence", "routine", "domain", "schema",
	"server", "table", "index", "type", "view",
}

// ofKind takes a kind and a name.
func (p *phrase) ofKind() string {
	switch {
	case p.has("constraint"), p.has("policy"), p.has("trigger"):
		return p.onTable()
	case p.has("rule"):
		p.until("to")
		return p.subject()
	case p.has("column"):
		return p.table()
	}
	for _, kind := range kinds {
		if p.has(kind) {
			return p.subject()
		}
	}
	return ""
}

// granted takes what GRANT and REVOKE are on: of a table the kind may be left out.
func (p *phrase) granted() string {
	if !p.until("on") {
		return "" // membership of a role
	}
	if table := *p; table.name("").name != "" && (table.peek().is("to") || table.peek().is("from")) {
		return p.subject()
	}
	return p.ofKind()
}

// table takes the table of a column's name.
func (p *phrase) table() string {
	var parts []string
	for more := true; more && p.peek().named(); more = p.symbol(".") {
		parts = append(parts, p.take().text)
	}
	switch n := len(parts); {
	case n >= 3:
		return qname{parts[n-3], parts[n-2]}.quoted()
	case n == 2:
		return qname{"", parts[0]}.quoted()
	}
	return ""
}

// onTable takes the table behind ON.
func (p *phrase) onTable() string {
	if !p.until("on") {
		return ""
	}
	p.has("domain")
	return p.subject()
}

// created takes what CREATE makes; an index lies in its table's schema.
func (p *phrase) created() string {
	p.drop("or replace", "global", "local", "temporary", "temp", "unlogged", "unique", "recursive", "default", "trusted")
	if !p.has("index") {
		return p.ofKind()
	}
	p.drop("concurrently", "if not exists")
	if p.peek().is("on") {
		return p.onTable()
	}
	index := p.name("")
	if !p.has("on") {
		return index.quoted()
	}
	p.has("only")
	return qname{p.name("").schema, index.name}.quoted()
}

// sequence takes that of SELECT pg_catalog.setval('…', 1, true).
func (p *phrase) sequence() string {
	if p.name("").name != "setval" || !p.symbol("(") || p.peek().kind != str {
		return ""
	}
	name := &phrase{tokens: firstStatement("table " + p.take().text)} // a name alone begins no statement
	name.has("table")
	return name.subject()
}
