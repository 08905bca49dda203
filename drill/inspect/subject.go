package inspect

import (
	"github.com/drillgres/drillgres/drill/sqltext"
)

// longestSubject is how many bytes of a statement are read for its subject.
const longestSubject = 64 << 10

// Subject returns the object that a statement of a dump creates, changes or fills, as
// schema.name, quoted where SQL requires it. The statement may be incomplete. Subject
// returns an empty string if the statement does not name an object.
func Subject(sql string) string {
	return subjectOf(sqltext.FirstStatement(sql[:min(len(sql), longestSubject)], sqltext.Psql))
}

func subjectOf(tokens []sqltext.Token) string {
	p := &sqltext.Phrase{Tokens: tokens}
	switch verb := p.Take(); verb.Text {
	case "copy", "insert", "update", "delete", "truncate", "lock":
		p.Drop("into", "from", "table")
		return nextName(p)
	case "refresh":
		p.Drop("materialized", "view")
		return nextName(p)
	case "create":
		return createdObject(p)
	case "alter", "drop":
		return kindAndName(p)
	case "comment", "security":
		p.Until("on")
		return kindAndName(p)
	case "grant", "revoke":
		return grantedObject(p)
	case "select":
		return setSequence(p)
	}
	return ""
}

// CopyTarget returns the name of the table that a COPY statement fills, unquoted and
// without its schema. It returns an empty string for any other statement.
func CopyTarget(sql string) string {
	p := &sqltext.Phrase{Tokens: sqltext.FirstStatement(sql[:min(len(sql), longestSubject)], sqltext.Psql)}
	if !p.Has("copy") {
		return ""
	}
	return p.Name("").Name
}

// nextName reads the next name.
func nextName(p *sqltext.Phrase) string {
	p.Drop("only", "concurrently", "if not exists", "if exists")
	n := p.Name("")
	if n.Name == "" {
		return ""
	}
	return objectName(n)
}

// kindWords holds the words for kinds of objects with their own names, longest first.
// An object that belongs to a table is identified by the table instead.
var kindWords = []string{
	"foreign data wrapper", "text search configuration", "text search dictionary", "text search parser", "text search template",
	"procedural language", "materialized view", "operator family", "operator class", "access method", "event trigger",
	"foreign server", "foreign table", "large object", "publication", "subscription", "collation", "conversion", "extension",
	"procedure", "statistics", "aggregate", "database", "function", "language", "sequence", "routine", "domain", "schema",
	"server", "table", "index", "type", "view",
}

// kindAndName reads a kind and a name.
func kindAndName(p *sqltext.Phrase) string {
	switch {
	case p.Has("constraint"), p.Has("policy"), p.Has("trigger"):
		return onTable(p)
	case p.Has("rule"):
		p.Until("to")
		return nextName(p)
	case p.Has("column"):
		return tableOfColumn(p)
	}
	for _, kind := range kindWords {
		if p.Has(kind) {
			return nextName(p)
		}
	}
	return ""
}

// grantedObject reads the object of GRANT and REVOKE. For a table, the kind is
// optional.
func grantedObject(p *sqltext.Phrase) string {
	if !p.Until("on") {
		return "" // membership of a role
	}
	if table := *p; table.Name("").Name != "" && (table.Peek().Is("to") || table.Peek().Is("from")) {
		return nextName(p)
	}
	return kindAndName(p)
}

// tableOfColumn reads the name of a column and returns its table.
func tableOfColumn(p *sqltext.Phrase) string {
	var parts []string
	for more := true; more && p.Peek().CanName(); more = p.Has(".") {
		parts = append(parts, p.Take().Text)
	}
	switch n := len(parts); {
	case n >= 3:
		return objectName(sqltext.Name{Schema: parts[n-3], Name: parts[n-2]})
	case n == 2:
		return objectName(sqltext.Name{Schema: "", Name: parts[0]})
	}
	return ""
}

// onTable reads the table after ON.
func onTable(p *sqltext.Phrase) string {
	if !p.Until("on") {
		return ""
	}
	p.Has("domain")
	return nextName(p)
}

// createdObject reads the object of CREATE. An index is in the schema of its table.
func createdObject(p *sqltext.Phrase) string {
	p.Drop("or replace", "global", "local", "temporary", "temp", "unlogged", "unique", "recursive", "default", "trusted")
	if !p.Has("index") {
		return kindAndName(p)
	}
	p.Drop("concurrently", "if not exists")
	if p.Peek().Is("on") {
		return onTable(p)
	}
	index := p.Name("")
	if !p.Has("on") {
		return objectName(index)
	}
	p.Has("only")
	return objectName(sqltext.Name{Schema: p.Name("").Schema, Name: index.Name})
}

// setSequence reads the sequence of SELECT pg_catalog.setval('…', 1, true).
func setSequence(p *sqltext.Phrase) string {
	if p.Name("").Name != "setval" || !p.Has("(") || p.Peek().Kind != sqltext.String {
		return ""
	}
	n, err := sqltext.ParseName(p.Take().Text, "")
	if err != nil {
		return ""
	}
	return objectName(n)
}
