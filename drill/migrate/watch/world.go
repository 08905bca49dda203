package watch

import "slices"

// world is what names mean while the migration goes on. It follows the
// statements in the order in which they ended.
type world struct {
	dry       bool // what is read was refused: nothing follows from it
	before    *catalog
	tables    map[name]*relation                // nil: made by the migration
	index     map[name]*relation                // the table, by the name of its index
	proved    map[*relation]map[string]bool     // columns that are known to hold no null
	checks    map[*relation]map[string][]string // what a constraint that is not validated will prove
	refers    map[*relation][]*relation         // tables whose foreign keys refer to it
	truncated map[*relation]bool
	keys      map[name][]string // columns of an index that the migration made
}

func newWorld(before *catalog) *world {
	w := &world{
		before: before, tables: map[name]*relation{}, index: map[name]*relation{}, proved: map[*relation]map[string]bool{},
		checks: map[*relation]map[string][]string{}, refers: map[*relation][]*relation{}, keys: map[name][]string{}, truncated: map[*relation]bool{},
	}
	for _, r := range before.relations {
		if !r.isTable() {
			w.index[name{r.schema, r.name}] = r.table()
			continue
		}
		w.tables[name{r.schema, r.name}] = r
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
func (w *world) table(n name, c *client) *relation { return lookUp(w.tables, n, c.path()) }

func lookUp(in map[name]*relation, n name, path []string) *relation {
	if n.schema != "" {
		return in[n]
	}
	for _, schema := range path {
		if r, known := in[name{schema, n.name}]; known {
			return r
		}
	}
	// A path that the log does not tell: a name that only one table has.
	var found *relation
	for full, r := range in {
		if full.name != n.name {
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
func (w *world) made(in map[name]*relation, n name, c *client, means *relation) {
	if w.dry {
		return
	}
	if n.schema == "" {
		n.schema = c.path()[0]
	}
	in[n] = means
}

// renamed gives a table another name.
func (w *world) renamed(r *relation, to name) {
	if w.dry {
		return
	}
	for old, known := range w.tables {
		if known == r {
			delete(w.tables, old)
			if to.schema == "" {
				to.schema = old.schema
			}
			if to.name == "" {
				to.name = old.name
			}
		}
	}
	w.tables[to] = r
}

// peek is claimsOf a statement that was refused.
func (w *world) peek(tokens []token, c *client) []claim {
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
