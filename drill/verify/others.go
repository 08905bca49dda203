package verify

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
)

// othersUnread is listed under what was not proved if the backup has several databases.
const othersUnread = "values, pages and drift of the other databases of the cluster: only their content was compared with the dump"

// VerifyPromise compares another database of the same server with its promise, and adds the
// results to the report. It returns Failures like [Verifier.Verify].
func (v Verifier) VerifyPromise(ctx context.Context, s provision.Server, promised inspect.Promise, report *Report) error {
	s.Database = promised.DatabaseName
	conn, err := openReadOnly(ctx, s)
	if err != nil {
		return inDatabase(s.Database, err)
	}
	defer provision.Close(ctx, conn)
	db, err := readDatabase(ctx, conn)
	if err != nil {
		return inDatabase(s.Database, explain(ctx, s, err))
	}
	promised, unread, err := convertNames(ctx, conn, promised)
	if err != nil {
		return inDatabase(s.Database, explain(ctx, s, err))
	}
	db.unreadNames = unread
	own := &verification{Verifier: v, server: s, sessions: &sessions{first: conn}, promised: promised, report: &Report{}}
	err = own.finish(ctx, db, otherChecks(conn, db, promised))
	report.addOther(s.Database, *own.report)
	if err != nil {
		return inDatabase(s.Database, explain(ctx, s, err))
	}
	return inDatabase(s.Database, mostSevere(own.problems))
}

// otherChecks returns the checks of a database that the config does not describe.
func otherChecks(conn *pgx.Conn, db *database, promised inspect.Promise) []*check {
	return append(promiseChecks(conn, db, promised),
		ofCatalog(func(ctx context.Context) (verdict, error) { return checkIndexes(ctx, conn) }),
		ofCatalog(func(ctx context.Context) (verdict, error) { return checkConstraints(ctx, conn) }),
		ofCatalog(func(ctx context.Context) (verdict, error) {
			return checkSequences(ctx, conn, neverCalled(promised.Sequences))
		}),
	)
}

// addOther adds the checks and findings of another database, under its name.
func (r *Report) addOther(database string, other Report) {
	for _, c := range other.Checks {
		c.Name = fmt.Sprintf("%s: %s", database, c.Name)
		r.Checks = append(r.Checks, c)
	}
	for _, f := range other.Findings {
		f.Message = fmt.Sprintf("database %s: %s", database, f.Message)
		r.Findings = append(r.Findings, f)
	}
	if !slices.Contains(r.Integrity.NotProved, othersUnread) {
		r.Integrity.NotProved = append(r.Integrity.NotProved, othersUnread)
	}
}

// inDatabase names the database of a failure.
func inDatabase(name string, err error) error {
	if err == nil {
		return nil
	}
	f := *outcome.AsFailure(err)
	f.Err = fmt.Errorf("database %s: %w", name, f.Err)
	return &f
}
