package verify

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

const invalidIndexesSQL = `
select format('%I.%I', n.nspname, c.relname), format('%I.%I', tn.nspname, t.relname), c.relkind = 'I'
from pg_index i
  join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
  join pg_class t on t.oid = i.indrelid join pg_namespace tn on tn.oid = t.relnamespace
where not (i.indisvalid and i.indisready and i.indislive) and n.nspname !~ '^pg_temp_'
order by 1`

// checkIndexes looks for indexes that Postgres has marked as invalid.
//
// pg_dump omits an index that is invalid in production. One that is invalid after
// the restore is therefore a failure. A partitioned index is different: pg_dump
// includes it, and it stays invalid until every partition has the index, as in
// production. It is a finding.
func checkIndexes(ctx context.Context, conn *pgx.Conn) (verdict, error) {
	v := verdict{check: withEvidence(builtinCheck("indexes", "none invalid"), "pg_index: indisvalid, indisready, indislive")}
	rows, err := conn.Query(ctx, invalidIndexesSQL)
	if err != nil {
		return v, fmt.Errorf("look for invalid indexes: %w", err)
	}
	var index, table string
	var partitioned bool
	_, err = pgx.ForEachRow(rows, []any{&index, &table, &partitioned}, func() error {
		if partitioned {
			v.findings = append(v.findings, outcome.Finding{
				Code:    "index_incomplete",
				Message: fmt.Sprintf("index %s on %s is missing on some partitions and is invalid", index, table),
				Hint:    "create the index on every partition in production and attach it",
			})
			return nil
		}
		v.problems = append(v.problems, problem{
			code: outcome.IndexCorrupt, text: fmt.Sprintf("index %s on %s is invalid", index, table), object: index,
		})
		return nil
	})
	if err != nil {
		return v, fmt.Errorf("look for invalid indexes: %w", err)
	}
	v.check.Saw = words.Number(len(v.problems)) + " invalid"
	return v.conclude(), nil
}
