package watch

import "github.com/drillgres/drillgres/drill/sqltext"

// claim is a lock that a statement takes according to its kind.
type claim struct {
	table     *relation // that existed before
	mode      mode
	work      *work // under the lock; nil: none that takes longer with more rows
	noTimeout bool  // it would have waited forever
}

// work is what a statement does to every row of a table under a lock.
type work struct {
	evidence evidence
	action   string // such as "builds an index"
	hint     string // what to do instead
}

// evidence is what exists after the work, and confirms that it was done.
type evidence int

const (
	newIndex evidence = iota
	newConstraint
	newNotNull
	newFile
)

// reader reads one statement.
type reader struct {
	state  *schemaState
	client *client
	claims []claim
	alters *relation // the table of ALTER TABLE
}

func (r *reader) lock(table *relation, m mode, w *work) {
	if table != nil {
		r.claims = append(r.claims, claim{table: table.table(), mode: m, work: w})
	}
}

func (r *reader) lockName(n sqltext.Name, m mode, w *work) *relation {
	table := r.state.table(n, r.client)
	r.lock(table, m, w)
	return table
}

// claimsOf returns the locks that a statement takes on tables that existed
// before, and the table that it alters; nil: none. The modes are from
// https://www.postgresql.org/docs/current/explicit-locking.html and from the page
// of each command. Locks of functions and triggers are not in the text.
func (w *schemaState) claimsOf(tokens []sqltext.Token, c *client) (claims []claim, alters *relation) {
	r := &reader{state: w, client: c}
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
	"do": (*reader).ignore, "call": (*reader).ignore, "set": (*reader).ignore, "grant": (*reader).ignore, "revoke": (*reader).ignore,
}

func (r *reader) ignore(*sqltext.Phrase) {}

// query reads SELECT, INSERT, UPDATE, DELETE and MERGE, also in WITH.
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
			if n := q.Name(""); n.Name != "" && (m == rowExclusive || !q.Peek().Is("(")) { // otherwise a function
				r.lockName(n, m, nil)
			}
		}
		previous = t
	}
}

// locksRows reports whether a query has FOR UPDATE, FOR SHARE or a variant.
func locksRows(p sqltext.Phrase) bool {
	for p.UntilAnywhere("for") {
		if p.Has("update") || p.Has("share") || p.Has("no key update") || p.Has("key share") {
			return true
		}
	}
	return false
}

// beforeTable reports whether the name of a table can follow a word. It is a fast
// check: most tokens are not such words.
func beforeTable(t sqltext.Token) bool {
	switch t.Text {
	case "into", "update", "from", "join", "using", "copy", "table":
		return t.Kind == sqltext.Word
	}
	return false
}

// namesSource reports whether the name of a table that is read comes next.
func namesSource(t sqltext.Token) bool { return t.Is("from") || t.Is("join") }

// namesTarget reports whether the name of a table that is written comes next:
// after INTO, UPDATE and DELETE FROM.
func namesTarget(previous, t sqltext.Token) bool {
	switch {
	case t.Is("into"):
		return true
	case t.Is("update"): // except in FOR [NO KEY] UPDATE and ON CONFLICT DO UPDATE
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
		if !r.state.dryRun {
			r.state.truncated[table] = true
		}
		if cascade {
			for _, referring := range r.state.referring[table] {
				lock(referring)
			}
		}
	}
	for _, n := range names {
		lock(r.state.table(n, r.client))
	}
}

// lockModes holds the modes by their words in LOCK.
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
	m, w := accessExclusive, reindexWork // planning any query on the table needs this lock on the index
	if concurrently {
		m, w = shareUpdateExclusive, nil
	}
	switch kind {
	case "index":
		r.lock(lookUp(r.state.indexes, n, r.client.path()), m, w)
	case "table":
		r.lockName(n, m, w)
	}
}

func (r *reader) cluster(p *sqltext.Phrase) {
	p.Group()
	p.Drop("verbose")
	n := p.Name("")
	if p.Has("on") { // the old form, CLUSTER index ON table
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

// tablesWithColumns locks the tables of a comma-separated list.
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
		r.lock(lookUp(r.state.indexes, n, r.client.path()), shareUpdateExclusive, nil)
	}
}
