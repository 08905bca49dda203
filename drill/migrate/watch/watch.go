// Package watch tells what a migration does to a server, seen from outside,
// whatever tool runs it: by the server's log, by its locks, and by comparing
// the catalog before and after.
package watch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/serverlog"
)

const (
	// beginWithin bounds Begin, of which asking for values takes the most.
	beginWithin = 10 * time.Minute
	// endWithin bounds End, of which reading a long log takes the most.
	endWithin = 10 * time.Minute
	// restoreWithin bounds putting the settings back, also when ctx has ended.
	restoreWithin = 30 * time.Second
)

// Watch is a server that is being watched. The database must be left to the
// migration alone until End: whatever else connects to it counts as the migration's.
type Watch struct {
	server   provision.Server
	own      pids
	guests   []int // sessions of others that were there before
	settings settings
	sampler  *sampler
	defaults defaults
	before   *catalog
	counted  counters
	logged   int64 // where the log ended
	begun    time.Time
	walLevel string
}

// Begin notes the state of s.Database (catalog, sizes, counters, which columns
// hold values) and starts watching the whole server.
func Begin(ctx context.Context, s provision.Server) (*Watch, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, beginWithin, fmt.Errorf("the state of the database could not be noted within %s", beginWithin))
	defer cancel()
	w := &Watch{server: s, begun: time.Now()}
	if err := w.note(ctx); err != nil {
		return nil, fmt.Errorf("note the state of %s: %w", s.Database, cause(ctx, err))
	}
	if err := w.start(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start watching: %w", cause(ctx, err)), w.putBack(ctx))
	}
	return w, nil
}

// note reads what will be compared.
func (w *Watch) note(ctx context.Context) error {
	return w.connected(ctx, w.server.Database, func(conn *pgx.Conn) (err error) {
		if w.before, err = readCatalog(ctx, conn); err != nil {
			return err
		}
		if w.defaults, err = readDefaults(ctx, conn, w.server.LockTimeout); err != nil {
			return err
		}
		if err := conn.QueryRow(ctx, "show wal_level").Scan(&w.walLevel); err != nil {
			return err
		}
		if err := w.before.findValues(ctx, conn); err != nil {
			return err
		}
		return w.before.findSizes(ctx, conn)
	})
}

// start has the server tell everything, and counts from here on.
func (w *Watch) start(ctx context.Context) error {
	var database uint32
	err := w.connected(ctx, w.server.Database, func(conn *pgx.Conn) (err error) {
		if err := w.switchOn(ctx, conn); err != nil {
			return err
		}
		if err := conn.QueryRow(ctx, othersSQL, w.own.list()).Scan(&w.guests); err != nil {
			return fmt.Errorf("look for sessions of others: %w", err)
		}
		if w.counted, err = w.settle(ctx, conn); err != nil {
			return fmt.Errorf("read the statistics: %w", err)
		}
		if err := conn.QueryRow(ctx, "select oid from pg_database where datname = current_database()").Scan(&database); err != nil {
			return err
		}
		return w.counted.measure(ctx, conn)
	})
	if err != nil {
		return err
	}
	if w.logged, err = serverlog.Size(ctx, w.server); err != nil {
		return err
	}
	conn, err := w.connect(ctx, w.server.Maintenance)
	if err != nil {
		return err
	}
	return w.startSampling(ctx, conn, database)
}

// connected does something over a connection to a database.
func (w *Watch) connected(ctx context.Context, database string, do func(*pgx.Conn) error) error {
	conn, err := w.connect(ctx, database)
	if err != nil {
		return err
	}
	defer provision.Close(ctx, conn)
	return do(conn)
}

// putBack gives the server its settings back, also when ctx has ended.
func (w *Watch) putBack(ctx context.Context) error {
	if w.settings.before == nil {
		return nil // nothing was changed
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), restoreWithin)
	defer cancel()
	return w.connected(ctx, w.server.Maintenance, func(conn *pgx.Conn) error { return w.switchOff(ctx, conn) })
}

// cause prefers the reason why a context ended to the error that its end led to.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
