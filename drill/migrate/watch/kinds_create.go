package watch

func (r *reader) create(p *phrase) {
	temporary := p.has("temporary") || p.has("temp")
	p.skip("or replace", "local", "global", "temporary", "temp", "unlogged")
	switch {
	case p.has("table"):
		r.createTable(p, temporary)
	case p.has("unique index"), p.has("index"):
		r.createIndex(p)
	case p.has("constraint trigger"), p.has("trigger"):
		if p.until("on") {
			n, _ := p.object()
			r.lockName(n, shareRowExclusive, nil)
			if p.has("from") {
				n, _ := p.object()
				r.lockName(n, shareRowExclusive, nil)
			}
		}
	case p.has("rule"):
		if p.until("to") {
			n, _ := p.object()
			r.lockName(n, accessExclusive, nil)
		}
	case p.has("policy"):
		p.column()
		if p.has("on") {
			n, _ := p.object()
			r.lockName(n, accessExclusive, nil)
		}
	case p.has("statistics"):
		if p.until("from") {
			r.tablesWithColumns(p, shareUpdateExclusive, nil)
		}
	case p.has("publication"):
		if p.until("for table") {
			r.tablesWithColumns(p, shareUpdateExclusive, nil)
		}
	case p.has("materialized view"), p.has("view"):
		r.query(p)
	}
}

// createTable locks what the new table refers to, inherits from, or is a part of.
func (r *reader) createTable(p *phrase, temporary bool) {
	p.skip("if not exists")
	n, ok := p.object()
	if !ok {
		return
	}
	if temporary {
		n.schema = "pg_temp"
		r.client.setPath(append([]string{"pg_temp"}, r.client.path()...))
	}
	if r.world.table(n, r.client) == nil || n.schema != "" {
		if _, exists := r.world.tables[n]; !exists {
			r.world.made(r.world.tables, n, r.client, nil)
		}
	}
	if p.has("partition of") {
		parent, _ := p.object()
		r.lockName(parent, accessExclusive, nil)
	}
	for q := *p; !q.done(); q.take() {
		switch {
		case q.has("references"):
			target, _ := q.object()
			r.lockName(target, shareRowExclusive, nil)
		case q.has("inherits"):
			for _, parent := range q.inParentheses().objects() {
				r.lockName(parent, shareUpdateExclusive, nil)
			}
		case q.has("like"):
			source, _ := q.object()
			r.lockName(source, accessShare, nil)
		case q.begins("as"):
			r.query(&q)
			return
		}
	}
}

func (r *reader) createIndex(p *phrase) {
	concurrently := p.has("concurrently")
	p.skip("if not exists")
	var index name
	if !p.begins("on") {
		index, _ = p.object()
	}
	if !p.has("on") {
		return
	}
	p.skip("only")
	n, _ := p.object()
	table := r.world.table(n, r.client)
	if concurrently {
		r.lock(table, shareUpdateExclusive, nil)
	} else {
		r.lock(table, share, indexWork)
	}
	if index.name != "" && table != nil {
		full := name{table.schema, index.name}
		r.world.made(r.world.index, full, r.client, table)
		if p.has("using") {
			p.column()
		}
		if !r.world.dry {
			r.world.keys[full] = p.columns()
		}
	}
}

func (r *reader) drop(p *phrase) {
	switch {
	case p.has("table"), p.has("materialized view"):
		p.skip("if exists")
		for _, n := range p.objects() {
			if table := r.lockName(n, accessExclusive, nil); table != nil {
				r.lockReferred(table, nil)
				r.forget(table)
			}
		}
	case p.has("index"):
		m := accessExclusive
		if p.has("concurrently") {
			m = shareUpdateExclusive
		}
		p.skip("if exists")
		for _, n := range p.objects() {
			r.lock(lookUp(r.world.index, n, r.client.path()), m, nil)
		}
	case p.has("trigger"), p.has("rule"), p.has("policy"):
		p.skip("if exists")
		p.column()
		if p.has("on") {
			n, _ := p.object()
			r.lockName(n, accessExclusive, nil)
		}
	}
}

// forget lets the name mean nothing any more.
func (r *reader) forget(table *relation) {
	if r.world.dry {
		return
	}
	for n, known := range r.world.tables {
		if known == table {
			delete(r.world.tables, n)
		}
	}
}

// lockReferred locks the targets of foreign keys that go: their triggers are
// on those tables too. keys tells which; nil: all of the table.
func (r *reader) lockReferred(table *relation, goes func(*constraint) bool) {
	for _, k := range r.world.before.constraints {
		if k.kind == 'f' && k.table == table && (goes == nil || goes(k)) {
			r.lock(k.refers, accessExclusive, nil)
		}
		if k.kind == 'f' && k.refers == table && goes == nil { // by CASCADE, or there are none
			r.lock(k.table, accessExclusive, nil)
		}
	}
}
