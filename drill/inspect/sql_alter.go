package inspect

import "github.com/drillgres/drillgres/drill/sqltext"

// readAlter reads ALTER: owners, constraints, identity sequences, partitions.
func (k *catalog) readAlter(p *sqltext.Phrase) {
	if p.Has("default privileges") {
		k.defaultPrivileges(p)
		return
	}
	for _, a := range alterable {
		if p.Has(a.words) {
			k.alterOne(p, a.kinds)
			return
		}
	}
	if p.Has("role") || p.Has("user") {
		k.alterRole(p)
		return
	}
	k.readOwner(p, nil, sqltext.Name{}) // operators, collations, large objects …
}

// alterable holds the kinds whose owner the catalog records.
var alterable = []struct {
	words string
	kinds []Kind
}{
	{"table", relationKinds},
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

func (k *catalog) alterOne(p *sqltext.Phrase, kinds []Kind) {
	database := kinds == nil
	p.Drop("if exists", "only")
	var n sqltext.Name
	if hasNoSchema(kinds) {
		n = p.Name("")
	} else {
		n = k.existingName(p, kinds)
	}
	action := *p
	k.c.Opaque = k.c.Opaque || action.Contains("rename to") || action.Contains("set schema")
	if kinds != nil && kinds[0] == KindTable {
		k.alterTable(&action, n)
	}
	if owner := k.readOwner(p, kinds, n); database && owner != "" && k.c.Format != Cluster {
		k.c.Database.Owner = owner
	}
}

// hasNoSchema reports whether objects of these kinds are in no schema.
func hasNoSchema(kinds []Kind) bool {
	if kinds == nil {
		return true
	}
	switch kinds[0] {
	case KindSchema, KindEventTrigger, KindPublication, KindSubscription, KindServer:
		return true
	}
	return false
}

// readOwner reads OWNER TO and returns the owner.
func (k *catalog) readOwner(p *sqltext.Phrase, kinds []Kind, n sqltext.Name) string {
	if !p.Until("owner to") {
		return ""
	}
	if t := p.Peek(); t.Kind == sqltext.Word && isRoleKeyword(t.Text) {
		return ""
	}
	owner := p.Name("").Name
	k.addRole(owner)
	k.setOwner(kinds, n, owner)
	return owner
}

func (k *catalog) alterTable(p *sqltext.Phrase, n sqltext.Name) {
	switch {
	case p.Has("add constraint"):
		k.addConstraint(p, n)
	case p.Has("attach partition"):
		k.addPartition(k.existingName(p, tableKinds), n)
		k.addReference(n)
	case p.Has("alter column"), p.Has("alter"):
		p.Take()
		k.addIdentity(p, n)
	}
	k.trailingTablespace(p)
}

// addConstraint reads constraints that pg_dump adds after the rows. It skips not-null
// constraints, which have no names in the catalog before Postgres 18.
func (k *catalog) addConstraint(p *sqltext.Phrase, table sqltext.Name) {
	n := sqltext.Name{Schema: table.Schema, Name: p.Name("").Name}
	switch {
	case p.Has("foreign key"):
		k.addObject(KindForeignKey, n, table.Name)
		if p.Until("references") {
			k.addReference(k.existingName(p, tableKinds))
		}
	case p.Has("primary key"), p.Has("unique"), p.Has("exclude"), p.Has("check"):
		k.addObject(KindConstraint, n, table.Name)
	}
}

// addIdentity reads ADD GENERATED … AS IDENTITY ( SEQUENCE NAME … ).
func (k *catalog) addIdentity(p *sqltext.Phrase, table sqltext.Name) {
	if !p.Has("add generated") || !p.Until("as identity") || !p.Has("(") {
		return
	}
	for !p.Done() {
		if p.Has("sequence name") {
			k.addObject(KindSequence, p.Name(table.Schema), "")
			return
		}
		p.Take()
	}
}

// alterRole reads ALTER ROLE … IN DATABASE … SET, which requires the role.
func (k *catalog) alterRole(p *sqltext.Phrase) {
	if t := p.Peek(); t.Kind == sqltext.Word && (t.Text == "all" || isRoleKeyword(t.Text)) {
		return
	}
	k.addRole(p.Name("").Name)
}

// isRoleKeyword reports whether the word stands for a role but is not its name.
func isRoleKeyword(name string) bool {
	switch name {
	case "public", "current_user", "current_role", "session_user", "default", "none":
		return true
	}
	return false
}

// addRoles adds the roles of a comma-separated list.
func (k *catalog) addRoles(p *sqltext.Phrase) {
	for more := true; more; more = p.Has(",") {
		p.Has("group")
		t := p.Take()
		if t.Kind == sqltext.Quoted || t.Kind == sqltext.Word && !isRoleKeyword(t.Text) {
			k.addRole(t.Text)
		}
	}
}

// readGrant reads GRANT and REVOKE: the roles that they name and that they grant.
func (k *catalog) readGrant(p *sqltext.Phrase, verb string) {
	to := map[string]string{"grant": "to", "revoke": "from"}[verb]
	p.Drop("grant option for", "admin option for", "inherit option for", "set option for")
	if privileges := *p; !privileges.Until("on") {
		members := *p
		k.addRoles(&members)
	}
	if p.Until(to) {
		k.addRoles(p)
	}
	if p.Until("granted by") {
		grantor := *p
		k.noteGrantor(grantor.Name("").Name)
		k.addRoles(p)
	}
}

func (k *catalog) defaultPrivileges(p *sqltext.Phrase) {
	if p.Has("for role") || p.Has("for user") {
		k.addRoles(p)
	}
	switch {
	case p.Until("grant"):
		if p.Until("to") {
			k.addRoles(p)
		}
	case p.Until("revoke"):
		if p.Until("from") {
			k.addRoles(p)
		}
	}
}
