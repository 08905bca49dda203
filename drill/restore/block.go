package restore

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/inspect"
)

// block is a block of rows for a worker.
type block struct {
	inspect.Rows
	sql    string
	open   opener
	loaded bool // under the lock of the schedule
}

// opener opens rows. done closes them.
type opener func() (rows io.Reader, done func() error, err error)

// share returns a block for each worker that loads some of its rows, or the block itself.
func (l *loader) share(b *block) []*block {
	if !l.splits(b.Rows) {
		return []*block{b}
	}
	whole := &split{open: b.open}
	blocks := make([]*block, l.workers)
	for i := range blocks {
		blocks[i] = &block{Rows: b.Rows, sql: b.sql, open: whole.opener()}
		blocks[i].Fresh = false // the others must not wait for a lock of the table
	}
	return blocks
}

// frozenFrom is from which size on, in bytes, rows are worth a new file for their table. The
// server writes those of a smaller file to the WAL all the same (wal_skip_threshold, 2 MB).
const frozenFrom = 4 << 20

// copy sends the rows to the server. In the transaction that truncates a table, its rows
// need no WAL if wal_level is minimal, and are frozen at once.
func (b *block) copy(ctx context.Context, conn *pgx.Conn) (err error) {
	opened, done, err := b.open()
	if err != nil {
		return err
	}
	rows := &lastingRows{rows: opened}
	defer func() {
		if err = errors.Join(err, rows.close(done)); rows.failed != nil { // the server only repeats its text
			err = rows.failed
		}
	}()
	bare, ok := strings.CutSuffix(b.sql, "FROM stdin;")
	if !ok || !b.Fresh || b.Data.Size < frozenFrom {
		_, err := conn.PgConn().CopyFrom(ctx, rows, b.sql)
		return err
	}
	truncate := "begin; truncate only " + b.Table.SQL()
	if _, err := conn.PgConn().Exec(ctx, truncate).ReadAll(); err != nil {
		return err
	}
	if _, err := conn.PgConn().CopyFrom(ctx, rows, bare+"FROM stdin WITH (FREEZE)"); err != nil {
		return err
	}
	_, err = conn.PgConn().Exec(ctx, "commit").ReadAll()
	return err
}
