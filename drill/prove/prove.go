package prove

import (
	"context"
	"time"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/restore"
	"github.com/drillgres/drillgres/drill/work"
)

// Prover proves the drill of one database.
type Prover struct {
	Database *config.Database
	Version  string // of this program
	Now      func() time.Time
	Redactor *redact.Redactor

	// NewDrill returns a drill of the database like the one that run carries out. name is
	// "intact" or the name of a control.
	NewDrill func(name string) (drill.Drill, error)
	// NewDir creates the private directory for broken copies. Its errors are Failures.
	NewDir func() (*work.Dir, error)

	WorkLimit  int64       // of work.limit; 0: none
	MaxDecoded int64       // bytes that the backup may decode to; 0: no limit
	Ended      func(Proof) // called after each control; may be nil
}

// Prove drills the intact backup, and then broken copies of it. The intact backup is
// first: a copy that fails means something only if the intact backup passes, and its
// content becomes the baseline for the copies. Prove returns an error only if the first
// drill could not be created; every other failure is in the Report.
func (p Prover) Prove(ctx context.Context) (Report, error) {
	r := Report{
		SchemaVersion: outcome.SchemaVersion, Drillgres: p.Version, Database: p.Database.Name,
		StartedAt: p.Now(), Controls: []Proof{}, Leftovers: []string{}, TellErrors: []string{},
	}
	d, err := p.NewDrill("intact")
	if err != nil {
		return r, err
	}
	intact := &intact{Fetcher: d.Fetcher, Verifier: d.Verifier, restorer: d.Restorer}
	removeFetched := d.CleanUp
	d.Fetcher, d.Verifier, d.CleanUp = intact, intact, nil // the controls break the file that it fetches
	d.Migrator = nil                                       // a release says nothing about the backup
	d.Notifier = nil                                       // an experiment alerts nobody
	r.setIntact(d.Run(ctx))
	if r.Intact.Verdict == outcome.VerdictPassed {
		r.fail(ctx, p.carryOut(ctx, intact, &r), p.Redactor)
	}
	if removeFetched != nil {
		r.Leftovers = append(r.Leftovers, removeFetched(ctx)...)
	}
	r.Held = r.Failure == nil
	r.FinishedAt = p.Now()
	return r, nil
}

// carryOut carries out every control.
func (p Prover) carryOut(ctx context.Context, intact *intact, r *Report) error {
	b, err := intact.backupToBreak(ctx, intact.opener(p.MaxDecoded))
	if err != nil {
		return err
	}
	private, err := p.NewDir()
	if err != nil {
		return err
	}
	defer func() {
		if err := private.Close(); err != nil {
			r.Leftovers = append(r.Leftovers, err.Error())
		}
	}()
	t := Trials{
		Dir: private.Path, Limit: intact.room(p.WorkLimit), MaxDecoded: p.MaxDecoded, Unchanged: intact.unchanged, Ended: p.Ended,
		Drill: func(ctx context.Context, c Control, copied Copy) outcome.Result {
			result := p.drill(ctx, b, c, copied)
			r.Leftovers = append(r.Leftovers, result.Leftovers...)
			return result
		},
	}
	if r.Controls, err = t.CarryOut(ctx, b, Controls(b, p.Database)); err != nil {
		return err
	}
	if f := Verdict(r.Controls); f != nil {
		return f
	}
	return nil
}

// drill drills what a control broke, like the backup itself. It ignores age, size,
// budgets and a release, which say nothing about the damage. It is neither recorded nor
// told, because it would be shown as a backup that failed.
func (p Prover) drill(ctx context.Context, b Backup, c Control, copied Copy) outcome.Result {
	d, err := p.NewDrill(c.Name)
	if err != nil {
		f := outcome.AsFailure(err)
		return outcome.Result{Verdict: f.Class().Verdict(), Failure: f.Report()}
	}
	d.Policy.MaxAge = 0
	if r, ok := d.Restorer.(restore.Restorer); ok && r.Opener != nil {
		*r.Opener = b.Opener // as it was for the intact backup, by its name and its tool
	}
	d.Budget, d.Migrator, d.Tellers, d.Notifier = drill.Budget{}, nil, nil, nil
	if c.loss == nil {
		d.Locator = copyLocator{copied, p.Now}
	} else {
		again := fetchedBefore{b, c.loss}
		d.Locator, d.Fetcher, d.Restorer = again, again, losing{d.Restorer, c.loss}
	}
	return d.Run(ctx)
}

// backupToBreak returns what the intact drill knows about the backup.
func (k *intact) backupToBreak(ctx context.Context, l layers.Opener) (Backup, error) {
	if k.contentErr != nil {
		return Backup{}, k.contentErr
	}
	whole := Backup{Opener: l, File: k.file, Located: k.backup, Promised: k.promised, Content: k.content}
	err := whole.read(ctx)
	if changed := k.unchanged(ctx); err != nil && changed != nil {
		err = changed
	}
	return whole, err
}

// read sets where each file of the backup can be damaged.
func (b *Backup) read(ctx context.Context) (err error) {
	if b.Pieces, err = b.pieces(); err != nil {
		return errGone(err)
	}
	if b.Marks, err = marksOf(ctx, b.File, b.Opener); err != nil {
		return err
	}
	for _, part := range b.Before {
		marks, err := marksOf(ctx, part, b.Opener)
		if err != nil {
			return err
		}
		b.PartMarks = append(b.PartMarks, marks)
	}
	return nil
}

// roles returns the roles of the parts before the dump.
func (b Backup) roles() (roles []string) {
	for _, part := range b.Before {
		roles = append(roles, part.Role)
	}
	return roles
}
