// Package verify checks a restored database against the promise of its dump and
// the expectations of the config.
package verify

import (
	"cmp"
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/snapshot"
)

// Verifier runs the checks of the verify stage.
type Verifier struct {
	Config   config.Verify
	Database string // the name in the config and the history
	RunID    string // of this drill, for the hint how to accept it
	Past     Past   // nil: drift is not checked
	// QueryWithin limits one query of the config; 0: half of the remaining time,
	// so that a query that hangs fails under its own name.
	QueryWithin time.Duration
	// After runs the SQL of restore.after. It may remove what the dump promises, so it runs
	// after the comparison with the dump. nil: the config has none.
	After func(ctx context.Context, s provision.Server) error
}

// Report holds the content of the restored database and the results of the
// checks. With an error, it holds everything found until then.
type Report struct {
	Tables     []outcome.Table // before restore.after; partitions are counted with their root table
	Checks     []outcome.Check
	Extensions map[string]string // installed: name → version
	Findings   []outcome.Finding
	Integrity  outcome.Integrity
	Schema     outcome.Schema
	Baseline   *outcome.Baseline // nil: no earlier drill to compare with
	// AfterSeconds is how long restore.after took.
	AfterSeconds float64
}

// Verify checks the restored database as superuser, without writing to it. It
// runs every check, whatever the others find. The Failure is the most severe, in
// this order: sandbox_lost, content_incomplete, dump_no_data, table_missing, rows_missing, data_stale,
// index_corrupt, constraint_violated, sequence_behind, query_failed,
// content_drifted. If the server does not answer, it is sandbox_lost.
//
// What is compared with the dump or with earlier drills is the data before After, whose
// hook_failed ends the stage. Everything else sees the data after it.
//
// With an empty Promise, the checks that compare with a promise are skipped, and
// Integrity.NotProved says so.
//
// taken is when the backup's snapshot was taken. If it is unknown, checks of the
// data's age are unknown. p first receives the number of counted tables and their
// total, then the same for the relations of the integrity checks.
func (v Verifier) Verify(ctx context.Context, s provision.Server, promised inspect.Promise, taken snapshot.Range, p outcome.Progress) (Report, error) {
	conn, err := openReadOnly(ctx, s)
	if err != nil {
		return Report{}, err
	}
	defer provision.Close(ctx, conn)
	db, err := readDatabase(ctx, conn, p)
	if err != nil {
		return Report{}, explain(ctx, s, err)
	}
	promised, unread, err := convertNames(ctx, conn, promised)
	if err != nil {
		return Report{}, explain(ctx, s, err)
	}
	db.unreadNames = unread
	report := Report{Tables: db.tables(), Extensions: db.extensions}
	schema, err := readSchema(ctx, conn)
	if err != nil {
		return report, explain(ctx, s, err)
	}
	schema.fill(&report)
	problems, err := report.run(ctx, v.dumpChecks(conn, db, promised))
	if err != nil {
		return report, explain(ctx, s, err)
	}
	restored := content{report.Tables, schema, s.Major}
	if db, err = v.runAfter(ctx, s, conn, db, &report); err != nil {
		return report, cmp.Or(mostSevere(problems), explain(ctx, s, err))
	}
	found, err := report.run(ctx, v.checks(s, conn, db, promised, taken))
	if err != nil {
		return report, explain(ctx, s, err)
	}
	problems = append(problems, found...)
	past := v.findBaseline(ctx, taken.Best())
	report.Baseline = past.reported()
	drift := v.checkDrift(past, restored)
	problems = append(problems, report.keep(drift)...)
	closer, err := v.checkIntegrity(ctx, s, conn, p)
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
	return report, mostSevere(problems)
}

// check runs one check. An error means that the check could not run; it ends the
// stage.
type check func(context.Context) (verdict, error)

// verdict is the result of one check.
type verdict struct {
	check    outcome.Check
	problems []problem
	findings []outcome.Finding
}

// dumpChecks returns the checks of what the dump restored, in the order of the report.
func (v Verifier) dumpChecks(conn *pgx.Conn, db *database, promised inspect.Promise) []check {
	list := promiseChecks(conn, db, promised)
	if promised.MayHoldData() && !promised.HoldsData() && !v.Config.AllowEmpty {
		list = append(list, func(ctx context.Context) (verdict, error) { return checkData(ctx, conn, db) })
	}
	return list
}

// checks returns the checks of the database as it is used, in the order of the report.
func (v Verifier) checks(s provision.Server, conn *pgx.Conn, db *database, promised inspect.Promise, taken snapshot.Range) []check {
	list := []check{
		func(ctx context.Context) (verdict, error) { return checkIndexes(ctx, conn) },
		func(ctx context.Context) (verdict, error) { return checkConstraints(ctx, conn) },
		func(ctx context.Context) (verdict, error) { return checkOperators(ctx, conn) },
		func(ctx context.Context) (verdict, error) {
			return checkSequences(ctx, conn, neverCalled(promised.Sequences))
		},
	}
	list = append(list, tableChecks(conn, db, v.Config.Tables, taken)...)
	return append(list, queryChecks(s, v.Config.Queries, v.QueryWithin)...)
}

// promiseChecks returns the checks that compare the database with a promise. If
// nothing is promised, the tables must still be readable.
func promiseChecks(conn *pgx.Conn, db *database, promised inspect.Promise) []check {
	if promised.IsEmpty() {
		return []check{func(context.Context) (verdict, error) { return checkReadable(db), nil }}
	}
	list := []check{
		func(ctx context.Context) (verdict, error) { return checkContent(ctx, conn, db, promised) },
		func(context.Context) (verdict, error) { return checkRows(db, promised.Tables), nil },
	}
	if promised.LargeObjects > 0 {
		list = append(list, func(ctx context.Context) (verdict, error) { return checkLargeObjects(ctx, conn, promised.LargeObjects) })
	}
	return append(list, func(context.Context) (verdict, error) { return checkExtensions(db, promised.Objects), nil })
}

// run runs the checks one after another, adds their results to the report, and
// returns their problems.
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

// keep adds the result of a check to the report and returns its problems.
func (r *Report) keep(found verdict) []problem {
	found.check.Stage = outcome.Verify
	r.Checks = append(r.Checks, found.check)
	r.Findings = append(r.Findings, found.findings...)
	return found.problems
}
