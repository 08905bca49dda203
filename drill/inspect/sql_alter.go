package inspect

// alter reads ALTER: owners, constraints, identity sequences, partitions.
func (k *catalog) alter(p *phrase) {
	if p.has("default privileges") {
		k.defaultPrivileges(p)
		return
	}
	for _, a := range alterable {
		if p.has(a.words) {
			k.alterOne(p, a.kinds)
			return
		}
	}
	if p.has("role") || p.has("user") {
		k.alterRole(p)
		return
	}
	k.owner(p, nil, qname{}) // operators, collations, large objects …
}

// relation lists the kinds for which older pg_dumps write ALTER TABLE.
var relation = []Kind{KindTable, KindView, KindMaterializedView, KindSequence, KindForeignTable}

// alterable lists what the catalog knows the owner of.
var alterable = []struct {
	words string
	kinds []Kind
}{
	{"table", relation},
	{"foreign table", []Kind{KindForeignTable}},
	{"materialized view", []Kind{KindMaterializedView}},
	{"view", []Kind{KindView}},
	{"sequence", []Kind{KindSequence}},
	{"function", []Kind{KindFunction}},
	{"procedure", []Kind{KindFunction}},
	{"aggregate", []Kind{KindFunction}},
	{"type", []Kind{KindType}},
	{"domain", []Kind{KindType}},
	{"schema", []Kind{KindSchema}},
	{"event trigger", []Kind{KindEventTrigger}},
	{"publication", []Kind{KindPublication}},
	{"subscription", []Kind{KindSubscription}},
	{"server", []Kind{KindServer}},
	{"database", nil},
}

func (k *catalog) alterOne(p *phrase, kinds []Kind) {
	database := kinds == nil
	p.drop("if exists", "only")
	var n qname
	if unschemed(kinds) {
		n = p.name("")
	} else {
		n = p.name(k.searchPath)
	}
	action := *p
	if kinds != nil && kinds[0] == KindTable {
		k.alterTable(&action, n)
	}
	if owner := k.owner(p, kinds, n); database && owner != "" && k.c.Format != Cluster {
		k.c.Database.Owner = owner
	}
}

// unschemed tells kinds that lie in no schema.
func unschemed(kinds []Kind) bool {
	if kinds == nil {
		return true
	}
	switch kinds[0] {
	case KindSchema, KindEventTrigger, KindPublication, KindSubscription, KindServer:
		return true
	}
	return false
}

// owner reads OWNER TO.
func (k *catalog) owner(p *phrase, kinds []Kind, n qname) string {
	if !p.until("owner to") {
		return ""
	}
	if t := p.peek(); t.kind == word && keywordRole(t.text) {
		return ""
	}
	owner := p.name("").name
	k.role(owner)
	k.setOwner(kinds, n, owner)
	return owner
}

func (k *catalog) alterTable(p *phrase, n qname) {
	switch {
	case p.has("add constraint"):
		k.addConstraint(p, n)
	case p.has("attach partition"):
		k.partition(p.name(k.searchPath), n)
	case p.has("alter column"), p.has("alter"):
		p.take()
		k.addIdentity(p, n)
	}
	k.trailingTablespace(p)
}

// addConstraint reads constraints that pg_dump makes behind the rows. Not-null
// constraints are left out: before Postgres 18 the catalog has no names for them.
func (k *catalog) addConstraint(p *phrase, table qname) {
	n := qname{table.schema, p.name("").name}
	switch {
	case p.has("foreign key"):
		k.object(KindForeignKey, n, table.name)
	case p.has("primary key"), p.has("unique"), p.has("exclude"), p.has("check"):
		k.object(KindConstraint, n, table.name)
	default:
		k.clearAnnounced(KindConstraint, n, table.name)
	}
}

// addIdentity reads ADD GENERATED … AS IDENTITY ( SEQUENCE NAME … ).
func (k *catalog) addIdentity(p *phrase, table qname) {
	if !p.has("add generated") || !p.until("as identity") || !p.symbol("(") {
		return
	}
	for p.at < len(p.tokens) {
		if p.has("sequence name") {
			k.object(KindSequence, p.name(table.schema), "")
			return
		}
		p.take()
	}
}

// alterRole reads ALTER ROLE … IN DATABASE … SET, which needs the role.
func (k *catalog) alterRole(p *phrase) {
	if t := p.peek(); t.kind == word && (t.text == "all" || keywordRole(t.text)) {
		return
	}
	k.role(p.name("").name)
}

// keywordRole tells words that stand for a role without being its name.
func keywordRole(name string) bool {
	switch name {
	case "public", "current_user", "current_role", "session_user", "default", "none":
		return true
	}
	return false
}

// roleList takes names separated by commas.
func (k *catalog) roleList(p *phrase) {
	for more := true; more; more = p.symbol(",") {
		p.has("group")
		t := p.take()
		if t.kind == quoted || t.kind == word && !keywordRole(t.text) {
			k.role(t.text)
		}
	}
}

// grant reads GRANT and REVOKE: whom they name, and the roles that are granted.
func (k *catalog) grant(p *phrase, verb string) {
	to := map[string]string{"grant": "to", "revoke": "from"}[verb]
	p.drop("grant option for", "admin option for", "inherit option for", "set option for")
	if privileges := *p; !privileges.until("on") {
		members := *p
		k.roleList(&members)
	}
	if p.until(to) {
		k.roleList(p)
	}
	if p.until("granted by") {
		k.roleList(p)
	}
}

func (k *catalog) defaultPrivileges(p *phrase) {
	if p.has("for role") || p.has("for user") {
		k.roleList(p)
	}
	switch {
	case p.until("grant"):
		if p.until("to") {
			k.roleList(p)
		}
	case p.until("revoke"):
		if p.until("from") {
			k.roleList(p)
		}
	}
}
