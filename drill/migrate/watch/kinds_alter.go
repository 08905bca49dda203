package watch

import (
	"slices"

	"github.com/drillgres/drillgres/drill/sqltext"
)

func (r *reader) alter(p *sqltext.Phrase) {
	switch {
	case p.Has("table"), p.Has("materialized view"), p.Has("foreign table"):
		r.alterTable(p)
	case p.Has("index"):
		r.alterIndex(p)
	case p.Has("trigger"), p.Has("rule"), p.Has("policy"):
		p.Take()
		if p.Has("on") {
			n := p.Name("")
			r.lockName(n, accessExclusive, nil)
		}
	case p.Has("publication"):
		if p.UntilAnywhere("table") {
			r.tablesWithColumns(p, shareUpdateExclusive, nil)
		}
	}
}

func (r *reader) alterTable(p *sqltext.Phrase) {
	p.Drop("if exists", "only")
	n := p.Name("")
	if n.Name == "" {
		return
	}
	p.Drop("*")
	table := r.state.table(n, r.client)
	switch {
	case p.Has("rename to"):
		r.lock(table, accessExclusive, nil)
		if to := p.Name(""); to.Name != "" && table != nil {
			r.state.rename(table, sqltext.Name{Schema: "", Name: to.Name})
		}
		return
	case p.Has("set schema"):
		r.lock(table, accessExclusive, nil)
		if table != nil {
			r.state.rename(table, sqltext.Name{Schema: p.Take().Text})
		}
		return
	}
	r.alters = table
	for _, action := range p.Split() {
		a := &alteration{reader: r, table: table, p: &action}
		m, w := a.lock()
		r.lock(table, m, w)
	}
}

func (r *reader) alterIndex(p *sqltext.Phrase) {
	p.Drop("if exists")
	n := p.Name("")
	m := shareUpdateExclusive // RENAME, SET (…), ALTER COLUMN … SET STATISTICS
	if p.Begins("set tablespace") {
		m = accessExclusive
	}
	r.lock(lookUp(r.state.indexes, n, r.client.path()), m, nil)
}

// alteration reads one action of ALTER TABLE.
type alteration struct {
	*reader
	table *relation // nil: it did not exist before
	p     *sqltext.Phrase
}

// lock returns the mode of the lock that the action takes on its table, and its
// work under the lock. https://www.postgresql.org/docs/current/sql-altertable.html
func (a *alteration) lock() (mode, *work) {
	p := a.p
	switch {
	case p.Has("add"):
		return a.add()
	case p.Has("drop"):
		a.drop()
	case p.Has("alter constraint"):
	case p.Has("alter"):
		p.Drop("column")
		return a.alterColumn(p.Take().Text)
	case p.Has("validate constraint"):
		a.validate(p.Take().Text)
		return shareUpdateExclusive, nil
	case p.Has("cluster on"), p.Has("set without cluster"):
		return shareUpdateExclusive, nil
	case p.Has("enable"), p.Has("disable"):
		p.Drop("replica", "always")
		if p.Begins("trigger") {
			return shareRowExclusive, nil
		}
	case p.Has("set"), p.Has("reset"):
		return a.parameters(), nil
	case p.Has("attach partition"):
		if n := p.Name(""); n.Name != "" {
			a.lockName(n, accessExclusive, nil)
		}
		return shareUpdateExclusive, nil
	case p.Has("detach partition"):
		n := p.Name("")
		if p.Has("concurrently") || p.Has("finalize") {
			return shareUpdateExclusive, nil
		}
		a.lockName(n, accessExclusive, nil)
	case p.Has("inherit"):
		if n := p.Name(""); n.Name != "" {
			a.lockName(n, shareUpdateExclusive, nil)
		}
	}
	return accessExclusive, nil
}

// parameters returns the mode for storage parameters. Those of the planner and
// of vacuum can be set while others write.
func (a *alteration) parameters() mode {
	if !a.p.Peek().Is("(") {
		return accessExclusive // SET TABLESPACE, LOGGED, ACCESS METHOD …
	}
	inner := a.p.Group()
	for _, one := range inner.Split() {
		if one.Begins("user_catalog_table") || one.Begins("security_barrier") || one.Begins("check_option") {
			return accessExclusive
		}
	}
	return shareUpdateExclusive
}

func (a *alteration) alterColumn(column string) (mode, *work) {
	p := a.p
	switch {
	case p.Has("set statistics"), p.Begins("set ("), p.Begins("reset ("):
		return shareUpdateExclusive, nil
	case p.Has("set not null"):
		return accessExclusive, a.notNull(column)
	}
	return accessExclusive, nil
}

// notNull returns the work of SET NOT NULL. There is none if a constraint already
// excludes nulls.
func (a *alteration) notNull(columns ...string) *work {
	if a.table == nil {
		return nil
	}
	proved := !slices.ContainsFunc(columns, func(c string) bool { return !a.state.notNull[a.table][c] })
	a.state.addNotNull(a.table, columns...)
	if proved {
		return nil
	}
	return notNullWork(a.table, columns[0])
}

func (a *alteration) validate(constraint string) {
	if a.table == nil {
		return
	}
	a.state.addNotNull(a.table, a.state.unvalidated[a.table][constraint]...)
	for _, k := range a.state.before.constraints {
		if k.table == a.table && k.name == constraint && k.refers != nil {
			a.reader.lock(k.refers, rowShare, nil)
		}
	}
}

func (a *alteration) drop() {
	if a.table == nil {
		return
	}
	if a.p.Has("constraint") {
		a.p.Drop("if exists")
		gone := a.p.Take().Text
		a.lockReferred(a.table, func(k *constraint) bool { return k.name == gone })
		return
	}
	a.p.Drop("column", "if exists")
	gone := a.p.Take().Text
	a.lockReferred(a.table, func(k *constraint) bool {
		return slices.ContainsFunc(k.keys, func(n int16) bool { return a.table.columns[n] != nil && a.table.columns[n].name == gone })
	})
}
