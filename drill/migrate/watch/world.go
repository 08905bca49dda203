package watch

import (
	"slices"

	"github.com/drillgres/drillgres/drill/sqltext"
)

// world is what names mean while the migration goes on. It follows the
// statements in the order in which they ended.
type world struct {
	dry       bool // what is read was refused: nothing follows from it
	before    *catalog
	tables    map[sqltext.Name]*relation        // nil: made by the migration
	index     map[sqltext.Name]*relation        // the table, by the name of its index
	proved    map[*relation]map[string]bool     // columns that are known to hold no null
	checks    map[*relation]map[string][]string // what a constraint that is not validated will prove
	refers    map[*relation][]*relation         // tables whose foreign keys refer to it
	truncated map[*relation]bool
	keys      map[sqltext.Name][]string // columns of an index that the migration made
}

func newWorld(before *catalog) *world {
	w := &world{
		before: before, tables: map[sqltext.Name]*relation{}, index: map[sqltext.Name]*relation{}, proved: map[*relation]map[string]bool{},
		checks: map[*relation]map[string][]string{}, refers: map[*relation][]*relation{}, keys: map[sqltext.Name][]string{}, truncated: map[*relation]bool{},
	}
	for _, r := range before.relations {
		if !r.isTable() {
			w.index[sqltext.Name{Schema: r.schema, Name: r.name}] = r.table()
			continue
		}
		w.tables[sqltext.Name{Schema: r.schema, Name: r.name}] = r
		for _, col := range r.columns {
			if col.notNull {
				w.prove(r, col.name)
			}
		}
	}
	for _, k := range before.constraints {
		if k.validated {
			w.prove(k.table, k.notNulls...)
		} else {
			w.promise(k.table, k.name, k.notNulls)
		}
		if k.refers != nil {
			w.refers[k.refers] = append(w.refers[k.refers], k.table)
		}
	}
	return w
}

func (w *world) prove(r *relation, columns ...string) {
	if w.dry {
		return
	}
	if w.proved[r] == nil {
		w.proved[r] = map[string]bool{}
	}
	for _, c := range columns {
		w.proved[r][c] = true
	}
}

func (w *world) promise(r *relation, constraint string, columns []string) {
	if w.dry {
		return
	}
	if w.checks[r] == nil {
		w.checks[r] = map[string][]string{}
	}
	w.checks[r][constraint] = columns
}

// table finds the table that existed before and that a name means now; nil:
// none.
func (w *world) table(n sqltext.Name, c *client) *relation { return lookUp(w.tables, n, c.path()) }

func lookUp(in map[sqltext.Name]*relation, n sqltext.Name, path []string) *relation {
	if n.Schema != "" {
		return in[n]
	}
	for _, schema := range path {
		if r, known := in[sqltext.Name{Schema: schema, Name: n.Name}]; known {
			return r
		}
	}
	// A path that the log does not tell: a name that only one table has.
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

// made notes that a name means what the migration has made.
func (w *world) made(in map[sqltext.Name]*relation, n sqltext.Name, c *client, means *relation) {
	if w.dry {
		return
	}
	if n.Schema == "" {
		n.Schema = c.path()[0]
	}
	in[n] = means
}

// renamed gives a table another name.
func (w *world) renamed(r *relation, to sqltext.Name) {
	if w.dry {
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
}

// peek is claimsOf a statement that was refused.
func (w *world) peek(tokens []sqltext.Token, c *client) []claim {
	w.dry = true
	defer func() { w.dry = false }()
	claims, _ := w.claimsOf(tokens, c)
	return claims
}

// path is the session's search_path, as far as the log tells it.
func (c *client) path() []string {
	if len(c.schemas) == 0 {
		return []string{"public"}
	}
	return c.schemas
}

// setPath understands the value of search_path.
func (c *client) setPath(values []string) {
	c.schemas = slices.DeleteFunc(values, func(v string) bool { return v == "" })
	for i, v := range c.schemas {
		if v == "$user" {
			c.schemas[i] = c.user
		}
	}
}
