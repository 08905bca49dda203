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
	"github.com/drillgres/drillgres/drill/snapshot"
)

// Verifier carries out every check of the verify stage.
type Verifier struct {
	Config   config.Verify
	Database string // as the config and the history name it
	RunID    string // of this drill, for the hint that tells how to accept it
	Past     Past   // nil: the content is compared with no earlier drill's
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
	Integrity  outcome.Integrity
	Schema     outcome.Schema
	Baseline   *outcome.Baseline // nil: there was no earlier drill to compare with
}

// Verify looks at the restored database as superuser and without writing to
// it. It runs every check, whatever the others found; the Failure is then the
// most severe: content_incomplete, table_missing, rows_missing, data_stale,
// index_corrupt, constraint_violated, sequence_behind, query_failed, content_drifted,
// in this order. A server that does not answer is sandbox_lost.
//
// An empty Promise promises nothing: the checks that compare with a promise are
// left out, and Integrity.NotProved says so.
//
// taken is when the backup's snapshot was taken; where that is not known, checks
// of the data's age are unknown. p is told the tables counted so
// far, and of how many, and then the same of the relations looked at closely.
func (v Verifier) Verify(ctx context.Context, s provision.Server, promised inspect.Promise, taken snapshot.Range, p outcome.Progress) (Report, error) {
	conn, err := open(ctx, s)
	if err != nil {
		return Report{}, err
	}
	defer provision.Close(ctx, conn)
	db, err := readDatabase(ctx, conn, p)
	if err != nil {
		return Report{}, explain(ctx, s, err)
	}
	report := Report{Tables: db.tables(), Extensions: db.extensions}
	schema, err := readSchema(ctx, conn)
	if err != nil {
		return report, explain(ctx, s, err)
	}
	schema.fill(&report)
	problems, err := report.run(ctx, v.checks(s, conn, db, promised, taken))
	if err != nil {
		return report, explain(ctx, s, err)
	}
	past := v.earlier(ctx, taken.Best())
	report.Baseline = past.baseline()
	drift := v.checkDrift(past, shape{report.Tables, schema, s.Major})
	problems = append(problems, report.keep(drift)...)
	closer, err := v.lookClosely(ctx, s, conn, p)
	if err != nil {
		return report, explain(ctx, s, err)
	}
	for _, found := range closer.verdicts {
		problems = append(problems, report.keep(found)...)
	}
	report.Integrity = closer.integrity
	if promised.IsEmpty() {
		report.Integrity.NotProved = append([]string{nothingPromised}, report.Integrity.NotProved...)
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
func (v Verifier) checks(s provision.Server, conn *pgx.Conn, db *database, promised inspect.Promise, taken snapshot.Range) []check {
	list := append(promiseChecks(conn, db, promised),
		func(ctx context.Context) (verdict, error) { return checkIndexes(ctx, conn) },
		func(ctx context.Context) (verdict, error) { return checkConstraints(ctx, conn) },
		func(ctx context.Context) (verdict, error) {
			return checkSequences(ctx, conn, unusedIn(promised.Sequences))
		},
	)
	list = append(list, tableChecks(conn, db, v.Config.Tables, taken)...)
	return append(list, queryChecks(s, v.Config.Queries, v.QueryWithin)...)
}

// promiseChecks lists the checks that compare the database with a promise. Where
// nothing is promised, the tables must still be readable.
func promiseChecks(conn *pgx.Conn, db *database, promised inspect.Promise) []check {
	if promised.IsEmpty() {
		return []check{func(context.Context) (verdict, error) { return checkReadable(db), nil }}
	}
	list := []check{
		func(context.Context) (verdict, error) { return checkContent(db, promised), nil },
		func(context.Context) (verdict, error) { return checkRows(db, promised.Tables), nil },
	}
	if promised.LargeObjects > 0 {
		list = append(list, func(ctx context.Context) (verdict, error) { return checkLargeObjects(ctx, conn, promised.LargeObjects) })
	}
	return append(list, func(context.Context) (verdict, error) { return checkExtensions(db, promised.Objects), nil })
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
		found.check.Seconds = time.Since(began).Seconds()
		problems = append(problems, r.keep(found)...)
	}
	return problems, nil
}

// keep adds what a check found to the report, and gives its problems.
func (r *Report) keep(found verdict) []problem {
	found.check.Stage = outcome.Verify
	r.Checks = append(r.Checks, found.check)
	r.Findings = append(r.Findings, found.findings...)
	return found.problems
}
