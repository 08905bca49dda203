package drill

import (
	"context"
	"fmt"
	"time"

	"github.com/drillgres/drillgres/drill/fetch"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/restore"
	"github.com/drillgres/drillgres/drill/snapshot"
	"github.com/drillgres/drillgres/drill/verify"
	"github.com/drillgres/drillgres/drill/words"
)

// Target is a real server into which a backup is restored.
type Target interface {
	// Check fails if nothing can be restored into it, whatever the backup is.
	Check(ctx context.Context) error
	// Open fails if it cannot take the backup, and opens what the restore needs. It writes nothing.
	// It returns the backup as it is to be restored. The Pod of the Server must be closed, also
	// with an error.
	Open(ctx context.Context, needs inspect.Needs, dump restore.Dump) (provision.Server, restore.Dump, error)
	// Begin marks the database as incomplete, and End removes the mark. Begin checks again that
	// nobody else writes to the database. With an error it has written nothing.
	Begin(ctx context.Context) error
	End(ctx context.Context) error
	// Remark sets the mark again if SQL of the backup or of the config has replaced it.
	Remark(ctx context.Context) error
}

// Recovery is what is about to be restored into a Target.
type Recovery struct {
	Backup   locate.Backup
	File     fetch.File
	Taken    snapshot.Range
	Findings []outcome.Finding
}

// Recover restores the backup into a real server. confirm is called before anything is written:
// if it returns false or an error, nothing is. The result is that of a restore, which is neither
// recorded nor sent. It is empty if nothing was to be restored.
func (d Drill) Recover(ctx context.Context, t Target, confirm func(Recovery) (bool, error)) (outcome.Result, error) {
	maxAge := d.Policy.MaxAge
	d.Policy.MaxAge, d.Preflight = 0, t.Check // after a disaster, an old backup is better than none
	r := newRunner(d)
	r.preflight(ctx)
	var e evidence
	d.read(ctx, r, &e)
	e.findings = append(e.findings, findStale(e, maxAge, d.Now())...)
	dump := dumpOf(e.file)
	e.server = step(ctx, r, outcome.Provision, func(ctx context.Context) (s provision.Server, err error) {
		s, dump, err = t.Open(ctx, e.file.Contents.Needs, dump)
		return s, err
	})
	defer func() { d.cleanUp(ctx, e.server.Pod) }() // again, in case of a panic
	if r.failure != nil && r.failure.Class() == outcome.ClassUsage {
		return outcome.Result{}, r.failure
	}
	begun := r.failure == nil
	if begun {
		if confirmed, err := confirm(Recovery{e.backup, e.file, e.taken, e.allFindings()}); !confirmed || err != nil {
			return outcome.Result{}, err
		}
		if f := begin(ctx, r, t, e.server); f != nil {
			return outcome.Result{}, f
		}
	}
	e.restored = step(ctx, r, outcome.Restore, func(ctx context.Context) (restore.Restored, error) {
		return d.restore(ctx, &e, func() (restore.Restored, error) {
			return d.Restorer.Restore(ctx, e.server, dump, r.progress(outcome.Restore))
		})
	})
	e.verified = step(ctx, r, outcome.Verify, func(ctx context.Context) (verify.Report, error) {
		report, err := d.verify(ctx, r, e)
		if err == nil {
			err = e.server.Blame(ctx, t.End(ctx))
		}
		return report, err
	})
	if r.failure != nil && begun {
		remark(ctx, t)
	}
	for _, s := range []outcome.Stage{outcome.App, outcome.Migrate} {
		r.skip(s, "a restore ends with the comparison")
	}
	result := d.describe(r, e, d.cleanUp(ctx, e.server.Pod))
	result.Kind = outcome.KindRestore
	if f := result.Failure; f != nil && f.Code == outcome.Interrupted {
		f.Hint = "drop the database, create it again, and restore from the beginning: nothing is resumed"
	}
	return result, nil
}

// begin marks the target. If that fails, nothing was written.
func begin(ctx context.Context, r *runner, t Target, s provision.Server) *outcome.Failure {
	_, err := recovered(ctx, func(ctx context.Context) (struct{}, error) { return struct{}{}, s.Blame(ctx, t.Begin(ctx)) })
	if err == nil {
		return nil
	}
	f := r.classify(ctx, ctx, outcome.Provision, err)
	f.Err = fmt.Errorf("nothing was written: %w", f.Err)
	return f
}

// remarkWithin limits setting the mark again, also after a signal.
const remarkWithin = 10 * time.Second

// remark sets the mark of a target again. If it cannot, the server is gone, and the mark that was
// set at first is still there, unless something has replaced it.
func remark(ctx context.Context, t Target) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), remarkWithin)
	defer cancel()
	_ = t.Remark(ctx)
}

// findStale reports a backup that a drill would not accept for its age.
func findStale(e evidence, maxAge time.Duration, now time.Time) []outcome.Finding {
	if maxAge <= 0 || !e.taken.Known() || !e.taken.OlderThan(maxAge, now) {
		return nil
	}
	return []outcome.Finding{{
		Code:    string(outcome.BackupStale),
		Message: fmt.Sprintf("the backup is %s old, and backup.max_age allows %s: what was written since is not in it", words.Span(e.taken.Age(now)), words.Span(maxAge)),
		Hint:    "look for a newer backup elsewhere before you restore this one",
	}}
}
