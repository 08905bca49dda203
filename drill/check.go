package drill

import (
	"context"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
)

// Check checks that a recent, plausible backup exists and can be read, and what it is.
// It restores nothing. It needs only Database, RunID, Version, Now, Redactor, Timezone,
// Locator and Policy, and DumpedBefore if there is a history.
//
// The verdict is that of the failure, otherwise unproved with exit code 0: a check
// never verifies a backup.
func (d Drill) Check(ctx context.Context) outcome.Result {
	r := newRunner(d)
	result := d.describe(r, d.checkOnly(ctx, r), nil)
	result.Kind = outcome.KindCheck
	result.RPOSeconds = nil // of a verified backup only
	if result.Failure == nil {
		result.Verdict = outcome.VerdictUnproved
	}
	return d.Tell(ctx, result)
}

// located is the newest backup, what its beginning shows, and why a drill of it would
// fail.
type located struct {
	evidence
	broken error
}

// finder returns the stage of a drill that would fail. The format of a known dump is
// judged in the inspect stage.
func (l located) finder() outcome.Stage {
	if l.file.Contents.Source.Format == "" && inspect.StreamLevel(l.broken) {
		return outcome.Fetch
	}
	return outcome.Inspect
}

// checkOnly runs the locate stage, and reads the beginning of the backup: listing a
// backup does not show that it can be read, nor that it is one. A failure that the
// beginning shows belongs to the stage of a drill that would find it. All other stages
// are skipped.
func (d Drill) checkOnly(ctx context.Context, r *runner) evidence {
	l := step(ctx, r, outcome.Locate, func(ctx context.Context) (l located, err error) {
		if l.backup, err = d.Locator.Locate(ctx); err != nil {
			return l, err
		}
		head, whole, err := l.backup.ReadHead(ctx)
		if err != nil {
			return l, err
		}
		l.file.Contents, l.broken = inspect.Head(ctx, head, whole, d.opener(), d.Policy)
		l.taken = d.taken(l.backup, l.file.Contents)
		l.findings = d.findOdd(ctx, l.evidence)
		if l.broken == nil {
			l.broken = inspect.CheckAge(l.file.Contents, d.policyFor(l.evidence))
		}
		return l, nil
	})
	finder := l.finder()
	for _, s := range outcome.Stages {
		switch {
		case s == outcome.Locate:
		case s == finder && l.broken != nil:
			step(ctx, r, s, func(context.Context) (struct{}, error) { return struct{}{}, l.broken })
		default:
			r.skip(s, "not part of a check")
		}
	}
	return l.evidence
}
