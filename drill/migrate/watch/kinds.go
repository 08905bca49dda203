package watch

import "github.com/drillgres/drillgres/drill/sqltext"

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

func (r *reader) lockName(n sqltext.Name, m mode, w *work) *relation {
	table := r.world.table(n, r.client)
	r.lock(table, m, w)
	return table
}

// claimsOf tells the locks that a statement takes on tables that existed
// before. The kinds and their modes are those of
// https://www.postgresql.org/docs/current/explicit-locking.html and of each
// command's own page; what a function or a trigger does is not in its text.
func (w *world) claimsOf(tokens []sqltext.Token, c *client) (claims []claim, alters *relation) {
	r := &reader{world: w, client: c}
	p := &sqltext.Phrase{Tokens: tokens}
	if read := readers[p.Peek().Text]; p.Peek().Kind == sqltext.Word && read != nil {
		p.Take()
		read(r, p)
	} else {
		r.query(&sqltext.Phrase{Tokens: tokens})
	}
	return r.claims, r.alters
}

var readers = map[string]func(*reader, *sqltext.Phrase){
	"alter": (*reader).alter, "create": (*reader).create, "drop": (*reader).drop, "truncate": (*reader).truncate,
	"lock": (*reader).lockTable, "copy": (*reader).copy, "reindex": (*reader).reindex, "cluster": (*reader).cluster,
	"vacuum": (*reader).vacuum, "analyze": (*reader).analyze, "refresh": (*reader).refresh, "comment": (*reader).comment,
	"do": (*reader).nothing, "call": (*reader).nothing, "set": (*reader).nothing, "grant": (*reader).nothing, "revoke": (*reader).nothing,
}

func (r *reader) nothing(*sqltext.Phrase) {}

// query reads SELECT, INSERT, UPDATE, DELETE, MERGE, also within WITH.
func (r *reader) query(p *sqltext.Phrase) {
	read := accessShare
	if locksRows(*p) {
		read = rowShare
	}
	previous := sqltext.Token{}
	for !p.Done() {
		t := p.Take()
		if !beforeTable(t) {
			previous = t
			continue
		}
		m := noLock
		switch {
		case namesTarget(previous, t):
			m = rowExclusive
		case namesSource(t), t.Is("using"):
			m = read
		}
		if m != noLock {
			p.Drop("only")
			q := *p
			if n := q.Name(""); n.Name != "" && (m == rowExclusive || !q.Peek().Is("(")) { // or a function
				r.lockName(n, m, nil)
			}
		}
		previous = t
	}
}

// locksRows reports whether a query has FOR UPDATE, FOR SHARE or the like.
func locksRows(p sqltext.Phrase) bool {
	for p.UntilAnywhere("for") {
		if p.Has("update") || p.Has("share") || p.Has("no key update") || p.Has("key share") {
			return true
		}
	}
	return false
}

// beforeTable reports whether a word can have the name of a table behind it.
// Most tokens of a query are none of them.
func beforeTable(t sqltext.Token) bool {
	switch t.Text {
	case "into", "update", "from", "join", "using", "copy", "table":
		return t.Kind == sqltext.Word
	}
	return false
}

// namesSource reports whether the name of a table that is read comes next.
func namesSource(t sqltext.Token) bool { return t.Is("from") || t.Is("join") }

// namesTarget tells whether the name of the table that is written comes next:
// behind INTO, UPDATE and DELETE FROM.
func namesTarget(previous, t sqltext.Token) bool {
	switch {
	case t.Is("into"):
		return true
	case t.Is("update"): // but for FOR [NO KEY] UPDATE, and ON CONFLICT DO UPDATE
		return !previous.Is("for") && !previous.Is("key") && !previous.Is("do")
	}
	return t.Is("from") && previous.Is("delete")
}

func (r *reader) truncate(p *sqltext.Phrase) {
	p.Drop("table")
	names := p.Names()
	cascade := p.Contains("cascade")
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

func (r *reader) lockTable(p *sqltext.Phrase) {
	p.Drop("table")
	names := p.Names()
	m := accessExclusive
	if p.Has("in") {
		for words, of := range lockModes {
			if p.Begins(words + " mode") {
				m = of
			}
		}
	}
	for _, n := range names {
		r.lockName(n, m, nil)
	}
}

func (r *reader) copy(p *sqltext.Phrase) {
	if p.Peek().Is("(") {
		r.query(p)
		return
	}
	n := p.Name("")
	p.Group()
	if p.Has("from") {
		r.lockName(n, rowExclusive, nil)
	} else {
		r.lockName(n, accessShare, nil)
	}
}

func (r *reader) reindex(p *sqltext.Phrase) {
	options := p.Group()
	concurrently := options.Contains("concurrently")
	kind := p.Take().Text
	concurrently = p.Has("concurrently") || concurrently
	n := p.Name("")
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

func (r *reader) cluster(p *sqltext.Phrase) {
	p.Group()
	p.Drop("verbose")
	n := p.Name("")
	if p.Has("on") { // CLUSTER index ON table, as of old
		n = p.Name("")
	}
	if n.Name != "" {
		r.lockName(n, accessExclusive, rewriteWork)
	}
}

func (r *reader) vacuum(p *sqltext.Phrase) {
	options := p.Group()
	full := options.Contains("full")
	for {
		switch {
		case p.Has("full"):
			full = true
			continue
		case p.Has("freeze"), p.Has("verbose"), p.Has("analyze"):
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

func (r *reader) analyze(p *sqltext.Phrase) {
	p.Group()
	p.Drop("verbose")
	r.tablesWithColumns(p, shareUpdateExclusive, nil)
}

func (r *reader) tablesWithColumns(p *sqltext.Phrase, m mode, w *work) {
	for _, part := range p.Split() {
		part.Drop("only")
		if n := part.Name(""); n.Name != "" {
			r.lockName(n, m, w)
		}
	}
}

func (r *reader) refresh(p *sqltext.Phrase) {
	if !p.Has("materialized view") {
		return
	}
	m, w := accessExclusive, refreshWork
	if p.Has("concurrently") {
		m, w = exclusive, nil
	}
	n := p.Name("")
	r.lockName(n, m, w)
}

func (r *reader) comment(p *sqltext.Phrase) {
	switch {
	case p.Has("on table"), p.Has("on materialized view"):
		n := p.Name("")
		r.lockName(n, shareUpdateExclusive, nil)
	case p.Has("on column"):
		n := p.Name("") // schema.table.column: its last two parts
		r.lockName(sqltext.Name{Name: n.Schema}, shareUpdateExclusive, nil)
	case p.Has("on index"):
		n := p.Name("")
		r.lock(lookUp(r.world.index, n, r.client.path()), shareUpdateExclusive, nil)
	}
}
