package watch

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/provision"
)

// session is what every connection of the watch starts with. The restored
// database is hostile: nothing in it may stand in for a name of ours. What the
// watch does itself is not logged.
const session = `
set search_path = '';
set timezone = 'UTC';
set lock_timeout = '10s';
set statement_timeout = %d;
set idle_in_transaction_session_timeout = 0;
set client_min_messages = error;
set log_min_duration_statement = -1;
set log_statement = none;
set log_duration = off`

// statementWithin bounds every statement of the watch.
const statementWithin = 2 * time.Minute

// connect opens a connection whose process is known not to be the migration's.
func (w *Watch) connect(ctx context.Context, database string) (*pgx.Conn, error) {
	conn, err := w.server.Connect(ctx, database, w.server.User, w.server.Password)
	if err != nil {
		return nil, err
	}
	w.own.add(int(conn.PgConn().PID()))
	sql := fmt.Sprintf(session, statementWithin.Milliseconds())
	if w.server.Major >= 14 {
		sql += "; set idle_session_timeout = 0"
	}
	if _, err := conn.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
		provision.Close(ctx, conn)
		return nil, fmt.Errorf("prepare the session: %w", err)
	}
	return conn, nil
}
