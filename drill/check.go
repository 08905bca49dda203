package drill

import (
	"context"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// Check looks whether there is a recent, plausible backup that can be read, and
// restores nothing: the stages after locate are skipped. It needs Database,
// RunID, Version, Now, Redactor and Locator alone.
//
// The verdict is the failure's, or else unproved with exit code 0: a backup
// that was only looked at is not verified, whoever reads the result.
func (d Drill) Check(ctx context.Context) outcome.Result {
	r := newRunner(d)
	found := d.look(ctx, r)
	result := d.describe(r, found, nil)
	result.Kind = outcome.KindCheck
	result.RPOSeconds = nil // of a verified backup only
	if result.Failure == nil {
		result.Verdict = outcome.VerdictUnproved
	}
	return d.Tell(ctx, result)
}

// look is the story of a check. A listing alone does not show that the backup
// may be read.
func (d Drill) look(ctx context.Context, r *runner) (e evidence) {
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
