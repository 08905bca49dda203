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

// blameLocale replaces a failure about rows that do not fit a partition by a range of
// text, or a check that orders text, if the sandbox's locale is a guess: a plain dump does
// not contain the locale of its database. The backup may be good, so the failure blames
// the locale.
func (r *run) blameLocale(ctx context.Context, f *outcome.Failure, first *serverlog.Entry) *outcome.Failure {
	if first == nil || r.server.AssumedLocale == "" {
		return f
	}
	what, table := "", inspect.Subject(first.Statement)
	if misplaced.MatchString(first.Message) && r.partitionedByText(ctx, table) {
		what = "the partitions are ranges of text"
	} else if m := checkViolated.FindStringSubmatch(first.Message); m != nil && r.checksOrderOfText(ctx, table, m[1]) {
		what = "the constraint compares the order of text"
	}
	if what == "" {
		return f
	}
	blamed := *f
	blamed.Code = outcome.CollationMissing
	blamed.Err = fmt.Errorf("%w: %s, and the dump does not contain the locale that orders text; the sandbox uses %s",
		f.Err, what, r.server.AssumedLocale)
	blamed.Hint = "set postgres.locale to production's (datcollate in pg_database)"
	return &blamed
}

// misplaced matches the server's messages about rows and ranges that do not fit
// their partitions (23514 and 42P17).
var misplaced = regexp.MustCompile(`violates partition constraint$|^no partition of relation "|^(?:updated )?partition constraint .* violated by some row$|` +
	`^empty range bound specified for partition "|^partition ".*" would overlap partition "`)

// checkViolated matches the server's message about a row that a check refuses (23514).
var checkViolated = regexp.MustCompile(`violates check constraint "(.*)"$`)

// checksOrderOfText reports whether a check of the table orders text or matches it with a
// pattern in the database's default collation. The expression is stored as a tree of
// nodes (nodes/primnodes.h).
func (r *run) checksOrderOfText(ctx context.Context, table, constraint string) bool {
	return r.asks(ctx, `
		select exists (select from pg_constraint k, regexp_matches(k.conbin::text, ':opno ([0-9]+)[^{}()]*:inputcollid 100 ', 'g') found
		join pg_operator o on o.oid = found[1]::oid
		where k.conrelid = to_regclass($1) and k.conname = $2 and o.oprname in ('<', '<=', '>', '>=', '~', '~*', '!~', '!~*'))`, table, constraint)
}

// asks returns the answer of a query in the restored database, or false if there is none.
func (r *run) asks(ctx context.Context, sql string, args ...any) (answer bool) {
	conn, err := r.server.Session(ctx, r.server.Database, provision.SessionOptions{ReadOnly: true, DatabaseSettings: true})
	if err != nil {
		return false
	}
	defer provision.Close(ctx, conn)
	err = conn.QueryRow(ctx, sql, args...).Scan(&answer)
	return err == nil && answer
}

// partitionedByText reports whether the table or one of its ancestors is
// partitioned by ranges in the database's default collation (oid 100, see
// pg_collation.dat).
func (r *run) partitionedByText(ctx context.Context, table string) bool {
	return r.asks(ctx, `
		select exists (select from pg_partition_ancestors(to_regclass($1)) a join pg_partitioned_table p on p.partrelid = a.relid
		where p.partstrat = 'r' and 100::oid = any (p.partcollation::oid[]))`, table)
}
