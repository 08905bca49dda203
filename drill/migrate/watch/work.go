package watch

import (
	"fmt"

	"github.com/drillgres/drillgres/drill/sqltext"
)

// Work on every row of a table under a lock, and what to do instead.
var (
	indexWork = &work{
		newIndex, "builds an index",
		"build it with CREATE INDEX CONCURRENTLY, as a separate statement outside a transaction",
	}
	reindexWork = &work{newFile, "rebuilds indexes", "use REINDEX … CONCURRENTLY, outside a transaction"}
	rewriteWork = &work{newFile, "rewrites the table", "omit VACUUM FULL and CLUSTER from a release; pg_repack does the same with short locks only"}
	refreshWork = &work{newFile, "recomputes a materialized view", "use REFRESH MATERIALIZED VIEW CONCURRENTLY, which needs a unique index on the view"}

	exclusionWork = &work{
		newIndex, "builds the index of an exclusion constraint",
		"create a new table with the constraint, copy the rows in batches and swap the tables: there is no other way to add an exclusion constraint without blocking",
	}
)

func checkWork(t *relation, constraint string) *work {
	return &work{
		newConstraint, "checks every row against a new check constraint",
		fmt.Sprintf("add it with NOT VALID, and run ALTER TABLE %s VALIDATE CONSTRAINT %s in a later transaction, which blocks neither reads nor writes", t.ident, nameOrEllipsis(constraint)),
	}
}

func notNullWork(t *relation, column string) *work {
	c := nameOrEllipsis(column)
	return &work{
		newNotNull, "scans every row for nulls",
		fmt.Sprintf("first ALTER TABLE %s ADD CONSTRAINT … CHECK (%s IS NOT NULL) NOT VALID, then VALIDATE CONSTRAINT in another transaction, then SET NOT NULL, which then scans no rows, and drop the check", t.ident, c),
	}
}

func primaryKeyNullWork(t *relation, column string) *work {
	return &work{
		newNotNull, "makes a primary key of columns that may be null, and scans every row for nulls",
		notNullWork(t, column).hint,
	}
}

func foreignKeyWork(t *relation) *work {
	return &work{
		newConstraint, "looks up every row for a new foreign key",
		fmt.Sprintf("add it with NOT VALID, and run ALTER TABLE %s VALIDATE CONSTRAINT … in a later transaction, which blocks neither reads nor writes", t.ident),
	}
}

func uniqueWork(t *relation, constraint string, primary bool) *work {
	kind := "UNIQUE"
	if primary {
		kind = "PRIMARY KEY"
	}
	return &work{
		newIndex, "builds the index of a new constraint",
		fmt.Sprintf("first CREATE UNIQUE INDEX CONCURRENTLY, then ALTER TABLE %s ADD CONSTRAINT %s %s USING INDEX", t.ident, nameOrEllipsis(constraint), kind),
	}
}

// nameOrEllipsis returns a name for a statement, or an ellipsis if there is none.
func nameOrEllipsis(name string) string {
	if name == "" {
		return "…"
	}
	return sqltext.Identifier(name)
}
