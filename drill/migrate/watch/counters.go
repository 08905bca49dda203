package watch

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// counters are what the server has counted of a database.
type counters struct {
	tables map[uint32]activity
	wal    string // position
	size   int64  // of the database, in bytes
}

// activity is what was done to a table.
type activity struct {
	name          string // schema.table
	schema, table string
	read, written int64
	deleted       int64
}

// settleWithin bounds waiting for the statistics of sessions that ended.
const settleWithin = 6 * time.Second

// settleInterval is, on 13 and 14, longer than the collector lets its file be old.
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

// othersSQL gives the database's sessions that are not the watch's.
const othersSQL = `
select coalesce(array_agg(pid), '{}') from pg_stat_activity
where datname = current_database() and backend_type in ('client backend', 'parallel worker') and pid <> all($1)`

// settle waits until the sessions that came since the watch began have ended
// and have told their numbers, and reads these.
func (w *Watch) settle(ctx context.Context, conn *pgx.Conn) (counters, error) {
	deadline := time.Now().Add(settleWithin)
	var previous counters
	for {
		var others []int
		if err := conn.QueryRow(ctx, othersSQL, append(w.own.list(), w.guests...)).Scan(&others); err != nil {
			return counters{}, err
		}
		current, err := readActivity(ctx, conn)
		if err != nil {
			return counters{}, err
		}
		if len(others) == 0 && previous.same(current) || time.Now().After(deadline) {
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
	err := each(ctx, conn, activityOfTablesSQL, []any{&oid, &a.name, &a.schema, &a.table, &a.read, &a.written, &a.deleted}, func() error {
		c.tables[oid] = a
		return nil
	})
	return c, err
}

func (c counters) same(d counters) bool {
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
