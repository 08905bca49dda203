package watch

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/provision"
)

// statementWithin bounds every statement of the watch.
const statementWithin = 2 * time.Minute

// lockWithin bounds waiting for a lock that the migration holds.
const lockWithin = 10 * time.Second

// connect opens a session whose process is known not to be the migration's.
// What the watch does itself is not logged.
func (w *Watch) connect(ctx context.Context, database string) (*pgx.Conn, error) {
	return w.open(ctx, database, provision.SessionOptions{
		Unlogged: true, LockTimeout: lockWithin, StatementTimeout: statementWithin,
	})
}

func (w *Watch) open(ctx context.Context, database string, o provision.SessionOptions) (*pgx.Conn, error) {
	conn, err := w.server.Session(ctx, database, o)
	if err != nil {
		return nil, err
	}
	w.own.add(int(conn.PgConn().PID()))
	return conn, nil
}
