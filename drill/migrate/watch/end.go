package watch

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/serverlog"
)

// End stops watching and tells what happened since Begin. It works also after
// a migration that failed or was killed. It is called once; the server's
// settings are as before afterwards.
func (w *Watch) End(ctx context.Context) (Seen, error) {
	asking, cancel := context.WithTimeoutCause(ctx, endWithin, fmt.Errorf("what the migration did could not be told within %s", endWithin))
	defer cancel()
	w.sampler.end()
	seen, err := w.tell(asking)
	if err := errors.Join(err, w.sampler.err, w.putBack(ctx)); err != nil {
		return seen, fmt.Errorf("tell what the migration did: %w", cause(asking, err))
	}
	return seen, nil
}

// tell reads the log and compares.
func (w *Watch) tell(ctx context.Context) (seen Seen, err error) {
	err = w.connected(ctx, w.server.Database, func(conn *pgx.Conn) error {
		now, after := counters{}, (*catalog)(nil)
		if err := now.measure(ctx, conn); err != nil {
			return fmt.Errorf("measure the database: %w", err)
		}
		settled, err := w.settle(ctx, conn)
		if err != nil {
			return fmt.Errorf("read the statistics: %w", err)
		}
		now.tables = settled.tables
		told, err := w.readLog(ctx, conn)
		if err != nil {
			return fmt.Errorf("read the server's log: %w", err)
		}
		if after, err = readCatalog(ctx, conn); err != nil {
			return err
		}
		c := &comparison{before: w.before, after: after, counted: w.counted, now: now, told: told}
		if err := c.findEmptied(ctx, conn); err != nil {
			return err
		}
		seen, err = w.seen(ctx, conn, c)
		return err
	})
	return seen, err
}

// markWithin bounds how long a record may take to the server's log, which
// another process writes.
const markWithin = 30 * time.Second

// readLog reads what the server logged since the watch began.
func (w *Watch) readLog(ctx context.Context, conn *pgx.Conn) (*told, error) {
	end, at, err := w.mark(ctx, conn)
	if err != nil {
		return nil, err
	}
	t := newTold(w)
	if err := serverlog.Each(ctx, w.server, w.logged, end, t.reading.read); err != nil {
		return nil, err
	}
	t.finish(at)
	return t, nil
}

// mark writes into the log and waits until it is there: then everything
// before it is there too.
func (w *Watch) mark(ctx context.Context, conn *pgx.Conn) (end int64, at time.Time, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, markWithin, fmt.Errorf("nothing is written to it within %s", markWithin))
	defer cancel()
	from, err := serverlog.Size(ctx, w.server)
	if err != nil {
		return 0, at, err
	}
	if err := conn.QueryRow(ctx, "select clock_timestamp()").Scan(&at); err != nil {
		return 0, at, err
	}
	mark := "drillgres has seen enough: " + rand.Text()
	if _, err := conn.Exec(ctx, "do $$ begin raise exception '"+mark+"'; end $$"); !pgerr.Is(err, pgerrcode.RaiseException) {
		return 0, at, fmt.Errorf("write to it: %w", err)
	}
	for {
		if end, err = serverlog.Size(ctx, w.server); err != nil {
			return 0, at, err
		}
		there := false
		err := serverlog.Each(ctx, w.server, from, end, func(e serverlog.Entry) error {
			there = there || e.Message == mark
			return nil
		})
		if err != nil || there {
			return end, at, err
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return 0, at, err
		}
	}
}
