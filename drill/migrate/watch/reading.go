package watch

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/serverlog"
)

// durationLine is how the server tells of a statement, or of a step of the
// extended protocol. https://www.postgresql.org/docs/current/protocol-flow.html
var durationLine = regexp.MustCompile(`^duration: ([0-9.]+) ms(?:  (statement|parse|bind|execute|execute fetch from)(?: [^:]*)?: )?`)

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
	if m := durationLine.FindStringSubmatch(e.Message); m != nil {
		ms, _ := strconv.ParseFloat(m[1], 64)
		r.readDuration(c, e, m[2], e.Message[len(m[0]):], ms/1000)
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
	s := &statement{client: c, started: started, executed: started, ended: e.Time, seconds: seconds, alters: map[*relation]int{}}
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
	parts := statements(sql)
	controls := make([]control, len(parts))
	blocked := false
	s.noise = true
	for i, part := range parts {
		controls[i] = controlOf(part)
		c.settings.follow(controls[i])
		c.sets(part, r.defaults)
		if controls[i] != noControl {
			continue
		}
		claims, alters := r.world.claimsOf(part, c)
		if alters != nil {
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
	s.noTimeout = c.settings.waits() == forEver
	r.place(s, controls, virtual, parts)
}

// place finds the transaction of a statement.
func (r *reading) place(s *statement, controls []control, virtual string, parts [][]token) {
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
		tx.prepared = parts[i][2].text
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
func (r *reading) finishPrepared(part []token, at time.Time) {
	p := &phrase{part}
	if !p.has("commit prepared") && !p.has("rollback prepared") {
		return
	}
	gid := p.take().text
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
