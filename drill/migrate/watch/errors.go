package watch

import (
	"regexp"
	"time"

	"github.com/jackc/pgerrcode"

	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/serverlog"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// readError takes a statement that the server refused, and a session that it
// ended.
func (r *reading) readError(c *client, e serverlog.Entry) {
	if ofMigration(e) {
		r.refused = r.explain(c, e)
	}
	if e.Statement != "" && !e.ServerError().InClass(pgerr.Connection) {
		r.readRefused(c, e)
	}
	if e.Severity != "ERROR" {
		r.cutShort = true
		r.end(c, e.Time)
	}
}

// ofMigration reports whether an error can be why a migration failed: not one
// that follows from another, or from its being ended.
func ofMigration(e serverlog.Entry) bool {
	said := e.ServerError()
	return said.SQLState != pgerrcode.InFailedSQLTransaction && !said.Shutdown() && !said.ClientLeft()
}

func (r *reading) readRefused(c *client, e serverlog.Entry) {
	started := e.Time
	switch {
	case c.asked.sql == e.Statement:
		started = c.asked.started
	case r.sampler != nil:
		if seen := r.sampler.running(e.PID, e.Time, e.Statement); !seen.IsZero() {
			started = seen
		}
	}
	c.asked = asked{}
	s := &statement{
		client: c, sqlstate: e.SQLState, started: started, executed: started, ended: e.Time,
		seconds: e.Time.Sub(started).Seconds(), sql: redact.SQL(e.Statement), raw: e.Statement[:min(len(e.Statement), rawLength)],
	}
	s.noTimeout = c.settings.waits() == forEver
	if c.open != nil && !c.open.inBlock && c.open.virtual != e.Virtual {
		r.end(c, c.open.lastEnd())
	}
	if c.open == nil {
		c.open = newTransaction(c, started)
		c.open.virtual = e.Virtual
	}
	r.total++
	c.open.add(s)
	switch tx := c.open; {
	case !tx.inBlock:
		r.end(c, e.Time)
	case !tx.savepoints && tx.ended.IsZero(): // the block goes on, without its locks
		tx.ended = e.Time
	}
}

// running finds since when a statement ran that ended in an error.
func (s *sampler) running(pid int, ended time.Time, sql string) (since time.Time) {
	for _, seen := range s.ran {
		if seen.pid == pid && !seen.started.After(ended) && ended.Sub(seen.last) < time.Second && sameText(sql, seen.sql) && seen.started.After(since) {
			since = seen.started
		}
	}
	return since
}

// sameText tells whether a text is what the server shows of it, which is cut.
func sameText(sql, shown string) bool {
	n := min(len(sql), len(shown), rawLength)
	return sql[:n] == shown[:n]
}

// ofRelation is how errors name their table.
var ofRelation = regexp.MustCompile(`(?:relation|table) "([^"]+)"`)

func (r *reading) explain(c *client, e serverlog.Entry) *Refused {
	refused := &Refused{
		SQLState: e.SQLState, Message: e.ServerError().Text(), Statement: redact.SQL(e.Statement),
	}
	if m := ofRelation.FindStringSubmatch(e.Message); m != nil {
		if t := r.world.table(sqltext.Name{Name: m[1]}, c); t != nil {
			refused.Table = t.ident
			return refused
		}
	}
	for _, part := range sqltext.Statements(e.Statement, sqltext.Server) {
		for _, claim := range r.world.peek(part, c) {
			refused.Table = claim.table.ident
			return refused
		}
	}
	return refused
}
