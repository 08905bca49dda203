package watch

import (
	"slices"

	"github.com/drillgres/drillgres/drill/sqltext"
)

// schemaState tracks tables, indexes and constraints during the migration. It
// follows the statements in the order in which they ended.
type schemaState struct {
	dryRun       bool // the statement was refused and changes nothing
	before       *catalog
	tables       map[sqltext.Name]*relation        // nil: created by the migration
	indexes      map[sqltext.Name]*relation        // the table of an index
	notNull      map[*relation]map[string]bool     // columns that are known to have no nulls
	unvalidated  map[*relation]map[string][]string // columns without nulls once a constraint is validated
	referring    map[*relation][]*relation         // tables with foreign keys to the table
	truncated    map[*relation]bool
	indexColumns map[sqltext.Name][]string // columns of an index that the migration created
	taken        map[string]bool           // unqualified names of what existed before
}

func newSchemaState(before *catalog) *schemaState {
	w := &schemaState{
		before: before, tables: map[sqltext.Name]*relation{}, indexes: map[sqltext.Name]*relation{}, notNull: map[*relation]map[string]bool{},
		unvalidated: map[*relation]map[string][]string{}, referring: map[*relation][]*relation{}, indexColumns: map[sqltext.Name][]string{}, truncated: map[*relation]bool{},
		taken: map[string]bool{},
	}
	for _, r := range before.relations {
		w.taken[r.name] = true
		if !r.isTable() {
			w.indexes[sqltext.Name{Schema: r.schema, Name: r.name}] = r.table()
			continue
		}
		w.tables[sqltext.Name{Schema: r.schema, Name: r.name}] = r
		for _, col := range r.columns {
			if col.notNull {
				w.addNotNull(r, col.name)
			}
		}
	}
	for _, k := range before.constraints {
		if k.validated {
			w.addNotNull(k.table, k.notNulls...)
		} else {
			w.addUnvalidated(k.table, k.name, k.notNulls)
		}
		if k.refers != nil {
			w.referring[k.refers] = append(w.referring[k.refers], k.table)
		}
	}
	return w
}

func (w *schemaState) addNotNull(r *relation, columns ...string) {
	if w.dryRun {
		return
	}
	if w.notNull[r] == nil {
		w.notNull[r] = map[string]bool{}
	}
	for _, c := range columns {
		w.notNull[r][c] = true
	}
}

func (w *schemaState) addUnvalidated(r *relation, constraint string, columns []string) {
	if w.dryRun {
		return
	}
	if w.unvalidated[r] == nil {
		w.unvalidated[r] = map[string][]string{}
	}
	w.unvalidated[r][constraint] = columns
}

// table returns the table that a name currently refers to; nil: none that existed
// before.
func (w *schemaState) table(n sqltext.Name, c *client) *relation {
	return lookUp(w.tables, n, c.path())
}

func lookUp(in map[sqltext.Name]*relation, n sqltext.Name, path []string) *relation {
	if n.Schema != "" {
		return in[n]
	}
	for _, schema := range path {
		if r, known := in[sqltext.Name{Schema: schema, Name: n.Name}]; known {
			return r
		}
	}
	// The log may not show the search_path: accept a name that only one table has.
	var found *relation
	for full, r := range in {
		if full.Name != n.Name {
			continue
		}
		if found != nil || r == nil {
			return nil
		}
		found = r
	}
	return found
}

// setName makes a name refer to means; nil: created by the migration.
func (w *schemaState) setName(in map[sqltext.Name]*relation, n sqltext.Name, c *client, means *relation) {
	if w.dryRun {
		return
	}
	if means == nil && !w.taken[n.Name] {
		return // the name refers to nothing that existed before, as is
	}
	if n.Schema == "" {
		n.Schema = c.path()[0]
	}
	in[n] = means
}

// maxIndexColumns is the maximum number of new indexes whose columns are known.
const maxIndexColumns = 10_000

// setIndexColumns records the columns of an index that the migration created.
func (w *schemaState) setIndexColumns(n sqltext.Name, columns []string) {
	if len(w.indexColumns) >= maxIndexColumns {
		clear(w.indexColumns)
	}
	w.indexColumns[n] = columns
}

// rename changes the name or the schema of a table. Empty parts of to stay as they
// are.
func (w *schemaState) rename(r *relation, to sqltext.Name) {
	if w.dryRun {
		return
	}
	for old, known := range w.tables {
		if known == r {
			delete(w.tables, old)
			if to.Schema == "" {
				to.Schema = old.Schema
			}
			if to.Name == "" {
				to.Name = old.Name
			}
		}
	}
	w.tables[to] = r
	w.taken[to.Name] = true
}

// claimsOfRefused is claimsOf for a statement that was refused.
func (w *schemaState) claimsOfRefused(tokens []sqltext.Token, c *client) []claim {
	w.dryRun = true
	defer func() { w.dryRun = false }()
	claims, _ := w.claimsOf(tokens, c)
	return claims
}

// path returns the search_path of the session, as far as it is known.
func (c *client) path() []string {
	if len(c.schemas) == 0 {
		return []string{"public"}
	}
	return c.schemas
}

// setPath sets the search_path of the session.
func (c *client) setPath(values []string) {
	c.schemas = slices.DeleteFunc(values, func(v string) bool { return v == "" })
	for i, v := range c.schemas {
		if v == "$user" {
			c.schemas[i] = c.user
		}
	}
}
