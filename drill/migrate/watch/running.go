package watch

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/words"
)

// runningWithin is the time limit of the query for the running statement.
const runningWithin = 10 * time.Second

// runningSQL returns a running statement of the database, what it waits for, and
// the session that blocks it. It prefers blocked statements, then the oldest.
const runningSQL = `
select left(a.query, 4000), extract(epoch from clock_timestamp() - a.query_start)::float8,
  coalesce(a.wait_event_type, ''), coalesce(a.wait_event, ''), coalesce(b.state, ''), coalesce(left(b.query, 4000), '')
from pg_stat_activity a left join lateral (
  select o.state, o.query from unnest(pg_blocking_pids(a.pid)) p join pg_stat_activity o on o.pid = p order by o.xact_start limit 1
) b on true
where a.datname = $1 and a.state = 'active' and a.backend_type = 'client backend' and a.pid <> all($2)
order by b.query is null, a.query_start limit 1`

// Running returns the statement that is running, what it waits for and what
// blocks it, for the message of a migration that exceeds its time limit. It
// returns an empty string if there is none.
func (w *Watch) Running(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), runningWithin)
	defer cancel()
	var sql, waitType, wait, state, blocker string
	var seconds float64
	err := w.withConnection(ctx, w.server.Maintenance, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, runningSQL, w.server.Database, w.ownPIDs.list()).Scan(&sql, &seconds, &waitType, &wait, &state, &blocker)
	})
	if err != nil {
		return "" // no statement runs, or the server does not answer
	}
	running := fmt.Sprintf("%s (for %s)", redact.SQL(sql), words.Elapsed(seconds))
	switch {
	case blocker != "":
		running += fmt.Sprintf("; it waits for a lock of another session, which is %s: %s", state, redact.SQL(blocker))
	case waitType == "Lock":
		running += "; it waits for a lock (" + wait + ")"
	}
	return running
}
