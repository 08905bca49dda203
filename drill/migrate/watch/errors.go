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

// readError reads the record of a statement that the server refused, or of a
// session that it ended.
func (r *logReader) readError(c *client, e serverlog.Entry) {
	if explainsFailure(e) {
		r.refused = r.explain(c, e)
	}
	if e.Statement != "" && !e.ServerError().InClass(pgerr.Connection) {
		r.readRefused(c, e)
	}
	if e.Severity != "ERROR" {
		r.interrupted = true
		r.endTransaction(c, e.Time)
	}
}

// explainsFailure reports whether an error can be why a migration failed: it does
// not follow from another error, or from the end of the session.
func explainsFailure(e serverlog.Entry) bool {
	err := e.ServerError()
	return err.SQLState != pgerrcode.InFailedSQLTransaction && !err.Shutdown() && !err.ClientLeft()
}

func (r *logReader) readRefused(c *client, e serverlog.Entry) {
	started := e.Time
	switch {
	case c.pending.sql == e.Statement:
		started = c.pending.started
	case r.sampler != nil:
		if seen := r.sampler.startOf(e.PID, e.Time, e.Statement); !seen.IsZero() {
			started = seen
		}
	}
	c.pending = pendingStatement{}
	s := &statement{
		client: c, sqlstate: e.SQLState, started: started, executed: started, ended: e.Time,
		seconds: e.Time.Sub(started).Seconds(), sql: redact.SQL(e.Statement), raw: e.Statement[:min(len(e.Statement), rawLength)],
	}
	s.noTimeout = c.settings.effective() == unlimited
	if c.open != nil && !c.open.inBlock && c.open.virtual != e.Virtual {
		r.endTransaction(c, c.open.lastEnd())
	}
	if c.open == nil {
		c.open = newTransaction(c, started)
		c.open.virtual = e.Virtual
	}
	r.total++
	c.open.add(s)
	switch tx := c.open; {
	case !tx.inBlock:
		r.endTransaction(c, e.Time)
	case !tx.savepoints && tx.ended.IsZero(): // the block continues without its locks
		tx.ended = e.Time
	}
}

// startOf returns when a statement that ended in an error started, from the
// samples; zero: unknown.
func (s *sampler) startOf(pid int, ended time.Time, sql string) (since time.Time) {
	for _, seen := range s.statements {
		if seen.pid == pid && !seen.started.After(ended) && ended.Sub(seen.last) < time.Second && sameText(sql, seen.sql) && seen.started.After(since) {
			since = seen.started
		}
	}
	return since
}

// sameText reports whether shown is the beginning of sql as pg_stat_activity
// shows it.
func sameText(sql, shown string) bool {
	n := min(len(sql), len(shown), rawLength)
	return sql[:n] == shown[:n]
}

// relationPattern matches the name of the table in an error message.
var relationPattern = regexp.MustCompile(`(?:relation|table) "([^"]+)"`)

// explain returns the error of a record. The table is that in its message, or the
// first that the statement locks.
func (r *logReader) explain(c *client, e serverlog.Entry) *Refused {
	refused := &Refused{
		SQLState: e.SQLState, Message: e.ServerError().Text(), Statement: redact.SQL(e.Statement),
	}
	if m := relationPattern.FindStringSubmatch(e.Message); m != nil {
		if t := r.state.table(sqltext.Name{Name: m[1]}, c); t != nil {
			refused.Table = t.ident
			return refused
		}
	}
	for _, part := range sqltext.Statements(e.Statement, sqltext.Server) {
		for _, claim := range r.state.claimsOfRefused(part, c) {
			refused.Table = claim.table.ident
			return refused
		}
	}
	return refused
}
