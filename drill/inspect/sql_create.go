package inspect

import "github.com/drillgres/drillgres/drill/sqltext"

// readCreate reads CREATE and adds the object that it creates.
func (k *catalog) readCreate(p *sqltext.Phrase) {
	p.Drop("or replace", "global", "local")
	temporary := p.Has("temporary") || p.Has("temp")
	p.Drop("unlogged", "unique", "constraint", "recursive", "trusted", "procedural", "default")
	switch {
	case temporary:
		k.createTemporary(p)
	case p.Has("table"):
		k.createTable(p)
	case p.Has("foreign table"):
		k.addObject(KindForeignTable, k.newName(p), "")
	case p.Has("index"):
		k.createIndex(p)
	case p.Has("trigger"):
		k.createOnTable(KindTrigger, p)
	case p.Has("policy"):
		k.createPolicy(p)
	case p.Has("extension"):
		k.createExtension(p)
	case p.Has("schema"):
		k.createSchema(p)
		k.c.Opaque = k.c.Opaque || p.Contains("create") // elements of the schema
	case p.Has("database"):
		k.createDatabase(p)
	case p.Has("role"), p.Has("user mapping"), p.Has("user"), p.Has("group"):
		k.createRole(p)
	case p.Has("tablespace"): // see createsTablespace
	default:
		k.createSimple(p)
	}
}

// simpleKinds holds the kinds that CREATE identifies by a kind and a name only, those
// of more words first.
var simpleKinds = []struct {
	words  string
	kind   Kind
	schema bool // the object is in a schema
}{
	{"materialized view", KindMaterializedView, true},
	{"view", KindView, true},
	{"sequence", KindSequence, true},
	{"function", KindFunction, true},
	{"procedure", KindFunction, true},
	{"aggregate", KindFunction, true},
	{"type", KindType, true},
	{"domain", KindType, true},
	{"event trigger", KindEventTrigger, false},
	{"publication", KindPublication, false},
	{"subscription", KindSubscription, false},
	{"server", KindServer, false},
}

func (k *catalog) createSimple(p *sqltext.Phrase) {
	for _, s := range simpleKinds {
		if !p.Has(s.words) {
			continue
		}
		n := k.newName(p)
		if !s.schema {
			n.Schema = ""
		}
		k.addObject(s.kind, n, "")
		if s.kind == KindType && p.Begins("as enum") && k.reserve(n.Schema, n.Name) {
			k.enums[n] = true
		}
		k.listensToDDL = k.listensToDDL || s.kind == KindEventTrigger
		k.trailingTablespace(p)
		return
	}
}

func (k *catalog) createTable(p *sqltext.Phrase) {
	n := k.newName(p)
	k.addObject(KindTable, n, "")
	if p.Has("partition of") {
		k.addPartition(n, k.existingName(p, tableKinds))
	}
	rest := *p
	if rest.Until("partition by") && k.reserve(n.Schema, n.Name) {
		k.partitioned[n] = true
	}
	k.noteTimes(n, *p)
	t := k.table(n)
	if query := *p; query.Until("as") && !query.Contains("with no data") { // CREATE TABLE … AS
		t.addData(-1, 0)
	}
	k.c.Opaque = k.c.Opaque || k.listensToDDL
	k.trailingTablespace(p)
}

// trailingTablespace reads the TABLESPACE clause after a definition.
func (k *catalog) trailingTablespace(p *sqltext.Phrase) {
	if p.Until("tablespace") {
		k.addTablespace(p.Value())
	}
}

// createIndex reads an index, which is in the schema of its table.
func (k *catalog) createIndex(p *sqltext.Phrase) {
	p.Drop("concurrently", "if not exists")
	if p.Has("on") { // the server chooses the name
		return
	}
	n := p.Name("")
	if !p.Has("on") {
		return
	}
	p.Drop("only")
	table := k.existingName(p, relationKinds)
	k.addObject(KindIndex, sqltext.Name{Schema: table.Schema, Name: n.Name}, table.Name)
	k.trailingTablespace(p)
}

// createOnTable reads an object with its own name on a table.
func (k *catalog) createOnTable(kind Kind, p *sqltext.Phrase) {
	n := p.Name("")
	if !p.Until("on") {
		return
	}
	table := k.existingName(p, relationKinds)
	k.addObject(kind, sqltext.Name{Schema: table.Schema, Name: n.Name}, table.Name)
}

func (k *catalog) createPolicy(p *sqltext.Phrase) {
	k.createOnTable(KindPolicy, p)
	if p.Until("to") {
		k.addRoles(p)
	}
}

func (k *catalog) createExtension(p *sqltext.Phrase) {
	p.Drop("if not exists")
	e := Extension{Name: p.Name("").Name}
	p.Drop("with")
	if p.Has("schema") {
		e.Schema = p.Name("").Name
	}
	if _, twice := k.objects[objectKey{kind: KindExtension, of: sqltext.Name{Name: e.Name}}]; twice {
		return
	}
	k.addObject(KindExtension, sqltext.Name{Name: e.Name}, "")
	if !k.full {
		k.c.Extensions = append(k.c.Extensions, e)
	}
}

func (k *catalog) createSchema(p *sqltext.Phrase) {
	p.Drop("if not exists")
	var n sqltext.Name
	if !p.Peek().Is("authorization") {
		n = p.Name("")
	}
	if p.Has("authorization") {
		owner := p.Name("").Name
		k.addRole(owner)
		if n.Name == "" {
			n.Name = owner
		}
	}
	k.addObject(KindSchema, sqltext.Name{Name: n.Name}, "")
}

// createRole reads CREATE ROLE, USER and GROUP, and CREATE USER MAPPING.
func (k *catalog) createRole(p *sqltext.Phrase) {
	p.Drop("if not exists")
	if p.Has("for") {
		k.addRoles(p)
		return
	}
	k.addName(k.createdRoles, p.Name("").Name)
}

// createDatabase reads the options of production's database.
func (k *catalog) createDatabase(p *sqltext.Phrase) {
	d := &k.c.Database
	if k.c.Format == Cluster {
		k.c.Databases = append(k.c.Databases, Database{})
		d = &k.c.Databases[len(k.c.Databases)-1]
	}
	if d.Name = p.Name("").Name; !k.reserve(d.Name) {
		return
	}
	if k.c.Format == Plain {
		k.c.Creates = d.Name
	}
	d.Encoding = ""
	for !p.Done() {
		option := p.Take()
		if option.Kind != sqltext.Word || option.Text == "with" {
			continue
		}
		k.databaseOption(d, option.Text, p.Value())
	}
	if d.LocaleProvider == "" && d.Collate != "" {
		d.LocaleProvider = "libc"
	}
}

func (k *catalog) databaseOption(d *Database, option, value string) {
	switch option {
	case "encoding":
		d.Encoding = value
	case "owner":
		d.Owner = value
		k.addRole(value)
	case "locale_provider":
		d.LocaleProvider = value
	case "locale":
		d.Collate, d.CType = value, value
	case "lc_collate":
		d.Collate = value
	case "lc_ctype":
		d.CType = value
	case "icu_locale", "builtin_locale":
		d.Locale = value
	case "icu_rules":
		d.ICURules = value
	case "tablespace":
		k.addTablespace(value)
	}
}
