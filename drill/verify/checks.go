package verify

import (
	"cmp"
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/snapshot"
)

// check is one check of the database, and its verdict once it has run.
type check struct {
	// needsRows states that the check looks at the numbers of rows. It runs after the
	// tables have been read.
	needsRows bool
	// run runs the check. An error means that the check could not run; it ends the stage.
	run func(context.Context) (verdict, error)

	done    bool
	verdict verdict
}

// verdict is the result of one check.
type verdict struct {
	check    outcome.Check
	problems []problem
	findings []outcome.Finding
}

func ofCatalog(run func(context.Context) (verdict, error)) *check { return &check{run: run} }

func ofRows(run func(context.Context) (verdict, error)) *check {
	return &check{run: run, needsRows: true}
}

// verification runs the checks of one database and adds their results to the report.
type verification struct {
	Verifier
	server   provision.Server
	sessions *sessions
	promised inspect.Promise
	schema   schema
	progress outcome.Progress
	report   *Report
	problems []problem
}

// check runs the checks of the database in the order of the report, then those of its integrity.
func (v *verification) check(ctx context.Context, db *database, taken snapshot.Range) (integrityResult, error) {
	list := v.dumpChecks(v.sessions.first, db, v.promised)
	if v.After != nil {
		if err := v.finish(ctx, db, list); err != nil {
			return integrityResult{}, explain(ctx, v.server, err)
		}
		var err error
		if db, err = v.runAfter(ctx, v.server, v.sessions.first, v.report); err != nil {
			return integrityResult{}, cmp.Or(mostSevere(v.problems), explain(ctx, v.server, err))
		}
		list = nil
	}
	list = append(list, v.checks(v.server, v.sessions.first, db, v.promised, taken)...)
	closer, err := v.read(ctx, db, list)
	if err != nil {
		v.keepAll(list) // what was found until then
		return integrityResult{}, explain(ctx, v.server, err)
	}
	if err := v.finish(ctx, db, list); err != nil {
		return integrityResult{}, explain(ctx, v.server, err)
	}
	return closer, nil
}

// read runs the checks that do not need the numbers of rows, and then reads the tables, which
// also counts most of their rows.
func (v *verification) read(ctx context.Context, db *database, list []*check) (integrityResult, error) {
	if err := runChecks(ctx, list, false); err != nil {
		return integrityResult{}, err
	}
	closer, err := v.checkIntegrity(ctx, v.server, v.sessions, db, v.progress)
	if err == nil && v.After == nil {
		db.recountShort(v.promised.Tables)
	}
	return closer, err
}

// finish counts the rows that are not counted yet, and runs all remaining checks.
func (v *verification) finish(ctx context.Context, db *database, list []*check) error {
	defer v.keepAll(list)
	if err := db.count(ctx, v.sessions, v.progress); err != nil {
		return err
	}
	if v.report.Tables == nil { // else these are the tables before restore.after
		v.report.Tables = db.tables()
	}
	v.schema.fill(v.report)
	return runChecks(ctx, list, true)
}

func (v *verification) keepAll(list []*check) {
	for _, c := range list {
		if c.done {
			v.keep(c.verdict)
		}
	}
}

func (v *verification) keep(found verdict) {
	v.problems = append(v.problems, v.report.keep(found)...)
}

// runChecks runs the checks that have not run, one after another: all, or only those that do not
// need the numbers of rows.
func runChecks(ctx context.Context, list []*check, haveRows bool) error {
	for _, c := range list {
		if c.done || c.needsRows && !haveRows {
			continue
		}
		began := time.Now()
		found, err := c.run(ctx)
		if err != nil {
			return err
		}
		found.check.Seconds = time.Since(began).Seconds()
		c.done, c.verdict = true, found
	}
	return nil
}

// keep adds the result of a check to the report and returns its problems.
func (r *Report) keep(found verdict) []problem {
	found.check.Stage = outcome.Verify
	r.Checks = append(r.Checks, found.check)
	r.Findings = append(r.Findings, found.findings...)
	return found.problems
}

// dumpChecks returns the checks of what the dump restored, in the order of the report.
func (v Verifier) dumpChecks(conn *pgx.Conn, db *database, promised inspect.Promise) []*check {
	list := promiseChecks(conn, db, promised)
	if promised.MayHoldData() && !promised.HoldsData() && !v.Config.AllowEmpty {
		list = append(list, ofRows(func(ctx context.Context) (verdict, error) { return checkData(ctx, conn, db) }))
	}
	return list
}

// checks returns the checks of the database as it is used, in the order of the report.
func (v Verifier) checks(s provision.Server, conn *pgx.Conn, db *database, promised inspect.Promise, taken snapshot.Range) []*check {
	list := []*check{
		ofCatalog(func(ctx context.Context) (verdict, error) { return checkIndexes(ctx, conn) }),
		ofCatalog(func(ctx context.Context) (verdict, error) { return checkConstraints(ctx, conn) }),
		ofCatalog(func(ctx context.Context) (verdict, error) { return checkOperators(ctx, conn) }),
		ofCatalog(func(ctx context.Context) (verdict, error) {
			return checkSequences(ctx, conn, neverCalled(promised.Sequences))
		}),
	}
	list = append(list, tableChecks(conn, db, v.Config.Tables, taken)...)
	return append(list, queryChecks(s, v.Config.Queries, v.QueryWithin)...)
}

// promiseChecks returns the checks that compare the database with a promise. If
// nothing is promised, the tables must still be readable.
func promiseChecks(conn *pgx.Conn, db *database, promised inspect.Promise) []*check {
	if promised.IsEmpty() {
		return []*check{ofRows(func(context.Context) (verdict, error) { return checkReadable(db), nil })}
	}
	list := []*check{
		ofCatalog(func(ctx context.Context) (verdict, error) { return checkContent(ctx, conn, db, promised) }),
		ofRows(func(context.Context) (verdict, error) { return checkRows(db, promised.Tables), nil }),
	}
	if promised.LargeObjects > 0 {
		list = append(list, ofCatalog(func(ctx context.Context) (verdict, error) { return checkLargeObjects(ctx, conn, promised.LargeObjects) }))
	}
	return append(list, ofCatalog(func(context.Context) (verdict, error) { return checkExtensions(db, promised.Objects), nil }))
}
