package watch

import (
	"fmt"

	"github.com/drillgres/drillgres/drill/sqltext"
)

// What is done to every row of a table under a lock, and what to do instead.
var (
	indexWork = &work{
		anIndex, "builds an index",
		"build it with CREATE INDEX CONCURRENTLY, in a statement of its own outside of any transaction",
	}
	reindexWork = &work{aFile, "builds indexes anew", "use REINDEX … CONCURRENTLY, outside of any transaction"}
	rewriteWork = &work{aFile, "writes the table anew", "leave VACUUM FULL and CLUSTER out of a release; pg_repack does the same without a lock for all that time"}
	refreshWork = &work{aFile, "computes a materialized view anew", "use REFRESH MATERIALIZED VIEW CONCURRENTLY, which needs a unique index on the view"}

	exclusionWork = &work{
		anIndex, "builds the index of an exclusion constraint",
		"give the constraint to a new table, copy the rows over in batches and swap the two: an exclusion constraint cannot be added any other way",
	}
)

func checkWork(t *relation, constraint string) *work {
	return &work{
		aConstraint, "checks every row against a new check constraint",
		fmt.Sprintf("add it with NOT VALID, and run ALTER TABLE %s VALIDATE CONSTRAINT %s in a later transaction, which keeps out nobody", t.ident, orDots(constraint)),
	}
}

func notNullWork(t *relation, column string) *work {
	c := orDots(column)
	return &work{
		notNull, "looks for a null in every row",
		fmt.Sprintf("first ALTER TABLE %s ADD CONSTRAINT … CHECK (%s IS NOT NULL) NOT VALID, then VALIDATE CONSTRAINT in another transaction, then SET NOT NULL, which then looks at no row, and drop the check", t.ident, c),
	}
}

func primaryKeyNullWork(t *relation, column string) *work {
	return &work{
		notNull, "makes a primary key of columns that may be null, and looks for a null in every row",
		notNullWork(t, column).instead,
	}
}

func foreignKeyWork(t *relation) *work {
	return &work{
		aConstraint, "looks up every row for a new foreign key",
		fmt.Sprintf("add it with NOT VALID, and run ALTER TABLE %s VALIDATE CONSTRAINT … in a later transaction, which keeps out nobody", t.ident),
	}
}

func uniqueWork(t *relation, constraint string, primary bool) *work {
	kind := "UNIQUE"
	if primary {
		kind = "PRIMARY KEY"
	}
	return &work{
		anIndex, "builds the index of a new constraint",
		fmt.Sprintf("first CREATE UNIQUE INDEX CONCURRENTLY, then ALTER TABLE %s ADD CONSTRAINT %s %s USING INDEX", t.ident, orDots(constraint), kind),
	}
}

func orDots(name string) string {
	if name == "" {
		return "…"
	}
	return sqltext.Identifier(name)
}
