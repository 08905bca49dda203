package watch

import (
	"slices"

	"github.com/drillgres/drillgres/drill/sqltext"
)

// add reads ADD COLUMN and ADD CONSTRAINT.
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
			a.state.addUnvalidated(a.table, constraint, []string{column})
		}
		return accessExclusive, nil
	}
	return accessExclusive, a.column()
}

func (a *alteration) check(constraint string, validated bool) *work {
	if a.table == nil {
		return nil
	}
	proves := notNullColumns(a.p)
	if !validated {
		a.state.addUnvalidated(a.table, constraint, proves)
		return nil
	}
	a.state.addNotNull(a.table, proves...)
	return checkWork(a.table, constraint)
}

// notNullColumns returns the columns with IS NOT NULL in a check. It returns none
// for a check with OR.
func notNullColumns(p *sqltext.Phrase) (columns []string) {
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
	target := a.state.table(n, a.client)
	if target != nil {
		a.reader.lock(target, shareRowExclusive, w)
	}
	return w
}

// unique returns the work of a key. There is none if the key uses an index whose
// columns contain no nulls.
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
	for _, column := range a.state.columnsOfIndex(a.table, index.Name) {
		if w := a.notNull(column); w != nil {
			return primaryKeyNullWork(a.table, column)
		}
	}
	return nil
}

// column reads ADD COLUMN with the constraints of the column.
func (a *alteration) column() *work {
	p := a.p
	p.Drop("column", "if not exists")
	column := p.Take().Text
	hasDefault := p.Contains("default")
	var w *work
	for q := *p; !q.Done(); q.Take() {
		switch {
		case q.Begins("not null"):
			if a.table != nil {
				a.state.addNotNull(a.table, column)
			}
		case q.Has("references"):
			target := q.Name("")
			var keyWork *work
			if hasDefault && a.table != nil {
				keyWork = foreignKeyWork(a.table)
				w = keyWork
			}
			a.lockName(target, shareRowExclusive, keyWork)
		case q.Begins("check ("):
			if a.table != nil {
				w = checkWork(a.table, "")
			}
		case q.Begins("unique"), q.Begins("primary key"):
			if a.table != nil {
				w = uniqueWork(a.table, "", q.Begins("primary key"))
			}
		}
	}
	return w
}

// columnsOfIndex returns the columns of an index from the catalog, or from the
// statement that created it.
func (w *schemaState) columnsOfIndex(table *relation, index string) (columns []string) {
	if created := w.indexColumns[sqltext.Name{Schema: table.schema, Name: index}]; created != nil {
		return created
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
