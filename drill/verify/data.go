package verify

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// checkData counts the rows of the database's own tables, for a dump whose rows could
// not be counted before the restore. A table of an extension is not one of them.
func checkData(ctx context.Context, conn *pgx.Conn, db *database) (verdict, error) {
	v := verdict{check: withEvidence(builtinCheck("data", "rows in its own tables, or large objects"),
		"a count of every row of each table that no extension owns, and of pg_largeobject_metadata")}
	var rows, objects int64
	tables, unreadable := 0, false
	for _, r := range db.storedRelations() {
		if !r.FromExtension {
			tables++
			rows += r.rows
			unreadable = unreadable || r.unreadable != ""
		}
	}
	if err := conn.QueryRow(ctx, "select count(*) from pg_catalog.pg_largeobject_metadata").Scan(&objects); err != nil {
		return v, fmt.Errorf("count large objects: %w", err)
	}
	v.check.Saw = words.Count(rows, "row") + " in " + words.Count(tables, "table")
	if rows+objects > 0 || unreadable {
		return v, nil
	}
	return v.fail(outcome.DumpNoData, v.check.Saw,
		"the dump is complete, but its tables have no rows after the restore"), nil
}
