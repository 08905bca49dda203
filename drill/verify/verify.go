// Package verify compares a restored database with what its dump promised and
// with what the config expects of it.
package verify

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
)

// Verifier carries out every check of the verify stage.
type Verifier struct {
	Config   config.Verify
	Progress outcome.Progress // told the tables counted so far, and of how many; may be nil
	// QueryWithin is how long one query of the config may take; 0: half of the
	// time that is left, so that a query that hangs fails under its own name.
	QueryWithin time.Duration
}

// Report is what the restored database looks like. It is worth reading also
// when it comes with an error: it then holds everything that was found out.
type Report struct {
	Tables     []outcome.Table // partitions are counted with the table that they are part of
	Checks     []outcome.Check
	Extensions map[string]string // installed: name → version
	Findings   []outcome.Finding
}

// Verify looks at the restored database as superuser and without writing to
// it. It runs every check, whatever the others found; the Failure is then the
// most severe: content_incomplete, table_missing, rows_missing, data_stale,
// index_corrupt, sequence_behind, query_failed, in this order. A server that
// does not answer is sandbox_lost.
//
// taken is when the backup was made, as far as that is known; with the zero
// time, checks of the data's age are unknown.
func (v Verifier) Verify(ctx context.Context, s provision.Server, c inspect.Contents, taken time.Time) (Report, error) {
	conn, err := open(ctx, s)
	if err != nil {
		return Report{}, err
	}
	defer closeConn(ctx, conn)
	db, err := readDatabase(ctx, conn, v.Progress)
	if err != nil {
		return Report{}, explain(ctx, s, err)
	}
	report := Report{Tables: db.tables(), Extensions: db.extensions}
	problems, err := report.run(ctx, v.checks(conn, db, c, taken))
	if err != nil {
		return report, explain(ctx, s, err)
	}
	return report, worst(problems)
}

// check carries out one check. Its error says that the check could not be
// carried out at all, which ends the stage.
type check func(context.Context) (verdict, error)

// verdict is what one check found out.
type verdict struct {
	check    outcome.Check
	problems []problem
	findings []outcome.Finding
}

// checks lists every check in the order in which they are reported.
func (v Verifier) checks(conn *pgx.Conn, db *database, c inspect.Contents, taken time.Time) []check {
	list := []check{
		func(context.Context) (verdict, error) { return checkContent(db, c), nil },
		func(context.Context) (verdict, error) { return checkRows(db, c.Tables), nil },
	}
	if c.LargeObjects > 0 {
		list = append(list, func(ctx context.Context) (verdict, error) { return checkLargeObjects(ctx, conn, c.LargeObjects) })
	}
	list = append(list,
		func(context.Context) (verdict, error) { return checkExtensions(db, c.Extensions), nil },
		func(ctx context.Context) (verdict, error) { return checkIndexes(ctx, conn) },
		func(ctx context.Context) (verdict, error) { return checkConstraints(ctx, conn) },
		func(ctx context.Context) (verdict, error) { return checkSequences(ctx, conn) },
	)
	list = append(list, tableChecks(conn, db, v.Config.Tables, taken)...)
	return append(list, queryChecks(conn, v.Config.Queries, v.QueryWithin)...)
}

// run carries out the checks one after the other and keeps what they found.
func (r *Report) run(ctx context.Context, checks []check) ([]problem, error) {
	var problems []problem
	for _, carryOut := range checks {
		began := time.Now()
		found, err := carryOut(ctx)
		if err != nil {
			return problems, err
		}
		found.check.Stage = outcome.Verify
		found.check.Seconds = time.Since(began).Seconds()
		r.Checks = append(r.Checks, found.check)
		r.Findings = append(r.Findings, found.findings...)
		problems = append(problems, found.problems...)
	}
	return problems, nil
}
