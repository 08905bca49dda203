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
	// valuesWithin is the time limit of a query for the values in one table.
	valuesWithin = 20 * time.Second
	// allValuesWithin is the time limit for all tables.
	allValuesWithin = 3 * time.Minute
	// maxCounted is the maximum number of rows to count in a table without
	// statistics.
	maxCounted = 100_000
)

// findValues completes the statistics: the number of rows of tables, and which
// columns have values. A column that cannot be checked in time counts as one with
// values.
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
		if err := r.findColumnsWithValues(ctx, conn, within); err != nil {
			return fmt.Errorf("look for values in %s: %w", r.ident, err)
		}
	}
	if err := resetTimeout(ctx, conn); err != nil {
		return err
	}
	for _, r := range c.relations {
		if r.isTable() && r.root != r {
			r.root.addPartition(r)
		}
	}
	return nil
}

// addPartition adds a partition to its root. Their columns can have different
// numbers.
func (r *relation) addPartition(partition *relation) {
	r.rows = max(r.rows, 0) + partition.rows
	holding := map[string]bool{}
	for _, col := range partition.columns {
		holding[col.name] = col.hasValues
	}
	for _, col := range r.columns {
		col.hasValues = col.hasValues || holding[col.name]
	}
}

func (r *relation) countRows(ctx context.Context, conn *pgx.Conn, within time.Duration) error {
	if r.rows > 0 {
		return nil
	}
	sql := fmt.Sprintf("select count(*) from (select from only %s limit %d) x", r.ident, maxCounted)
	err := queryWithin(ctx, conn, within, sql, &r.rows)
	switch {
	case isTimeout(err):
		r.rows = 1 // at least
		return nil
	case pgerr.Is(err, pgerrcode.ObjectNotInPrerequisiteState): // a materialized view that was never filled
		r.rows = 0
		return nil
	}
	return err
}

// findColumnsWithValues reads the table once for all columns without values in
// the statistics.
func (r *relation) findColumnsWithValues(ctx context.Context, conn *pgx.Conn, within time.Duration) error {
	var unknown []*column
	var expressions []string
	for _, number := range slices.Sorted(maps.Keys(r.columns)) {
		if col := r.columns[number]; !col.hasValuesKnown {
			unknown = append(unknown, col)
			expressions = append(expressions, "coalesce(bool_or("+sqltext.Identifier(col.name)+" is not null), false)")
		}
	}
	if len(unknown) == 0 || r.rows == 0 {
		return nil
	}
	answers := make([]any, len(unknown))
	for i, col := range unknown {
		answers[i] = &col.hasValues
	}
	err := queryWithin(ctx, conn, within, "select "+strings.Join(expressions, ", ")+" from only "+r.ident, answers...)
	if isTimeout(err) {
		for _, col := range unknown {
			col.hasValues = true
		}
		return nil
	}
	return err
}

// queryWithin queries one row within a time limit. The limit remains set until
// resetTimeout.
func queryWithin(ctx context.Context, conn *pgx.Conn, within time.Duration, sql string, into ...any) error {
	limit := max(1, within.Milliseconds())
	if _, err := conn.Exec(ctx, fmt.Sprintf("set statement_timeout = %d", limit)); err != nil {
		return err
	}
	return conn.QueryRow(ctx, sql, pgx.QueryExecModeExec).Scan(into...)
}

// resetTimeout restores the usual time limit of statements.
func resetTimeout(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, fmt.Sprintf("set statement_timeout = %d", statementWithin.Milliseconds()))
	return err
}

// isTimeout reports whether a query exceeded its time limit, also while it waited
// for a lock.
func isTimeout(err error) bool {
	return pgerr.Is(err, pgerrcode.QueryCanceled, pgerrcode.LockNotAvailable)
}

// findSizes reads the sizes of tables and indexes, in bytes.
func (c *catalog) findSizes(ctx context.Context, conn *pgx.Conn) error {
	var oid uint32
	var bytes int64
	const sql = ownSQL + `
select o.oid, coalesce(case when o.relkind = 'i' then pg_relation_size(o.oid) else pg_table_size(o.oid) end, 0) from own o where o.relkind in ('r', 'm', 'i')`
	err := forEachRow(ctx, conn, sql, []any{&oid, &bytes}, func() error {
		if r := c.relations[oid]; r != nil {
			r.bytes = bytes
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the sizes of tables: %w", err)
	}
	return nil
}
