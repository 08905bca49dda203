package drill

import (
	"context"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// Check checks that a recent, plausible backup exists and can be read, and what it is.
// It restores nothing. It needs only Database, RunID, Version, Now, Redactor and
// Locator, and of Policy only Major.
//
// The verdict is that of the failure, otherwise unproved with exit code 0: a check
// never verifies a backup.
func (d Drill) Check(ctx context.Context) outcome.Result {
	r := newRunner(d)
	found, seen := d.checkOnly(ctx, r)
	result := d.describe(r, found, nil)
	result.Kind = outcome.KindCheck
	result.RPOSeconds = nil // of a verified backup only
	b := &result.Backup
	b.Format, b.Compression = string(seen.Format), seen.Compression
	b.ServerVersion, b.PgDumpVersion = seen.ServerVersion, seen.DumpVersion
	if result.Failure == nil {
		result.Verdict = outcome.VerdictUnproved
	}
	return d.Tell(ctx, result)
}

// located is the newest backup, what its beginning shows, and why a drill of it would
// fail.
type located struct {
	locate.Backup
	seen   inspect.Source
	broken error
}

// finder returns the stage of a drill that would fail. The format of a known dump is
// judged in the inspect stage.
func (l located) finder() outcome.Stage {
	if l.seen.Format == "" && inspect.StreamLevel(l.broken) {
		return outcome.Fetch
	}
	return outcome.Inspect
}

// checkOnly runs the locate stage, and reads the beginning of the backup: listing a
// backup does not show that it can be read, nor that it is one. A failure that the
// beginning shows belongs to the stage of a drill that would find it. All other stages
// are skipped.
func (d Drill) checkOnly(ctx context.Context, r *runner) (evidence, inspect.Source) {
	l := step(ctx, r, outcome.Locate, func(ctx context.Context) (l located, err error) {
		if l.Backup, err = d.Locator.Locate(ctx); err != nil {
			return l, err
		}
		head, whole, err := l.ReadHead(ctx)
		if err == nil {
			l.seen, l.broken = inspect.Head(head, whole, d.Policy)
		}
		return l, err
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
	return evidence{backup: l.Backup}, l.seen
}
