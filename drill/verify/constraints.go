package verify

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// A constraint that is not enforced (from 18 on) is never validated. Older
// catalogs have no column conenforced.
const notValidatedSQL = `
select format('%I on %I.%I', k.conname, n.nspname, c.relname)
from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
where not k.convalidated and k.conparentid = 0
  and coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true)
order by 1`

// checkConstraints looks for constraints that were never checked against the
// rows. Production has the same constraints, so they are a finding and not a
// failure.
func checkConstraints(ctx context.Context, conn *pgx.Conn) (verdict, error) {
	v := verdict{check: withEvidence(builtinCheck("constraints", "all validated"), "pg_constraint.convalidated")}
	rows, err := conn.Query(ctx, notValidatedSQL)
	if err != nil {
		return v, fmt.Errorf("look for constraints that are not validated: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return v, fmt.Errorf("look for constraints that are not validated: %w", err)
	}
	if len(names) == 0 {
		v.check.Saw = "all validated"
		return v, nil
	}
	v.check.Saw = words.Number(len(names)) + " not validated"
	v.findings = []outcome.Finding{{
		Code:    "constraint_not_validated",
		Message: "constraints that were never checked against the rows: " + words.Series(names, maxListed),
		Hint:    "run ALTER TABLE … VALIDATE CONSTRAINT in production",
	}}
	return v, nil
}
