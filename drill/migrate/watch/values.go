package watch

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/sqltext"
)

const (
	// valuesWithin bounds asking one table which columns hold values.
	valuesWithin = 20 * time.Second
	// allValuesWithin bounds asking all tables.
	allValuesWithin = 3 * time.Minute
	// counted is up to how many rows are counted where nobody knows how many there are.
	counted = 100_000
)

// findValues completes what the statistics know: how many rows tables have,
// and which columns hold values. A column of which that cannot be told in time
// is taken to hold some.
func (c *catalog) findValues(ctx context.Context, conn *pgx.Conn) error {
	until := time.Now().Add(allValuesWithin)
	for _, oid := range slices.Sorted(maps.Keys(c.relations)) {
		r := c.relations[oid]
		if r.kind != 'r' && r.kind != 'm' {
			continue
		}
		within := min(valuesWithin, time.Until(until))
		if err := r.countRows(ctx, conn, within); err != nil {
			return fmt.Errorf("count the rows of %s: %w", r.ident, err)
		}
		if err := r.askColumns(ctx, conn, within); err != nil {
			return fmt.Errorf("ask %s for values: %w", r.ident, err)
		}
	}
	if err := slowly(ctx, conn); err != nil {
		return err
	}
	for _, r := range c.relations {
		if r.isTable() && r.root != r {
			r.root.takeOver(r)
		}
	}
	return nil
}

// takeOver counts a partition for its root, whose columns have their own numbers.
func (r *relation) takeOver(partition *relation) {
	r.rows = max(r.rows, 0) + partition.rows
	holding := map[string]bool{}
	for _, col := range partition.columns {
		holding[col.name] = col.holds
	}
	for _, col := range r.columns {
		col.holds = col.holds || holding[col.name]
	}
}

func (r *relation) countRows(ctx context.Context, conn *pgx.Conn, within time.Duration) error {
	if r.rows > 0 {
		return nil
	}
	sql := fmt.Sprintf("select count(*) from (select from only %s limit %d) x", r.ident, counted)
	err := quickly(ctx, conn, within, sql, &r.rows)
	switch {
	case outOfTime(err):
		r.rows = 1 // at least
		return nil
	case pgerr.Is(err, pgerrcode.ObjectNotInPrerequisiteState): // a materialized view that was never filled
		r.rows = 0
		return nil
	}
	return err
}

// askColumns reads the table once for all columns that its statistics know no
// value of.
func (r *relation) askColumns(ctx context.Context, conn *pgx.Conn, within time.Duration) error {
	var unknown []*column
	var ask []string
	for _, number := range slices.Sorted(maps.Keys(r.columns)) {
		if col := r.columns[number]; !col.holdsKnown {
			unknown = append(unknown, col)
			ask = append(ask, "coalesce(bool_or("+sqltext.Identifier(col.name)+" is not null), false)")
		}
	}
	if len(unknown) == 0 || r.rows == 0 {
		return nil
	}
	answers := make([]any, len(unknown))
	for i, col := range unknown {
		answers[i] = &col.holds
	}
	err := quickly(ctx, conn, within, "select "+strings.Join(ask, ", ")+" from only "+r.ident, answers...)
	if outOfTime(err) {
		for _, col := range unknown {
			col.holds = true
		}
		return nil
	}
	return err
}

// quickly asks for one row. The session keeps the limit until slowly.
func quickly(ctx context.Context, conn *pgx.Conn, within time.Duration, sql string, into ...any) error {
	limit := max(1, within.Milliseconds())
	if _, err := conn.Exec(ctx, fmt.Sprintf("set statement_timeout = %d", limit)); err != nil {
		return err
	}
	return conn.QueryRow(ctx, sql, pgx.QueryExecModeExec).Scan(into...)
}

// slowly gives statements their usual time again.
func slowly(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, fmt.Sprintf("set statement_timeout = %d", statementWithin.Milliseconds()))
	return err
}

// outOfTime tells of a query that took too long, or waited too long for a lock.
func outOfTime(err error) bool {
	return pgerr.Is(err, pgerrcode.QueryCanceled, pgerrcode.LockNotAvailable)
}

// findSizes asks how large tables and indexes are, in bytes.
func (c *catalog) findSizes(ctx context.Context, conn *pgx.Conn) error {
	var oid uint32
	var bytes int64
	const sql = ownSQL + `
select o.oid, coalesce(case when o.relkind = 'i' then pg_relation_size(o.oid) else pg_table_size(o.oid) end, 0) from own o where o.relkind in ('r', 'm', 'i')`
	err := each(ctx, conn, sql, []any{&oid, &bytes}, func() error {
		if r := c.relations[oid]; r != nil {
			r.bytes = bytes
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("ask for the sizes of tables: %w", err)
	}
	return nil
}
