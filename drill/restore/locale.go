package restore

import (
	"context"
	"fmt"
	"regexp"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/serverlog"
)

// blameLocale replaces a failure about rows that do not fit a partition by a range
// of text, if the sandbox's locale is a guess: a plain dump does not contain the
// locale of its database. The backup may be good, so the failure blames the locale.
func (r *run) blameLocale(ctx context.Context, f *outcome.Failure, first *serverlog.Entry) *outcome.Failure {
	if first == nil || r.server.AssumedLocale == "" || !misplaced.MatchString(first.Message) ||
		!r.partitionedByText(ctx, inspect.Subject(first.Statement)) {
		return f
	}
	blamed := *f
	blamed.Code = outcome.CollationMissing
	blamed.Err = fmt.Errorf("%w: the partitions are ranges of text, and the dump does not contain the locale that orders them; the sandbox uses %s",
		f.Err, r.server.AssumedLocale)
	blamed.Hint = "set postgres.locale to production's (datcollate in pg_database)"
	return &blamed
}

// misplaced matches the server's messages about rows and ranges that do not fit
// their partitions (23514 and 42P17).
var misplaced = regexp.MustCompile(`violates partition constraint$|^no partition of relation "|^(?:updated )?partition constraint .* violated by some row$|` +
	`^empty range bound specified for partition "|^partition ".*" would overlap partition "`)

// partitionedByText reports whether the table or one of its ancestors is
// partitioned by ranges in the database's default collation (oid 100, see
// pg_collation.dat).
func (r *run) partitionedByText(ctx context.Context, table string) bool {
	conn, err := r.server.Session(ctx, r.server.Database, provision.SessionOptions{ReadOnly: true, DatabaseSettings: true})
	if err != nil {
		return false
	}
	defer provision.Close(ctx, conn)
	var found bool
	err = conn.QueryRow(ctx, `
		select exists (select from pg_partition_ancestors(to_regclass($1)) a join pg_partitioned_table p on p.partrelid = a.relid
		where p.partstrat = 'r' and 100::oid = any (p.partcollation::oid[]))`, table).Scan(&found)
	return err == nil && found
}
