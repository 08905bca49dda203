package watch

import "slices"

// add reads ADD COLUMN and ADD of a constraint.
func (a *alteration) add() (mode, *work) {
	p := a.p
	constraint := ""
	if p.has("constraint") {
		constraint = p.column()
	}
	validated := !p.holds("not valid") && !p.holds("not enforced")
	switch {
	case p.begins("check"):
		return accessExclusive, a.check(constraint, validated)
	case p.begins("foreign key"):
		return shareRowExclusive, a.foreignKey(validated)
	case p.begins("primary key"), p.begins("unique"):
		return accessExclusive, a.unique(constraint)
	case p.begins("exclude"):
		return accessExclusive, exclusionWork
	case p.has("not null"):
		column := p.column()
		if validated {
			return accessExclusive, a.notNull(column)
		}
		if a.table != nil {
			a.world.promise(a.table, constraint, []string{column})
		}
		return accessExclusive, nil
	}
	return accessExclusive, a.column()
}

func (a *alteration) check(constraint string, validated bool) *work {
	if a.table == nil {
		return nil
	}
	proves := nullsRuledOut(a.p)
	if !validated {
		a.world.promise(a.table, constraint, proves)
		return nil
	}
	a.world.prove(a.table, proves...)
	return checkWork(a.table, constraint)
}

// nullsRuledOut are the columns of which a check says IS NOT NULL, if it has no OR.
func nullsRuledOut(p *phrase) (columns []string) {
	if p.holds("or") {
		return nil
	}
	for i := range p.tokens {
		rest := &phrase{p.tokens[i:]}
		if t := rest.take(); (t.kind == word || t.kind == quoted) && rest.begins("is not null") {
			columns = append(columns, t.text)
		}
	}
	return columns
}

func (a *alteration) foreignKey(validated bool) *work {
	a.p.until("references")
	n, _ := a.p.object()
	if !validated || a.table == nil {
		a.lockName(n, shareRowExclusive, nil)
		return nil
	}
	w := foreignKeyWork(a.table)
	target := a.world.table(n, a.client)
	if target != nil {
		a.reader.lock(target, shareRowExclusive, w)
	}
	return w
}

// unique is the work of a key: none where it takes over an index whose
// columns hold no null.
func (a *alteration) unique(constraint string) *work {
	primary := a.p.begins("primary")
	if a.table == nil {
		return nil
	}
	if !a.p.until("using index") {
		return uniqueWork(a.table, constraint, primary)
	}
	if !primary {
		return nil
	}
	index, _ := a.p.object()
	for _, column := range a.world.indexed(a.table, index.name) {
		if w := a.notNull(column); w != nil {
			return primaryKeyNullWork(a.table, column)
		}
	}
	return nil
}

// column reads ADD COLUMN with what stands behind its type.
func (a *alteration) column() *work {
	p := a.p
	p.skip("column", "if not exists")
	column := p.column()
	hasDefault := p.holds("default")
	var does *work
	for q := *p; !q.done(); q.take() {
		switch {
		case q.begins("not null"):
			if a.table != nil {
				a.world.prove(a.table, column)
			}
		case q.has("references"):
			target, _ := q.object()
			var w *work
			if hasDefault && a.table != nil {
				w = foreignKeyWork(a.table)
				does = w
			}
			a.lockName(target, shareRowExclusive, w)
		case q.begins("check ("):
			if a.table != nil {
				does = checkWork(a.table, "")
			}
		case q.begins("unique"), q.begins("primary key"):
			if a.table != nil {
				does = uniqueWork(a.table, "", q.begins("primary key"))
			}
		}
	}
	return does
}

// indexed are the columns of an index, by the catalog, or by the statement
// that has made it.
func (w *world) indexed(table *relation, index string) (columns []string) {
	if made := w.keys[name{table.schema, index}]; made != nil {
		return made
	}
	for _, r := range w.before.relations {
		if r.of == table && r.name == index {
			for _, n := range r.keys {
				if col := table.columns[n]; col != nil {
					columns = append(columns, col.name)
				}
			}
		}
	}
	return slices.Compact(columns)
}
