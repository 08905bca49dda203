package watch

import "github.com/drillgres/drillgres/drill/sqltext"

func (r *reader) create(p *sqltext.Phrase) {
	temporary := p.Has("temporary") || p.Has("temp")
	p.Drop("or replace", "local", "global", "temporary", "temp", "unlogged")
	switch {
	case p.Has("table"):
		r.createTable(p, temporary)
	case p.Has("unique index"), p.Has("index"):
		r.createIndex(p)
	case p.Has("constraint trigger"), p.Has("trigger"):
		if p.UntilAnywhere("on") {
			n := p.Name("")
			r.lockName(n, shareRowExclusive, nil)
			if p.Has("from") {
				n := p.Name("")
				r.lockName(n, shareRowExclusive, nil)
			}
		}
	case p.Has("rule"):
		if p.UntilAnywhere("to") {
			n := p.Name("")
			r.lockName(n, accessExclusive, nil)
		}
	case p.Has("policy"):
		p.Take()
		if p.Has("on") {
			n := p.Name("")
			r.lockName(n, accessExclusive, nil)
		}
	case p.Has("statistics"):
		if p.UntilAnywhere("from") {
			r.tablesWithColumns(p, shareUpdateExclusive, nil)
		}
	case p.Has("publication"):
		if p.UntilAnywhere("for table") {
			r.tablesWithColumns(p, shareUpdateExclusive, nil)
		}
	case p.Has("materialized view"), p.Has("view"):
		r.query(p)
	}
}

// createTable locks the tables that the new table refers to, inherits from, or is
// a partition of.
func (r *reader) createTable(p *sqltext.Phrase, temporary bool) {
	p.Drop("if not exists")
	n := p.Name("")
	if n.Name == "" {
		return
	}
	if temporary {
		n.Schema = "pg_temp"
		r.client.setPath(append([]string{"pg_temp"}, r.client.path()...))
	}
	if r.state.table(n, r.client) == nil || n.Schema != "" {
		if _, exists := r.state.tables[n]; !exists {
			r.state.setName(r.state.tables, n, r.client, nil)
		}
	}
	if p.Has("partition of") {
		parent := p.Name("")
		r.lockName(parent, accessExclusive, nil)
	}
	for q := *p; !q.Done(); q.Take() {
		switch {
		case q.Has("references"):
			target := q.Name("")
			r.lockName(target, shareRowExclusive, nil)
		case q.Has("inherits"):
			parents := q.Group()
			for _, parent := range parents.Names() {
				r.lockName(parent, shareUpdateExclusive, nil)
			}
		case q.Has("like"):
			source := q.Name("")
			r.lockName(source, accessShare, nil)
		case q.Begins("as"):
			r.query(&q)
			return
		}
	}
}

func (r *reader) createIndex(p *sqltext.Phrase) {
	concurrently := p.Has("concurrently")
	p.Drop("if not exists")
	var index sqltext.Name
	if !p.Begins("on") {
		index = p.Name("")
	}
	if !p.Has("on") {
		return
	}
	p.Drop("only")
	n := p.Name("")
	table := r.state.table(n, r.client)
	if concurrently {
		r.lock(table, shareUpdateExclusive, nil)
	} else {
		r.lock(table, share, indexWork)
	}
	if index.Name != "" && table != nil {
		full := sqltext.Name{Schema: table.schema, Name: index.Name}
		r.state.setName(r.state.indexes, full, r.client, table)
		if p.Has("using") {
			p.Take()
		}
		if !r.state.dryRun {
			r.state.setIndexColumns(full, p.Columns())
		}
	}
}

func (r *reader) drop(p *sqltext.Phrase) {
	switch {
	case p.Has("table"), p.Has("materialized view"):
		p.Drop("if exists")
		for _, n := range p.Names() {
			if table := r.lockName(n, accessExclusive, nil); table != nil {
				r.lockReferred(table, nil)
				r.forget(table)
			}
		}
	case p.Has("index"):
		m := accessExclusive
		if p.Has("concurrently") {
			m = shareUpdateExclusive
		}
		p.Drop("if exists")
		for _, n := range p.Names() {
			r.lock(lookUp(r.state.indexes, n, r.client.path()), m, nil)
		}
	case p.Has("trigger"), p.Has("rule"), p.Has("policy"):
		p.Drop("if exists")
		p.Take()
		if p.Has("on") {
			n := p.Name("")
			r.lockName(n, accessExclusive, nil)
		}
	}
}

// forget removes the names of a table that was dropped.
func (r *reader) forget(table *relation) {
	if r.state.dryRun {
		return
	}
	for n, known := range r.state.tables {
		if known == table {
			delete(r.state.tables, n)
		}
	}
}

// lockReferred locks the targets of the foreign keys that are dropped, because
// the targets have triggers too. isDropped selects them; nil: the table is
// dropped, with all of its keys.
func (r *reader) lockReferred(table *relation, isDropped func(*constraint) bool) {
	for _, k := range r.state.before.constraints {
		if k.kind == 'f' && k.table == table && (isDropped == nil || isDropped(k)) {
			r.lock(k.refers, accessExclusive, nil)
		}
		if k.kind == 'f' && k.refers == table && isDropped == nil { // with CASCADE; without it the drop fails
			r.lock(k.table, accessExclusive, nil)
		}
	}
}
