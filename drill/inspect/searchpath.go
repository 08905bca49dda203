package inspect

import (
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/sqltext"
)

// searchPath holds the schemas in which the server looks for a name without a schema,
// as far as the statements of the dump show them.
type searchPath struct {
	schemas []string // in their order
	unknown bool     // a statement may have set anything
}

// userSchema stands for the schema that has the name of the current role.
const userSchema = "$user"

// serverPath is the search path of a session unless something sets another one.
var serverPath = searchPath{schemas: []string{userSchema, "public"}}

// tempSchema stands for the schema of temporary tables, which end with the session.
const tempSchema = "pg_temp"

// newSearchPath returns the path of a list of schemas. A schema of the system is
// searched, but nothing in a dump is created there.
func newSearchPath(schemas []string) searchPath {
	var p searchPath
	for _, s := range schemas {
		switch s {
		case "", "pg_catalog", "information_schema":
		case tempSchema:
			p.unknown = true // what is created is temporary
		default:
			p.schemas = append(p.schemas, s)
		}
	}
	return p
}

// resetSession applies what a new session, RESET ALL and DISCARD ALL do.
func (k *catalog) resetSession() { k.path, k.role = k.newPath, "" }

// newName reads the name of the object that a statement creates.
func (k *catalog) newName(p *sqltext.Phrase) sqltext.Name {
	p.Drop("concurrently", "if not exists")
	n := p.Name("")
	if n.Name != "" && n.Schema == "" {
		n.Schema = k.schemaForNew()
	}
	return n
}

// existingName reads the name of an object that a statement changes or fills.
func (k *catalog) existingName(p *sqltext.Phrase, kinds []Kind) sqltext.Name {
	return k.find(p.Name(""), kinds)
}

// schemaForNew returns the schema in which the server creates an object without a
// schema: the first one of the search path that exists. It returns an empty string if
// the dump does not show which one that is.
func (k *catalog) schemaForNew() string {
	if k.path.unknown {
		return ""
	}
	last := len(k.path.schemas) - 1
	for i, s := range k.path.schemas {
		if s == userSchema && k.role == "" {
			continue // the superuser of a sandbox has no schema
		}
		s = k.schemaOfEntry(s)
		if i == last || k.hasSchema(s) { // the statement would fail without the last one
			return s
		}
		return "" // something other than the dump may create it
	}
	return ""
}

func (k *catalog) schemaOfEntry(s string) string {
	if s == userSchema {
		return k.role
	}
	return s
}

// hasSchema reports whether a schema certainly exists.
func (k *catalog) hasSchema(name string) bool {
	return name == "public" || k.creates(sqltext.Name{Name: name}, KindSchema)
}

// creates reports whether the dump has created an object of one of the kinds.
func (k *catalog) creates(n sqltext.Name, kinds ...Kind) bool {
	return slices.ContainsFunc(kinds, func(kind Kind) bool {
		_, ok := k.objects[objectKey{kind: kind, of: n}]
		return ok
	})
}

// find returns the name with the schema in which the server finds the object. If the
// dump does not show which one that is, the schema is empty.
func (k *catalog) find(n sqltext.Name, kinds []Kind) sqltext.Name {
	switch {
	case n.Name == "":
		return n
	case k.temporary[n.Name] && (n.Schema == "" || n.Schema == tempSchema):
		return sqltext.Name{Schema: tempSchema, Name: n.Name}
	case n.Schema != "":
		return n
	}
	for _, s := range k.path.schemas {
		found := sqltext.Name{Schema: k.schemaOfEntry(s), Name: n.Name}
		if !k.path.unknown && k.creates(found, kinds...) {
			return found
		}
	}
	if k.creates(n, kinds...) {
		return n
	}
	n.Schema = k.schemaForNew()
	return n
}

// createTemporary reads an object that the end of the session drops.
func (k *catalog) createTemporary(p *sqltext.Phrase) {
	for _, kind := range []string{"table", "view", "sequence"} {
		if p.Has(kind) {
			p.Drop("if not exists")
			k.addName(k.temporary, p.Name("").Name)
			return
		}
	}
}

// dropTemporary reads DROP of temporary tables.
func (k *catalog) dropTemporary(p *sqltext.Phrase) {
	if len(k.temporary) == 0 || !p.Has("table") {
		return
	}
	p.Drop("if exists")
	for _, n := range p.Names() {
		delete(k.temporary, n.Name)
	}
}

// setSearchPath reads the value of SET search_path.
func (k *catalog) setSearchPath(p *sqltext.Phrase, local bool) {
	if !p.Has("=") {
		p.Has("to")
	}
	if p.Has("default") {
		k.path = k.newPath
		return
	}
	var schemas []string
	for _, part := range p.Split() {
		if len(part.Tokens) != 1 || !part.Peek().CanName() && part.Peek().Kind != sqltext.String {
			k.path = searchPath{unknown: true}
			return
		}
		schemas = append(schemas, part.Take().Text)
	}
	k.path = newSearchPath(schemas)
	k.path.unknown = k.path.unknown || local // until the end of a transaction
}

// setConfig reads the arguments of set_config('search_path', 'a, b', false).
func (k *catalog) setConfig(p *sqltext.Phrase) {
	if !p.Has("(") || !isPathSetting(p.Take().Text) {
		return
	}
	k.path = searchPath{unknown: true}
	if !p.Has(",") || p.Peek().Kind != sqltext.String {
		return
	}
	list := p.Take().Text
	if schemas, ok := sqltext.SplitNames(list); ok && (p.Has(", false") || p.Has(", f")) && p.Has(")") {
		k.path = newSearchPath(schemas)
	}
}

func isPathSetting(name string) bool { return strings.EqualFold(name, "search_path") }

// reset reads RESET and DISCARD.
func (k *catalog) reset(p *sqltext.Phrase) {
	switch {
	case p.Has("search_path"):
		k.path = k.newPath
	case p.Has("role"), p.Has("session authorization"):
		k.role = ""
	case p.Has("all"):
		k.resetSession()
	}
}

// notePathSetting notes a statement that may set the search path in a form that is
// not read.
func (k *catalog) notePathSetting(verb string, tokens []sqltext.Token) {
	mentioned := slices.ContainsFunc(tokens, func(t sqltext.Token) bool { return strings.Contains(strings.ToLower(t.Text), "search_path") })
	if !mentioned {
		return
	}
	switch verb {
	case "alter": // for later sessions
		if t := tokens[1]; t.Is("database") || t.Is("role") || t.Is("user") || t.Is("system") {
			k.newPath = searchPath{unknown: true}
		}
	case "do", "call", "execute", "update", "with", "select":
		k.path = searchPath{unknown: true}
	}
}
