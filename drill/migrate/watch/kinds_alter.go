package watch

import "slices"

func (r *reader) alter(p *phrase) {
	switch {
	case p.has("table"), p.has("materialized view"), p.has("foreign table"):
		r.alterTable(p)
	case p.has("index"):
		r.alterIndex(p)
	case p.has("trigger"), p.has("rule"), p.has("policy"):
		p.column()
		if p.has("on") {
			n, _ := p.object()
			r.lockName(n, accessExclusive, nil)
		}
	case p.has("publication"):
		if p.until("table") {
			r.tablesWithColumns(p, shareUpdateExclusive, nil)
		}
	}
}

func (r *reader) alterTable(p *phrase) {
	p.skip("if exists", "only")
	n, ok := p.object()
	if !ok {
		return
	}
	p.skip("*")
	table := r.world.table(n, r.client)
	switch {
	case p.has("rename to"):
		r.lock(table, accessExclusive, nil)
		if to, ok := p.object(); ok && table != nil {
			r.world.renamed(table, name{"", to.name})
		}
		return
	case p.has("set schema"):
		r.lock(table, accessExclusive, nil)
		if table != nil {
			r.world.renamed(table, name{schema: p.column()})
		}
		return
	}
	r.alters = table
	for _, action := range p.split() {
		a := &alteration{reader: r, table: table, p: &action}
		m, w := a.lock()
		r.lock(table, m, w)
	}
}

func (r *reader) alterIndex(p *phrase) {
	p.skip("if exists")
	n, _ := p.object()
	m := shareUpdateExclusive // RENAME, SET (…), ALTER COLUMN … SET STATISTICS
	if p.begins("set tablespace") {
		m = accessExclusive
	}
	r.lock(lookUp(r.world.index, n, r.client.path()), m, nil)
}

// alteration is one action of ALTER TABLE.
type alteration struct {
	*reader
	table *relation // nil: it did not exist before
	p     *phrase
}

// lock is the lock that the action takes on its table, and the work that it
// does under it. https://www.postgresql.org/docs/current/sql-altertable.html
func (a *alteration) lock() (mode, *work) {
	p := a.p
	switch {
	case p.has("add"):
		return a.add()
	case p.has("drop"):
		a.drop()
	case p.has("alter constraint"):
	case p.has("alter"):
		p.skip("column")
		return a.alterColumn(p.column())
	case p.has("validate constraint"):
		a.validate(p.column())
		return shareUpdateExclusive, nil
	case p.has("cluster on"), p.has("set without cluster"):
		return shareUpdateExclusive, nil
	case p.has("enable"), p.has("disable"):
		p.skip("replica", "always")
		if p.begins("trigger") {
			return shareRowExclusive, nil
		}
	case p.has("set"), p.has("reset"):
		return a.parameters(), nil
	case p.has("attach partition"):
		if n, ok := p.object(); ok {
			a.lockName(n, accessExclusive, nil)
		}
		return shareUpdateExclusive, nil
	case p.has("detach partition"):
		n, _ := p.object()
		if p.has("concurrently") || p.has("finalize") {
			return shareUpdateExclusive, nil
		}
		a.lockName(n, accessExclusive, nil)
	case p.has("inherit"):
		if n, ok := p.object(); ok {
			a.lockName(n, shareUpdateExclusive, nil)
		}
	}
	return accessExclusive, nil
}

// parameters are of storage. Those of the planner and of vacuum can be set
// while others write.
func (a *alteration) parameters() mode {
	if !a.p.peek().is("(") {
		return accessExclusive // SET TABLESPACE, LOGGED, ACCESS METHOD …
	}
	inner := a.p.inParentheses()
	for _, one := range inner.split() {
		if one.begins("user_catalog_table") || one.begins("security_barrier") || one.begins("check_option") {
			return accessExclusive
		}
	}
	return shareUpdateExclusive
}

func (a *alteration) alterColumn(column string) (mode, *work) {
	p := a.p
	switch {
	case p.has("set statistics"), p.begins("set ("), p.begins("reset ("):
		return shareUpdateExclusive, nil
	case p.has("set not null"):
		return accessExclusive, a.notNull(column)
	}
	return accessExclusive, nil
}

// notNull is the work of SET NOT NULL: none where something proves already
// that there is no null.
func (a *alteration) notNull(columns ...string) *work {
	if a.table == nil {
		return nil
	}
	proved := !slices.ContainsFunc(columns, func(c string) bool { return !a.world.proved[a.table][c] })
	a.world.prove(a.table, columns...)
	if proved {
		return nil
	}
	return notNullWork(a.table, columns[0])
}

func (a *alteration) validate(constraint string) {
	if a.table == nil {
		return
	}
	a.world.prove(a.table, a.world.checks[a.table][constraint]...)
	for _, k := range a.world.before.constraints {
		if k.table == a.table && k.name == constraint && k.refers != nil {
			a.reader.lock(k.refers, rowShare, nil)
		}
	}
}

func (a *alteration) drop() {
	if a.table == nil {
		return
	}
	if a.p.has("constraint") {
		a.p.skip("if exists")
		gone := a.p.column()
		a.lockReferred(a.table, func(k *constraint) bool { return k.name == gone })
		return
	}
	a.p.skip("column", "if exists")
	gone := a.p.column()
	a.lockReferred(a.table, func(k *constraint) bool {
		return slices.ContainsFunc(k.keys, func(n int16) bool { return a.table.columns[n] != nil && a.table.columns[n].name == gone })
	})
}
