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

// End stops watching and returns what happened since Begin, also after a
// migration that failed or was killed. It restores the settings of the server.
// Call it once.
func (w *Watch) End(ctx context.Context) (Seen, error) {
	asking, cancel := context.WithTimeoutCause(ctx, endWithin, fmt.Errorf("the result of the migration could not be read within %s", endWithin))
	defer cancel()
	w.sampler.close()
	seen, err := w.compare(asking)
	if err := errors.Join(err, w.sampler.err, w.restoreSettings(ctx)); err != nil {
		return seen, fmt.Errorf("read the result of the migration: %w", cause(asking, err))
	}
	return seen, nil
}

// compare reads the log and compares the database with its state at Begin.
func (w *Watch) compare(ctx context.Context) (seen Seen, err error) {
	err = w.withConnection(ctx, w.server.Database, func(conn *pgx.Conn) error {
		now, after := counters{}, (*catalog)(nil)
		if err := now.measure(ctx, conn); err != nil {
			return fmt.Errorf("measure the database: %w", err)
		}
		settled, err := w.settle(ctx, conn)
		if err != nil {
			return fmt.Errorf("read the statistics: %w", err)
		}
		now.tables = settled.tables
		timeline, err := w.readLog(ctx, conn)
		if err != nil {
			return fmt.Errorf("read the server's log: %w", err)
		}
		if after, err = readCatalog(ctx, conn); err != nil {
			return err
		}
		c := &comparison{before: w.before, after: after, counted: w.counted, now: now, timeline: timeline}
		if err := c.findEmptied(ctx, conn); err != nil {
			return err
		}
		seen, err = w.assemble(ctx, conn, c)
		return err
	})
	return seen, err
}

// markWithin is the time limit for a record to appear in the server's log, which
// another process writes.
const markWithin = 30 * time.Second

// readLog reads what the server logged since Begin.
func (w *Watch) readLog(ctx context.Context, conn *pgx.Conn) (*timeline, error) {
	end, at, err := w.syncLog(ctx, conn)
	if err != nil {
		return nil, err
	}
	t := newTimeline(w)
	if err := serverlog.Each(ctx, w.server, w.logOffset, end, t.log.read); err != nil {
		return nil, err
	}
	t.finish(at)
	return t, nil
}

// syncLog writes a record to the log and waits until it appears: then all earlier
// records are in the log. It returns the size of the log and the server's time.
func (w *Watch) syncLog(ctx context.Context, conn *pgx.Conn) (end int64, at time.Time, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, markWithin, fmt.Errorf("no record appeared in it within %s", markWithin))
	defer cancel()
	from, err := serverlog.Size(ctx, w.server)
	if err != nil {
		return 0, at, err
	}
	if err := conn.QueryRow(ctx, "select clock_timestamp()").Scan(&at); err != nil {
		return 0, at, err
	}
	mark := "drillgres has read the log up to here: " + rand.Text()
	if _, err := conn.Exec(ctx, "do $$ begin raise exception '"+mark+"'; end $$"); !pgerr.Is(err, pgerrcode.RaiseException) {
		return 0, at, fmt.Errorf("write to it: %w", err)
	}
	for {
		if end, err = serverlog.Size(ctx, w.server); err != nil {
			return 0, at, err
		}
		found := false
		err := serverlog.Each(ctx, w.server, from, end, func(e serverlog.Entry) error {
			found = found || e.Message == mark
			return nil
		})
		if err != nil || found {
			return end, at, err
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return 0, at, err
		}
	}
}
