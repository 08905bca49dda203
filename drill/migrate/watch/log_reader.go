package watch

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/serverlog"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// durationOf parses the log message of a statement, or of a step of the extended
// protocol: duration: 0.412 ms  execute name: SELECT 1.
// https://www.postgresql.org/docs/current/protocol-flow.html
func durationOf(message string) (step, sql string, seconds float64, ok bool) {
	rest, ok := strings.CutPrefix(message, "duration: ")
	number, rest, found := strings.Cut(rest, " ms")
	ms, err := strconv.ParseFloat(number, 64)
	if !ok || !found || err != nil {
		return "", "", 0, false
	}
	head, sql, found := strings.Cut(strings.TrimPrefix(rest, "  "), ": ")
	for _, step := range []string{"statement", "parse", "bind", "execute fetch from", "execute"} {
		if name, is := strings.CutPrefix(head, step); found && is && (name == "" || name[0] == ' ') && !strings.Contains(name, ":") {
			return step, sql, ms / 1000, true
		}
	}
	return "", rest, ms / 1000, true
}

// logReader reads statements and transactions from the log.
type logReader struct {
	database string
	ownPIDs  *pidSet
	state    *schemaState
	defaults *defaults
	sampler  *sampler

	clients     map[string]*client // by the session ID of the log; at most maxClients
	sessions    int                // number of clients so far
	prepared    map[string]*transaction
	onEnd       func(*transaction) // called for each transaction that has ended
	splitter    sqltext.Splitter
	controls    []control // of the current text; reused
	total       int
	refused     *Refused
	interrupted bool // a session was terminated
}

// read reads one record.
func (r *logReader) read(e serverlog.Entry) error {
	if e.Database != r.database || !e.OfSession() || r.ownPIDs.has(e.PID) {
		return nil
	}
	c := r.clients[e.Session]
	if c == nil {
		r.sessions++
		c = &client{number: r.sessions, pid: e.PID, user: e.User}
		c.settings.timeout = r.defaults.forRole(e.User)
		r.clients[e.Session] = c
		r.forgetClients()
	}
	c.seen = e.Time
	if e.IsError() {
		r.readError(c, e)
		return nil
	}
	if step, sql, seconds, ok := durationOf(e.Message); ok {
		r.readDuration(c, e, step, sql, seconds)
	}
	return nil
}

// maxClients is the maximum number of sessions whose settings are known. A migration
// may open a session for each statement, and the log does not say when one ends.
const maxClients = 10_000

// forgetClients forgets the sessions that have been quiet for the longest, if there
// are too many.
func (r *logReader) forgetClients() {
	if len(r.clients) > maxClients {
		evict(r.clients, maxClients/2, func(c *client) (last int64, keep bool) { return c.seen.UnixMicro(), c.open != nil || c.seen.IsZero() })
	}
}

// evict removes the elements that are worth the least, until n are left. It removes
// none that must be kept.
func evict[K comparable, V any](all map[K]V, n int, worth func(V) (amount int64, keep bool)) {
	amounts := make([]int64, 0, len(all))
	for _, v := range all {
		if amount, keep := worth(v); !keep {
			amounts = append(amounts, amount)
		}
	}
	surplus := min(len(all)-n, len(amounts))
	if surplus <= 0 {
		return
	}
	slices.Sort(amounts)
	least := amounts[surplus-1]
	maps.DeleteFunc(all, func(_ K, v V) bool {
		amount, keep := worth(v)
		return !keep && amount <= least
	})
}

func (r *logReader) readDuration(c *client, e serverlog.Entry, step, sql string, seconds float64) {
	started := e.Time.Add(-time.Duration(seconds * float64(time.Second)))
	switch step {
	case "parse", "bind":
		if c.pending.sql != sql {
			c.pending = pendingStatement{sql: sql, started: started}
		}
		c.pending.seconds += seconds
		return
	case "execute fetch from": // the statement was already counted
		return
	case "statement", "execute":
	default:
		return
	}
	s := &statement{client: c, started: started, executed: started, ended: e.Time, seconds: seconds}
	if step == "execute" && c.pending.sql == sql {
		s.started, s.seconds = c.pending.started, seconds+c.pending.seconds
	}
	c.pending = pendingStatement{}
	r.addStatement(s, sql, e.Virtual)
}

