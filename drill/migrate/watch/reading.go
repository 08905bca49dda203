package watch

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/serverlog"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// durationOf reads how the server logs a statement, or a step of the extended
// protocol: duration: 0.412 ms  execute name: SELECT 1.
// https://www.postgresql.org/docs/current/protocol-flow.html
func durationOf(message string) (step, sql string, seconds float64, ok bool) {
	rest, ok := strings.CutPrefix(message, "duration: ")
	number, rest, found := strings.Cut(rest, " ms")
	ms, err := strconv.ParseFloat(number, 64)
	if !ok || !found || err != nil {
		return "", "", 0, false
	}
	said := strings.TrimPrefix(rest, "  ")
	head, sql, found := strings.Cut(said, ": ")
	for _, step := range []string{"statement", "parse", "bind", "execute fetch from", "execute"} {
		if name, is := strings.CutPrefix(head, step); found && is && (name == "" || name[0] == ' ') && !strings.Contains(name, ":") {
			return step, sql, ms / 1000, true
		}
	}
	return "", rest, ms / 1000, true
}

// reading goes through the log and makes statements and transactions of it.
type reading struct {
	database string
	own      *pids
	world    *world
	defaults defaults
	sampler  *sampler

	clients  map[string]*client // by the server's name for their session
	prepared map[string]*transaction
	ended    func(*transaction) // is told each transaction, when it has ended
	splitter sqltext.Splitter
	controls []control // of the text that is read
	total    int
	refused  *Refused
	cutShort bool // a session was ended from outside
}

// read takes one record.
func (r *reading) read(e serverlog.Entry) error {
	if e.Database != r.database || !e.OfSession() || r.own.has(e.PID) {
		return nil
	}
	c := r.clients[e.Session]
	if c == nil {
		c = &client{number: len(r.clients) + 1, pid: e.PID, user: e.User}
		c.settings.timeout = r.defaults.of(e.User)
		r.clients[e.Session] = c
	}
	if e.IsError() {
		r.readError(c, e)
		return nil
	}
	if step, sql, seconds, ok := durationOf(e.Message); ok {
		r.readDuration(c, e, step, sql, seconds)
	}
	return nil
}

func (r *reading) readDuration(c *client, e serverlog.Entry, step, sql string, seconds float64) {
	started := e.Time.Add(-time.Duration(seconds * float64(time.Second)))
	switch step {
	case "parse", "bind":
		if c.asked.sql != sql {
			c.asked = asked{sql: sql, started: started}
		}
		c.asked.seconds += seconds
		return
	case "execute fetch from": // more rows of a statement that was counted
		return
	case "statement", "execute":
	default:
		return
	}
	s := &statement{client: c, started: started, executed: started, ended: e.Time, seconds: seconds}
	if step == "execute" && c.asked.sql == sql {
		s.started, s.seconds = c.asked.started, seconds+c.asked.seconds
	}
	c.asked = asked{}
	r.take(s, sql, e.Virtual)
}

// take understands a statement and gives it to its transaction.
func (r *reading) take(s *statement, sql, virtual string) {
	c := s.client
	if s.started.Before(c.latest) { // by what the log's times lack in precision
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
		c.sets(part, r.defaults)
		if control != noControl {
			continue
		}
		claims, alters := r.world.claimsOf(part, c)
		if alters != nil {
			if s.alters == nil {
				s.alters = map[*relation]int{}
			}
			s.alters[alters]++
		}
		for i := range claims {
			claims[i].noTimeout = c.settings.waits() == forEver
		}
		noise := isNoise(part)
		if blocked && !noise {
			s.later++
		}
		blocked = blocked || slices.ContainsFunc(claims, func(c claim) bool { return c.mode.blocks() != "" && c.table.rows > 0 })
		s.claims = append(s.claims, claims...)
		s.defines = s.defines || isDefinition(part)
		s.noise = s.noise && noise
		r.finishPrepared(part, s.ended)
	}
	r.controls = controls
	s.noTimeout = c.settings.waits() == forEver
	r.place(s, controls, virtual, parts)
}

// place finds the transaction of a statement.
func (r *reading) place(s *statement, controls []control, virtual string, parts [][]sqltext.Token) {
	c := s.client
	inside := !strings.HasSuffix(virtual, "/0") && virtual != ""
	ends := slices.ContainsFunc(controls, func(k control) bool { return k == commits || k == rollsBack || k == prepares })
	if c.open != nil && (inside && c.open.virtual != virtual || !inside && !ends && !c.open.inBlock) {
		r.end(c, c.open.lastEnd())
	}
	if c.open == nil {
		c.open = newTransaction(c, s.started)
		if inside {
			c.open.virtual = virtual
		}
	}
	tx := c.open
	tx.inBlock = tx.inBlock || slices.Contains(controls, begins)
	tx.savepoints = tx.savepoints || slices.Contains(controls, within)
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
	r.end(c, s.ended)
}

func newTransaction(c *client, started time.Time) *transaction {
	return &transaction{client: c, started: started, claimed: map[*relation]mode{}, alters: map[*relation]*altered{}}
}

func onlyControl(controls []control) bool {
	return !slices.Contains(controls, noControl)
}

// end ends the session's transaction.
func (r *reading) end(c *client, at time.Time) {
	tx := c.open
	c.open = nil
	if tx == nil {
		return
	}
	if tx.ended.IsZero() {
		tx.ended = at
	}
	c.settings.local = nil
	r.ended(tx)
}

// lastEnd is when the last thing of the transaction that is known ended.
func (tx *transaction) lastEnd() time.Time {
	last := tx.started
	for _, s := range tx.statements {
		if s.ended.After(last) {
			last = s.ended
		}
	}
	return last
}

// finishPrepared ends a transaction that outlived its session.
func (r *reading) finishPrepared(part []sqltext.Token, at time.Time) {
	p := sqltext.Phrase{Tokens: part}
	if !p.Has("commit prepared") && !p.Has("rollback prepared") {
		return
	}
	gid := p.Take().Text
	if tx := r.prepared[gid]; tx != nil {
		delete(r.prepared, gid)
		tx.ended = at
		r.ended(tx)
	}
}

// finish ends what was open when the log ends.
func (r *reading) finish(at time.Time) {
	for _, c := range r.clients {
		if c.open != nil {
			r.end(c, c.open.lastEnd())
		}
	}
	for gid, tx := range r.prepared { // still there, with its locks
		delete(r.prepared, gid)
		tx.ended = at
		r.ended(tx)
	}
}
