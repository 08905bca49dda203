// Package migrate rehearses a release on the restored database: its migrations,
// watched from outside, then the candidate and today's release on the new schema.
package migrate

import "github.com/drillgres/drillgres/drill/outcome"

// Report is how a release did on the restored database. It is worth reading
// also when it comes with an error.
type Report struct {
	Migration *outcome.Migration // nil: the migrations were not begun
	Checks    []outcome.Check
	Findings  []outcome.Finding
	// OverBudget is a migration_over_budget of migrations that held; nil: they
	// were quick enough. It counts where nothing worse was found.
	OverBudget *outcome.Failure
}
