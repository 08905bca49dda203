package watch

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/provision"
)

// statementWithin is the time limit of every statement of the watch.
const statementWithin = 2 * time.Minute

// lockWithin is the time limit of waiting for a lock of the migration.
const lockWithin = 10 * time.Second

// connect opens a session of the watch itself. Its statements are not logged and
// do not count as the migration's.
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
	w.ownPIDs.add(int(conn.PgConn().PID()))
	return conn, nil
}
