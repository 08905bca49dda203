package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/verify/query"
)

// queryChecks returns the checks of verify.queries.
func queryChecks(s provision.Server, queries []config.Query, within time.Duration) []*check {
	if len(queries) == 0 {
		return []*check{notConfigured("queries", "query", "verify.queries")}
	}
	var list []*check
	for i, q := range queries {
		list = append(list, ofCatalog(func(ctx context.Context) (verdict, error) {
			found, err := checkQuery(ctx, s, q, within)
			found.check.ConfigPath = config.Path("verify", "queries", i)
			return found, err
		}))
	}
	return list
}

// checkQuery runs a query of the config and evaluates its expectation. The report
// shows a single value as it is, because the author of the query chose it. Of
// several rows it shows only their number.
func checkQuery(ctx context.Context, s provision.Server, q config.Query, within time.Duration) (verdict, error) {
	v := verdict{check: outcome.Check{
		Name: q.Name, Kind: "query", Status: outcome.CheckPassed, Expect: q.Expect.Source,
		RestsOn: "the rows that the query returns, as superuser in a read-only transaction",
	}}
	conn, err := openForQueries(ctx, s)
	if err != nil {
		return v, err
	}
	defer provision.Close(ctx, conn)
	if deadline, ok := ctx.Deadline(); ok && within == 0 {
		within = time.Until(deadline) / 2
	}
	found, err := runQuery(ctx, conn, q.SQL, within)
	if err != nil {
		if endsStage(ctx, conn, err) {
			return v, fmt.Errorf("query %q: %w", q.Name, err)
		}
		if s.LostSettings > 0 { // the query may rely on one of them, such as search_path
			v.check = unknown(v.check, "did not run: "+pgerr.Describe(err)+"; settings of the database could not be restored")
			return v, nil
		}
		return v.didNotRun(q.Name, err, within), nil
	}
	v.check.Saw = found.String()
	if q.Expect.IsZero() {
		return v, nil
	}
	met, err := q.Expect.Eval(map[string]any{"value": found.Value, "rows": found.Rows})
	if err != nil {
		return v.fail(outcome.QueryFailed, found.String(), fmt.Sprintf("query %q: %v", q.Name, err)), nil
	}
	if !met {
		return v.fail(outcome.QueryFailed, found.String(),
			fmt.Sprintf("query %q: expected %s, saw %s", q.Name, q.Expect.Source, found)), nil
	}
	return v, nil
}

func (v verdict) didNotRun(name string, err error, within time.Duration) verdict {
	state, saw := pgerr.State(err), pgerr.Describe(err)
	text := fmt.Sprintf("query %q did not run: %s", name, saw)
	if state == pgerrcode.QueryCanceled {
		saw = "did not end within " + within.String()
		text = fmt.Sprintf("query %q %s", name, saw)
	}
	v = v.fail(outcome.QueryFailed, saw, text)
	v.problems[0].sqlState = state
	return v
}

// runQuery runs one statement in a read-only transaction.
func runQuery(ctx context.Context, conn *pgx.Conn, sql string, within time.Duration) (found query.Result, err error) {
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly})
	if err != nil {
		return found, err
	}
	defer func() {
		undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		err = errors.Join(err, tx.Rollback(undo))
	}()
	limit := fmt.Sprintf("set local statement_timeout = %d", within.Milliseconds())
	if _, err := tx.Exec(ctx, limit, pgx.QueryExecModeSimpleProtocol); err != nil {
		return found, err
	}
	rows, err := tx.Query(ctx, sql)
	if err != nil {
		return found, err
	}
	return query.Read(rows)
}
