// Package watch observes what a migration does to a server, whatever tool runs
// it. It reads the server's log, samples its locks, and compares the catalog
// before and after.
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
	// beginWithin is the time limit of Begin. Looking for values takes the most.
	beginWithin = 10 * time.Minute
	// endWithin is the time limit of End. Reading a long log takes the most.
	endWithin = 10 * time.Minute
	// restoreWithin is the time limit for restoring the settings.
	restoreWithin = 30 * time.Second
)

// Watch observes a server until End. Meanwhile only the migration may connect to
// the database: every other session is attributed to it.
type Watch struct {
	server        provision.Server
	ownPIDs       pidSet
	otherSessions []int // sessions that existed before
	settings      settings
	sampler       *sampler
	defaults      defaults
	before        *catalog
	counted       counters
	logOffset     int64 // size of the log at Begin
	begun         time.Time
	walLevel      string
}

// Begin reads the state of s.Database (catalog, sizes, counters, which columns
// have values) and starts watching the server.
func Begin(ctx context.Context, s provision.Server) (*Watch, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, beginWithin, fmt.Errorf("the state of the database could not be read within %s", beginWithin))
	defer cancel()
	w := &Watch{server: s, begun: time.Now()}
	if err := w.recordState(ctx); err != nil {
		return nil, fmt.Errorf("read the state of %s: %w", s.Database, cause(ctx, err))
	}
	if err := w.start(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start watching: %w", cause(ctx, err)), w.restoreSettings(ctx))
	}
	return w, nil
}

// recordState reads the state that End compares with.
func (w *Watch) recordState(ctx context.Context) error {
	return w.withConnection(ctx, w.server.Database, func(conn *pgx.Conn) (err error) {
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

// start makes the server log every statement, reads the counters, and starts the
// sampler.
func (w *Watch) start(ctx context.Context) error {
	var database uint32
	err := w.withConnection(ctx, w.server.Database, func(conn *pgx.Conn) (err error) {
		if err := w.enableLogging(ctx, conn); err != nil {
			return err
		}
		if err := conn.QueryRow(ctx, othersSQL, w.ownPIDs.list()).Scan(&w.otherSessions); err != nil {
			return fmt.Errorf("list other sessions: %w", err)
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
	if w.logOffset, err = serverlog.Size(ctx, w.server); err != nil {
		return err
	}
	conn, err := w.connect(ctx, w.server.Maintenance)
	if err != nil {
		return err
	}
	return w.startSampling(ctx, conn, database)
}

// withConnection calls do with a connection to a database.
func (w *Watch) withConnection(ctx context.Context, database string, do func(*pgx.Conn) error) error {
	conn, err := w.connect(ctx, database)
	if err != nil {
		return err
	}
	defer provision.Close(ctx, conn)
	return do(conn)
}

// restoreSettings restores the settings of the server, also if ctx has ended.
func (w *Watch) restoreSettings(ctx context.Context) error {
	if w.settings.before == nil {
		return nil // nothing was changed
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), restoreWithin)
	defer cancel()
	return w.withConnection(ctx, w.server.Maintenance, func(conn *pgx.Conn) error { return w.restoreLogging(ctx, conn) })
}

// cause returns the cause of ctx if ctx has ended, otherwise err.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
