// Package verify checks a restored database against the promise of its dump and
// the expectations of the config.
package verify

import (
	"context"
	"time"

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
	// Ahead has read tables during the restore, which are not read again. nil: nothing has.
	Ahead *Ahead
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
	// AheadSeconds is how long Ahead read; 0: all was read again.
	AheadSeconds float64
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
// data's age are unknown. p receives the number of relations, or parts of large ones, that were
// read, and their total; then the same for tables that were only counted.
func (v Verifier) Verify(ctx context.Context, s provision.Server, promised inspect.Promise, taken snapshot.Range, p outcome.Progress) (Report, error) {
	all, err := openSessions(ctx, s)
	if err != nil {
		return Report{}, err
	}
	defer all.close(ctx)
	db, err := readDatabase(ctx, all.first)
	if err != nil {
		return Report{}, explain(ctx, s, err)
	}
	promised, unread, err := convertNames(ctx, all.first, promised)
	if err != nil {
		return Report{}, explain(ctx, s, err)
	}
	db.unreadNames = unread
	report := Report{Extensions: db.extensions}
	schema, err := readSchema(ctx, all.first)
	if err != nil {
		return report, explain(ctx, s, err)
	}
	schema.fill(&report)
	run := &verification{Verifier: v, server: s, sessions: all, promised: promised, schema: schema, progress: p, report: &report}
	closer, err := run.check(ctx, db, taken)
	if err != nil {
		return report, err
	}
	past := v.findBaseline(ctx, taken.Best())
	report.Baseline = past.reported()
	run.keep(v.checkDrift(past, content{report.Tables, schema, s.Major}))
	for _, found := range closer.verdicts {
		run.keep(found)
	}
	report.Integrity, report.AheadSeconds = closer.integrity, closer.ahead
	if promised.IsEmpty() {
		report.Integrity.NotProved = append([]string{nothingPromised}, report.Integrity.NotProved...)
	}
	return report, mostSevere(run.problems)
}
