package inspect

// create reads CREATE and what is made.
func (k *catalog) create(p *phrase) {
	p.drop("or replace", "global", "local")
	temporary := p.has("temporary") || p.has("temp")
	p.drop("unlogged", "unique", "constraint", "recursive", "trusted", "procedural", "default")
	switch {
	case temporary:
	case p.has("table"):
		k.createTable(p)
	case p.has("foreign table"):
		k.object(KindForeignTable, k.newName(p), "")
	case p.has("index"):
		k.createIndex(p)
	case p.has("trigger"):
		k.attached(KindTrigger, p)
	case p.has("policy"):
		k.createPolicy(p)
	case p.has("extension"):
		k.createExtension(p)
	case p.has("schema"):
		k.createSchema(p)
	case p.has("database"):
		k.createDatabase(p)
	case p.has("role"), p.has("user mapping"), p.has("user"), p.has("group"):
		k.createRole(p)
	case p.has("tablespace"):
		k.tablespace(p.name("").name)
	default:
		k.createSimple(p)
	}
}

// simple lists what is made by its kind and its name alone, longest words first.
var simple = []struct {
	words  string
	kind   Kind
	schema bool // whether it lies in one
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

func (k *catalog) createSimple(p *phrase) {
	for _, s := range simple {
		if !p.has(s.words) {
			continue
		}
		n := k.newName(p)
		if !s.schema {
			n.schema = ""
		}
		k.object(s.kind, n, "")
		k.trailingTablespace(p)
		return
	}
}

// newName takes the name of what is made.
func (k *catalog) newName(p *phrase) qname {
	p.drop("concurrently", "if not exists")
	return p.name(k.searchPath)
}

func (k *catalog) createTable(p *phrase) {
	n := k.newName(p)
	k.object(KindTable, n, "")
	if p.has("partition of") {
		k.partition(n, p.name(k.searchPath))
	}
	rest := *p
	if rest.until("partition by") && k.holds(n.schema, n.name) {
		k.partitioned[n] = true
	}
	k.table(n)
	k.trailingTablespace(p)
}

// trailingTablespace finds the TABLESPACE clause behind a definition.
func (k *catalog) trailingTablespace(p *phrase) {
	if p.until("tablespace") {
		k.tablespace(p.value())
	}
}

// createIndex reads an index; it lies in its table's schema.
func (k *catalog) createIndex(p *phrase) {
	p.drop("concurrently", "if not exists")
	if p.has("on") { // a name of the server's choosing
		return
	}
	n := p.name("")
	if !p.has("on") {
		return
	}
	p.drop("only")
	table := p.name(k.searchPath)
	k.object(KindIndex, qname{table.schema, n.name}, table.name)
	k.trailingTablespace(p)
}

// attached reads what is made with a name of its own on a table.
func (k *catalog) attached(kind Kind, p *phrase) {
	n := p.name("")
	if !p.until("on") {
		return
	}
	table := p.name(k.searchPath)
	k.object(kind, qname{table.schema, n.name}, table.name)
}

func (k *catalog) createPolicy(p *phrase) {
	k.attached(KindPolicy, p)
	if p.until("to") {
		k.roleList(p)
	}
}

func (k *catalog) createExtension(p *phrase) {
	p.drop("if not exists")
	e := Extension{Name: p.name("").name}
	p.drop("with")
	if p.has("schema") {
		e.Schema = p.name("").name
	}
	if _, twice := k.objects[objectKey{kind: KindExtension, of: qname{name: e.Name}}]; twice {
		return
	}
	k.object(KindExtension, qname{name: e.Name}, "")
	if !k.full {
		k.c.Extensions = append(k.c.Extensions, e)
	}
}

func (k *catalog) createSchema(p *phrase) {
	p.drop("if not exists")
	var n qname
	if !p.peek().is("authorization") {
		n = p.name("")
	}
	if p.has("authorization") {
		owner := p.name("").name
		k.role(owner)
		if n.name == "" {
			n.name = owner
		}
	}
	k.object(KindSchema, qname{name: n.name}, "")
}

// createRole reads CREATE ROLE, USER and GROUP, and CREATE USER MAPPING.
func (k *catalog) createRole(p *phrase) {
	p.drop("if not exists")
	if p.has("for") {
		k.roleList(p)
		return
	}
	k.addName(k.createdRoles, p.name("").name)
}

// createDatabase reads the options with which production's database was made.
func (k *catalog) createDatabase(p *phrase) {
	if k.c.Format == Cluster {
		return
	}
	d := &k.c.Database
	d.Name = p.name("").name
	d.Encoding = ""
	for p.at < len(p.tokens) {
		option := p.take()
		if option.kind != word || option.text == "with" {
			continue
		}
		k.databaseOption(d, option.text, p.value())
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
		k.role(value)
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
		k.tablespace(value)
	}
}
