package watch

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// counters holds the server's statistics of a database.
type counters struct {
	tables map[uint32]activity
	wal    string // position
	size   int64  // of the database, in bytes
}

// activity holds the rows of a table that were read, written and deleted.
type activity struct {
	name          string // schema.table
	schema, table string
	read, written int64
	deleted       int64
}

// settleWithin is the time limit of waiting for the statistics of sessions that
// ended.
const settleWithin = 6 * time.Second

// settleInterval returns the interval between two reads of the statistics. On 13
// and 14 it exceeds the maximum age of the file of the statistics collector.
func (w *Watch) settleInterval() time.Duration {
	if w.server.Major < 15 {
		return 600 * time.Millisecond
	}
	return 100 * time.Millisecond
}

const activityOfTablesSQL = `
select relid, format('%I.%I', schemaname, relname), schemaname::text, relname::text,
  coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0), n_tup_ins + n_tup_upd + n_tup_del, n_tup_del
from pg_stat_user_tables`

// othersSQL returns the sessions of the database that are not the watch's.
const othersSQL = `
select coalesce(array_agg(pid), '{}') from pg_stat_activity
where datname = current_database() and backend_type in ('client backend', 'parallel worker') and pid <> all($1)`

// settle waits until the sessions that started since Begin have ended and
// reported their statistics, and returns the statistics.
func (w *Watch) settle(ctx context.Context, conn *pgx.Conn) (counters, error) {
	deadline := time.Now().Add(settleWithin)
	var previous counters
	for {
		var others []int
		if err := conn.QueryRow(ctx, othersSQL, append(w.ownPIDs.list(), w.otherSessions...)).Scan(&others); err != nil {
			return counters{}, err
		}
		current, err := readActivity(ctx, conn)
		if err != nil {
			return counters{}, err
		}
		if len(others) == 0 && previous.equal(current) || time.Now().After(deadline) {
			return current, nil
		}
		previous = current
		if err := pause(ctx, w.settleInterval()); err != nil {
			return counters{}, err
		}
	}
}

func readActivity(ctx context.Context, conn *pgx.Conn) (counters, error) {
	c := counters{tables: map[uint32]activity{}}
	var oid uint32
	var a activity
	err := forEachRow(ctx, conn, activityOfTablesSQL, []any{&oid, &a.name, &a.schema, &a.table, &a.read, &a.written, &a.deleted}, func() error {
		c.tables[oid] = a
		return nil
	})
	return c, err
}

func (c counters) equal(d counters) bool {
	if c.tables == nil || len(c.tables) != len(d.tables) {
		return false
	}
	for oid, a := range c.tables {
		if d.tables[oid] != a {
			return false
		}
	}
	return true
}

// measure reads the position of the WAL and the database's size.
func (c *counters) measure(ctx context.Context, conn *pgx.Conn) error {
	return conn.QueryRow(ctx, "select pg_current_wal_insert_lsn()::text, pg_database_size(current_database())").Scan(&c.wal, &c.size)
}