// addStatement analyses a statement and adds it to its transaction.
func (r *logReader) addStatement(s *statement, sql, virtual string) {
	c := s.client
	if s.started.Before(c.latest) { // the log rounds its times
		s.started = c.latest
	}
	c.latest = s.started
	s.sql, s.raw = redact.Statement(sql), sql[:min(len(sql), rawLength)]
	parts := r.splitter.Split(sql)
	controls := r.controls[:0]
	blocked := false
	s.noise = true
	for _, part := range parts {
		control := controlOf(part)
		controls = append(controls, control)
		c.settings.follow(control)
		c.followSettings(part, r.defaults)
		if control != noControl {
			continue
		}
		claims, alters := r.state.claimsOf(part, c)
		if alters != nil {
			if s.alters == nil {
				s.alters = map[*relation]int{}
			}
			s.alters[alters]++
		}
		for i := range claims {
			claims[i].noTimeout = c.settings.effective() == unlimited
		}
		noise := isNoise(part)
		if blocked && !noise {
			s.laterInText++
		}
		blocked = blocked || slices.ContainsFunc(claims, func(c claim) bool { return c.mode.blocks() != "" && c.table.rows > 0 })
		s.claims = append(s.claims, claims...)
		s.defines = s.defines || isDefinition(part)
		s.noise = s.noise && noise
		r.finishPrepared(part, s.ended)
	}
	r.controls = controls
	s.noTimeout = c.settings.effective() == unlimited
	r.assignTransaction(s, controls, virtual, parts)
}

// assignTransaction adds a statement to its transaction, and ends transactions
// that are over.
func (r *logReader) assignTransaction(s *statement, controls []control, virtual string, parts [][]sqltext.Token) {
	c := s.client
	inside := !strings.HasSuffix(virtual, "/0") && virtual != ""
	ends := slices.ContainsFunc(controls, func(k control) bool { return k == commits || k == rollsBack || k == prepares })
	if c.open != nil && (inside && c.open.virtual != virtual || !inside && !ends && !c.open.inBlock) {
		r.endTransaction(c, c.open.lastEnd())
	}
	if c.open == nil {
		c.open = newTransaction(c, s.started)
		if inside {
			c.open.virtual = virtual
		}
	}
	tx := c.open
	tx.inBlock = tx.inBlock || slices.Contains(controls, begins)
	tx.savepoints = tx.savepoints || slices.Contains(controls, savepoint)
	if onlyControl(controls) {
		s.tx = tx
	} else {
		r.total++
		tx.add(s)
	}
	if inside {
		return
	}
	if i := slices.Index(controls, prepares); i >= 0 && len(parts[i]) > 2 {
		tx.prepared = parts[i][2].Text
		r.prepared[tx.prepared] = tx
		c.open = nil
		return
	}
	r.endTransaction(c, s.ended)
}

func newTransaction(c *client, started time.Time) *transaction {
	return &transaction{client: c, started: started, claimed: map[*relation]mode{}, alters: map[*relation]*altered{}}
}

func onlyControl(controls []control) bool {
	return !slices.Contains(controls, noControl)
}

// endTransaction ends the open transaction of a session.
func (r *logReader) endTransaction(c *client, at time.Time) {
	tx := c.open
	c.open = nil
	if tx == nil {
		return
	}
	if tx.ended.IsZero() {
		tx.ended = at
	}
	c.settings.local = nil
	r.onEnd(tx)
}

// lastEnd returns the end of the last known statement of the transaction.
func (tx *transaction) lastEnd() time.Time {
	last := tx.started
	for _, s := range tx.statements {
		if s.ended.After(last) {
			last = s.ended
		}
	}
	return last
}

// finishPrepared ends a prepared transaction if part commits it or rolls it back.
func (r *logReader) finishPrepared(part []sqltext.Token, at time.Time) {
	p := sqltext.Phrase{Tokens: part}
	if !p.Has("commit prepared") && !p.Has("rollback prepared") {
		return
	}
	gid := p.Take().Text
	if tx := r.prepared[gid]; tx != nil {
		delete(r.prepared, gid)
		tx.ended = at
		r.onEnd(tx)
	}
}

// finish ends the transactions that are open at the end of the log.
func (r *logReader) finish(at time.Time) {
	open := slices.SortedFunc(maps.Values(r.clients), func(a, b *client) int { return cmp.Compare(a.number, b.number) })
	for _, c := range open {
		if c.open != nil {
			r.endTransaction(c, c.open.lastEnd())
		}
	}
	for _, gid := range slices.Sorted(maps.Keys(r.prepared)) { // not finished, and still holding its locks
		tx := r.prepared[gid]
		delete(r.prepared, gid)
		tx.ended = at
		r.onEnd(tx)
	}
}
