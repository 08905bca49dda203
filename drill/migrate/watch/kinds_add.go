package watch

import (
	"slices"

	"github.com/drillgres/drillgres/drill/sqltext"
)

// add reads ADD COLUMN and ADD of a constraint.
func (a *alteration) add() (mode, *work) {
	p := a.p
	constraint := ""
	if p.Has("constraint") {
		constraint = p.Take().Text
	}
	validated := !p.Contains("not valid") && !p.Contains("not enforced")
	switch {
	case p.Begins("check"):
		return accessExclusive, a.check(constraint, validated)
	case p.Begins("foreign key"):
		return shareRowExclusive, a.foreignKey(validated)
	case p.Begins("primary key"), p.Begins("unique"):
		return accessExclusive, a.unique(constraint)
	case p.Begins("exclude"):
		return accessExclusive, exclusionWork
	case p.Has("not null"):
		column := p.Take().Text
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
func nullsRuledOut(p *sqltext.Phrase) (columns []string) {
	if p.Contains("or") {
		return nil
	}
	for i := range p.Tokens {
		rest := &sqltext.Phrase{Tokens: p.Tokens[i:]}
		if t := rest.Take(); (t.Kind == sqltext.Word || t.Kind == sqltext.Quoted) && rest.Begins("is not null") {
			columns = append(columns, t.Text)
		}
	}
	return columns
}

func (a *alteration) foreignKey(validated bool) *work {
	a.p.UntilAnywhere("references")
	n := a.p.Name("")
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
	primary := a.p.Begins("primary")
	if a.table == nil {
		return nil
	}
	if !a.p.UntilAnywhere("using index") {
		return uniqueWork(a.table, constraint, primary)
	}
	if !primary {
		return nil
	}
	index := a.p.Name("")
	for _, column := range a.world.indexed(a.table, index.Name) {
		if w := a.notNull(column); w != nil {
			return primaryKeyNullWork(a.table, column)
		}
	}
	return nil
}

// column reads ADD COLUMN with what stands behind its type.
func (a *alteration) column() *work {
	p := a.p
	p.Drop("column", "if not exists")
	column := p.Take().Text
	hasDefault := p.Contains("default")
	var does *work
	for q := *p; !q.Done(); q.Take() {
		switch {
		case q.Begins("not null"):
			if a.table != nil {
				a.world.prove(a.table, column)
			}
		case q.Has("references"):
			target := q.Name("")
			var w *work
			if hasDefault && a.table != nil {
				w = foreignKeyWork(a.table)
				does = w
			}
			a.lockName(target, shareRowExclusive, w)
		case q.Begins("check ("):
			if a.table != nil {
				does = checkWork(a.table, "")
			}
		case q.Begins("unique"), q.Begins("primary key"):
			if a.table != nil {
				does = uniqueWork(a.table, "", q.Begins("primary key"))
			}
		}
	}
	return does
}

// indexed are the columns of an index, by the catalog, or by the statement
// that has made it.
func (w *world) indexed(table *relation, index string) (columns []string) {
	if made := w.keys[sqltext.Name{Schema: table.schema, Name: index}]; made != nil {
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
