package watch

// claim is a lock that a statement is known to take by its kind.
type claim struct {
	table     *relation // that existed before
	mode      mode
	work      *work // under the lock; nil: none that grows with the table
	noTimeout bool  // it would have waited for ever for it
}

// work is what a statement does to every row of a table under a lock.
type work struct {
	makes   made
	does    string // "builds an index"
	instead string // a hint
}

// made is what is there after the work, by which it is confirmed.
type made int

const (
	anIndex made = iota
	aConstraint
	notNull
	aFile
)

// reader reads one statement.
type reader struct {
	world  *world
	client *client
	claims []claim
	alters *relation // by ALTER TABLE
}

func (r *reader) lock(table *relation, m mode, w *work) {
	if table != nil {
		r.claims = append(r.claims, claim{table: table.table(), mode: m, work: w})
	}
}

func (r *reader) lockName(n name, m mode, w *work) *relation {
	table := r.world.table(n, r.client)
	r.lock(table, m, w)
	return table
}

// claimsOf tells the locks that a statement takes on tables that existed
// before. The kinds and their modes are those of
// https://www.postgresql.org/docs/current/explicit-locking.html and of each
// command's own page; what a function or a trigger does is not in its text.
func (w *world) claimsOf(tokens []token, c *client) (claims []claim, alters *relation) {
	r := &reader{world: w, client: c}
	p := &phrase{tokens}
	if read := readers[p.peek().text]; p.peek().kind == word && read != nil {
		p.take()
		read(r, p)
	} else {
		r.query(&phrase{tokens})
	}
	return r.claims, r.alters
}

var readers = map[string]func(*reader, *phrase){
	"alter": (*reader).alter, "create": (*reader).create, "drop": (*reader).drop, "truncate": (*reader).truncate,
	"lock": (*reader).lockTable, "copy": (*reader).copy, "reindex": (*reader).reindex, "cluster": (*reader).cluster,
	"vacuum": (*reader).vacuum, "analyze": (*reader).analyze, "refresh": (*reader).refresh, "comment": (*reader).comment,
	"do": (*reader).nothing, "call": (*reader).nothing, "set": (*reader).nothing, "grant": (*reader).nothing, "revoke": (*reader).nothing,
}

func (r *reader) nothing(*phrase) {}

// query reads SELECT, INSERT, UPDATE, DELETE, MERGE, also within WITH.
func (r *reader) query(p *phrase) {
	read := accessShare
	for _, locking := range []string{"for update", "for no key update", "for share", "for key share"} {
		if p.holds(locking) {
			read = rowShare
		}
	}
	previous := token{}
	for !p.done() {
		t := p.take()
		m := noLock
		switch {
		case namesTarget(previous, t):
			m = rowExclusive
		case t.is("from"), t.is("join"), t.is("using"):
			m = read
		}
		if m != noLock {
			p.skip("only")
			q := *p
			if n, ok := q.object(); ok && (m == rowExclusive || !q.peek().is("(")) { // or a function
				r.lockName(n, m, nil)
			}
		}
		previous = t
	}
}

// namesTarget tells whether the name of the table that is written comes next:
// behind INTO, UPDATE and DELETE FROM.
func namesTarget(previous, t token) bool {
	switch {
	case t.is("into"):
		return true
	case t.is("update"): // but for FOR [NO KEY] UPDATE, and ON CONFLICT DO UPDATE
		return !previous.is("for") && !previous.is("key") && !previous.is("do")
	}
	return t.is("from") && previous.is("delete")
}

func (r *reader) truncate(p *phrase) {
	p.skip("table")
	names := p.objects()
	cascade := p.holds("cascade")
	seen := map[*relation]bool{}
	var lock func(*relation)
	lock = func(table *relation) {
		if table == nil || seen[table] {
			return
		}
		seen[table] = true
		r.lock(table, accessExclusive, nil)
		if !r.world.dry {
			r.world.truncated[table] = true
		}
		if cascade {
			for _, referring := range r.world.refers[table] {
				lock(referring)
			}
		}
	}
	for _, n := range names {
		lock(r.world.table(n, r.client))
	}
}

// lockModes are by the words of LOCK.
var lockModes = map[string]mode{
	"access share": accessShare, "row share": rowShare, "row exclusive": rowExclusive, "share update exclusive": shareUpdateExclusive,
	"share": share, "share row exclusive": shareRowExclusive, "exclusive": exclusive, "access exclusive": accessExclusive,
}

func (r *reader) lockTable(p *phrase) {
	p.skip("table")
	names := p.objects()
	m := accessExclusive
	if p.has("in") {
		for words, of := range lockModes {
			if p.begins(words + " mode") {
				m = of
			}
		}
	}
	for _, n := range names {
		r.lockName(n, m, nil)
	}
}

func (r *reader) copy(p *phrase) {
	if p.peek().is("(") {
		r.query(p)
		return
	}
	n, _ := p.object()
	p.inParentheses()
	if p.has("from") {
		r.lockName(n, rowExclusive, nil)
	} else {
		r.lockName(n, accessShare, nil)
	}
}

func (r *reader) reindex(p *phrase) {
	options := p.inParentheses()
	concurrently := options.holds("concurrently")
	kind := p.take().text
	concurrently = p.has("concurrently") || concurrently
	n, _ := p.object()
	m, w := accessExclusive, reindexWork // of the index, without which no query is planned
	if concurrently {
		m, w = shareUpdateExclusive, nil
	}
	switch kind {
	case "index":
		r.lock(lookUp(r.world.index, n, r.client.path()), m, w)
	case "table":
		r.lockName(n, m, w)
	}
}

func (r *reader) cluster(p *phrase) {
	p.inParentheses()
	p.skip("verbose")
	n, ok := p.object()
	if p.has("on") { // CLUSTER index ON table, as of old
		n, _ = p.object()
	}
	if ok {
		r.lockName(n, accessExclusive, rewriteWork)
	}
}

func (r *reader) vacuum(p *phrase) {
	options := p.inParentheses()
	full := options.holds("full")
	for {
		switch {
		case p.has("full"):
			full = true
			continue
		case p.has("freeze"), p.has("verbose"), p.has("analyze"):
			continue
		}
		break
	}
	m, w := shareUpdateExclusive, (*work)(nil)
	if full {
		m, w = accessExclusive, rewriteWork
	}
	r.tablesWithColumns(p, m, w)
}

func (r *reader) analyze(p *phrase) {
	p.inParentheses()
	p.skip("verbose")
	r.tablesWithColumns(p, shareUpdateExclusive, nil)
}

func (r *reader) tablesWithColumns(p *phrase, m mode, w *work) {
	for _, part := range p.split() {
		part.skip("only")
		if n, ok := part.object(); ok {
			r.lockName(n, m, w)
		}
	}
}

func (r *reader) refresh(p *phrase) {
	if !p.has("materialized view") {
		return
	}
	m, w := accessExclusive, refreshWork
	if p.has("concurrently") {
		m, w = exclusive, nil
	}
	n, _ := p.object()
	r.lockName(n, m, w)
}

func (r *reader) comment(p *phrase) {
	switch {
	case p.has("on table"), p.has("on materialized view"):
		n, _ := p.object()
		r.lockName(n, shareUpdateExclusive, nil)
	case p.has("on column"):
		n, _ := p.object() // schema.table.column: its last two parts
		r.lockName(name{name: n.schema}, shareUpdateExclusive, nil)
	case p.has("on index"):
		n, _ := p.object()
		r.lock(lookUp(r.world.index, n, r.client.path()), shareUpdateExclusive, nil)
	}
}
