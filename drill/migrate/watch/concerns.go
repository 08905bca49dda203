package watch

// noticeable is from when on somebody who has to wait notices it, in seconds.
const noticeable = 1.0

// concerns are what was seen of each table that existed before and had rows,
// the worst of each kind. Of a table without a single row nothing is told:
// whatever is done to its rows takes no time.
type concerns struct {
	works     map[concern]*hold // what was done to every row under a lock
	waits     map[*relation]*hold
	followed  map[*relation]*followed
	altered   map[*relation]*altered
	unlimited map[*relation]*hold
}

// concern is a kind of work under locks that keep out reads or writes.
type concern struct {
	table  *relation
	blocks string
	work   work
}

// followed is a lock under which further statements ran.
type followed struct {
	hold    *hold
	further int
	seconds float64 // that they took
}

// altered is a table that one transaction altered more than once.
type altered struct {
	statement *statement
	times     int
}

func newConcerns() *concerns {
	return &concerns{
		works: map[concern]*hold{}, waits: map[*relation]*hold{}, followed: map[*relation]*followed{},
		altered: map[*relation]*altered{}, unlimited: map[*relation]*hold{},
	}
}

// note takes what a transaction did.
func (c *concerns) note(tx *transaction) {
	for _, s := range tx.statements {
		for _, h := range s.holds {
			if h.mode.blocks() != "" && h.table.matters() {
				c.noteHold(tx, h)
			}
		}
	}
	for table, times := range tx.alters {
		if a := c.altered[table]; times.times > 1 && table.matters() && (a == nil || times.times > a.times) {
			c.altered[table] = times
		}
	}
}

// matters tells whether somebody can be hurt by what is done to the table.
func (r *relation) matters() bool { return r.rows > 0 && !isBookkeeping(r.schema, r.name) }

func (c *concerns) noteHold(tx *transaction, h *hold) {
	for _, w := range h.works {
		key := concern{h.table, h.mode.blocks(), *w}
		if worst := c.works[key]; worst == nil || h.seconds() > worst.seconds() {
			c.works[key] = h
		}
	}
	if worst := c.waits[h.table]; worst == nil || h.seconds() > worst.seconds() {
		c.waits[h.table] = h
	}
	if worst := c.unlimited[h.table]; h.noTimeout && (worst == nil || h.mode > worst.mode) {
		c.unlimited[h.table] = h
	}
	n, seconds := tx.further(h.statement)
	if f := c.followed[h.table]; n > 0 && (f == nil || seconds > f.seconds || seconds == f.seconds && n > f.further) {
		c.followed[h.table] = &followed{h, n, seconds}
	}
}
