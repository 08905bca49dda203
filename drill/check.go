package drill

import (
	"context"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// Check checks that a recent, plausible backup exists and can be read. It restores
// nothing: the stages after locate are skipped. It needs only Database, RunID,
// Version, Now, Redactor and Locator.
//
// The verdict is that of the failure, otherwise unproved with exit code 0: a check
// never verifies a backup.
func (d Drill) Check(ctx context.Context) outcome.Result {
	r := newRunner(d)
	found := d.locateOnly(ctx, r)
	result := d.describe(r, found, nil)
	result.Kind = outcome.KindCheck
	result.RPOSeconds = nil // of a verified backup only
	if result.Failure == nil {
		result.Verdict = outcome.VerdictUnproved
	}
	return d.Tell(ctx, result)
}

// locateOnly runs the locate stage and skips the others. It reads the beginning of
// the backup, because listing it does not show that it can be read.
func (d Drill) locateOnly(ctx context.Context, r *runner) (e evidence) {
	e.backup = step(ctx, r, outcome.Locate, func(ctx context.Context) (locate.Backup, error) {
		b, err := d.Locator.Locate(ctx)
		if err != nil {
			return b, err
		}
		return b, b.CheckReadable(ctx)
	})
	for _, s := range outcome.Stages {
		if s != outcome.Locate {
			r.skip(s, "not part of a check")
		}
	}
	return e
}
