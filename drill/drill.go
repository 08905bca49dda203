package drill

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/drillgres/drillgres/appcheck"
	"github.com/drillgres/drillgres/drill/fetch"
	"github.com/drillgres/drillgres/drill/gate"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/migrate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/restore"
	"github.com/drillgres/drillgres/drill/snapshot"
	"github.com/drillgres/drillgres/drill/verify"
)

// The stages, each with the one method that a drill calls. Their errors are
// Failures. A value that is returned with an error describes how far the stage got.
type (
	// Locator chooses the backup.
	Locator interface {
		Locate(ctx context.Context) (locate.Backup, error)
	}
	// Fetcher downloads the backup and reads it once, to its end.
	Fetcher interface {
		Fetch(ctx context.Context, b locate.Backup, p outcome.Progress) (fetch.File, error)
	}
	// Provisioner creates a sandbox that has what the backup needs. The Pod of a
	// Server must be closed, also if it is returned with an error.
	Provisioner interface {
		Provision(ctx context.Context, needs inspect.Needs) (provision.Server, error)
	}
	// Beginner is implemented by a Provisioner that can begin while the backup is
	// being fetched. Abandon removes what Begin created if Provision did not take it
	// over, and returns what it could not remove. Complete makes a Server of Provision for the
	// beginning of a dump ready for all of it, if that is possible.
	Beginner interface {
		Begin(ctx context.Context)
		Complete(ctx context.Context, s provision.Server, begun, all inspect.Needs) (_ provision.Server, fits bool, err error)
		Abandon(ctx context.Context) (leftovers []string)
	}
	// Restorer restores the dump into the server.
	Restorer interface {
		Restore(ctx context.Context, s provision.Server, dump restore.Dump, p outcome.Progress) (restore.Restored, error)
	}
	// Verifier compares the restored database with what the dump promised, which may
	// be nothing. taken is when its snapshot was taken.
	Verifier interface {
		Verify(ctx context.Context, s provision.Server, promised inspect.Promise, taken snapshot.Range, p outcome.Progress) (verify.Report, error)
		// VerifyPromise compares another database of the same server with its promise, and adds
		// to the report.
		VerifyPromise(ctx context.Context, s provision.Server, promised inspect.Promise, report *verify.Report) error
	}
	// AppChecker starts the application on the restored database and tests it.
	AppChecker interface {
		Check(ctx context.Context, s provision.Server) (appcheck.Report, error)
	}
	// Migrator rehearses a release on the restored database.
	Migrator interface {
		Migrate(ctx context.Context, s provision.Server) (migrate.Report, error)
	}
	// Teller records or sends a result: to the history, to a file, to people.
	Teller interface {
		Tell(ctx context.Context, r outcome.Result) error
	}
	// Starter is implemented by a Teller that is also told that a drill starts. r has no
	// verdict yet.
	Starter interface {
		Start(ctx context.Context, r outcome.Result) error
	}
	// Observer watches a drill while it runs.
	Observer interface {
		Started(s outcome.Stage)
		Progressed(s outcome.Stage, done, total int64)
		Ended(s outcome.StageReport, f *outcome.Failure)
	}
)

// Drill is one drill of one database, ready to run.
type Drill struct {
	Database string
	RunID    string
	Version  string // of this program
	Image    string // of Postgres, as in the config
	Profile  string // of the restore: rehearsal or fast
	Now      func() time.Time
	Redactor *redact.Redactor

	// Preflight checks before any work that the container engine answers. Its failure
	// belongs to the provision stage, but is found before anything is fetched.
	Preflight func(ctx context.Context) error
	// Prepare runs after Preflight and may take as long as provisioning. It obtains
	// what would otherwise be found missing late, such as an image to pull. It may be
	// nil.
	Prepare func(ctx context.Context) error

	Locator Locator
	Fetcher Fetcher
	// Arriving is what the Fetcher tells about a download while it arrives, whose rows are then
	// loaded at once. nil: everything waits for the fetch.
	Arriving *inspect.Arriving

	Opener      *layers.Opener // of the layers around the dump, for a check of its beginning
	Timezone    *time.Location // of the machine that dumps; nil: unknown
	Policy      inspect.Policy // what the inspect stage accepts; its MaxAge is that of the newest backup
	Provisioner Provisioner
	Restorer    Restorer
	Verifier    Verifier
	App         AppChecker // nil: the app stage is skipped
	WithoutApp  string     // why App is nil; empty: the config has none
	Migrator    Migrator   // nil: the migrate stage is skipped

	// DumpedBefore returns the names that the dumps of earlier drills gave their
	// databases. It may be nil.
	DumpedBefore func(ctx context.Context) ([]string, error)
	// OpenedBefore returns the fingerprints of the keys that opened the backups of earlier
	// drills. It may be nil.
	OpenedBefore func(ctx context.Context) ([]string, error)

	// VerifiedBefore returns the backups that earlier drills verified, the newest first. It
	// may be nil.
	VerifiedBefore func(ctx context.Context) ([]outcome.Backup, error)

	// LastDrill returns when the last drill ended that verified the newest backup, or false
	// if there is none. Only a check with Demands.MaxUnverified calls it.
	LastDrill func(ctx context.Context) (ended time.Time, found bool, err error)

	// Demands are what a check demands besides a backup that can be drilled. nil: it checks
	// only that, and does not ask the store how it protects the backups.
	Demands *Demands

	// Gate decides whether the rehearsed release may be deployed, before the result is
	// recorded or sent. nil: no gate.
	Gate *gate.Question

	Budget   Budget
	Deadline map[outcome.Stage]time.Duration // overrides Deadlines

	Noted    []outcome.Finding // about what the caller assumed
	Tellers  []Teller
	Notifier Teller // is told last, because people are to hear also that a result was not recorded; nil: nobody
	Observer Observer
	CleanUp  func(ctx context.Context) (leftovers []string) // of the run's own files
	Keep     bool                                           // leave the sandbox for inspection
}

// Budget limits how long a drill that passes may take; 0 means no limit.
type Budget struct{ Restore, Total time.Duration }

// Run proves the backup, cleans up, and records and sends the result. It always
// returns a result, whatever happens.
func (d Drill) Run(ctx context.Context) outcome.Result {
	r := newRunner(d)
	endStart := d.announce(ctx, r.started)
	found := d.prove(ctx, r)
	leftovers := slices.Concat(found.leftovers, d.cleanUp(ctx, found.server.Pod))
	result := d.describe(r, found, leftovers)
	startErr := endStart()
	if namesNoBackup(result) {
		return result
	}
	return d.addErrors(d.Tell(ctx, result), startErr)
}

// evidence holds what the stages of one drill found.
type evidence struct {
	backup   locate.Backup
	file     fetch.File
	refused  bool              // the backup is too old for the release of a gate, and only for that
	taken    snapshot.Range    // when the backup's snapshot was taken
	findings []outcome.Finding // of the inspect stage
	server   provision.Server
	restored restore.Restored
	verified verify.Report
	app      appcheck.Report
	migrated migrate.Report

	leftovers []string // of what ran ahead and was not used
}

// prove runs the stages: each step passes its typed value to the next. After the
// first failure, the remaining stages are not reached.
func (d Drill) prove(ctx context.Context, r *runner) (e evidence) {
	r.preflight(ctx)
	ahead := d.read(ctx, r, &e)
	defer func() { e.leftovers = d.discardAtEnd(ctx, ahead) }()
	e.server = step(ctx, r, outcome.Provision, func(ctx context.Context) (provision.Server, error) {
		return d.provision(ctx, ahead, e.file.Contents.Needs)
	})
	ctx, release := r.guard(ctx, e.server.Pod)
	defer release()
	e.restored = step(ctx, r, outcome.Restore, func(ctx context.Context) (restore.Restored, error) {
		return d.restore(ctx, &e, func() (restore.Restored, error) { return d.restoreFrom(ctx, r, ahead, e.server, dumpOf(e.file)) })
	})
	e.verified = step(ctx, r, outcome.Verify, func(ctx context.Context) (verify.Report, error) {
		return d.verify(ctx, r, e)
	})
	e.app = stepIf(ctx, r, outcome.App, d.App != nil, cmp.Or(d.WithoutApp, "no app in the config"), func(ctx context.Context) (appcheck.Report, error) {
		return d.App.Check(ctx, e.server)
	})
	e.migrated = stepIf(ctx, r, outcome.Migrate, d.Migrator != nil, "no release to rehearse", func(ctx context.Context) (migrate.Report, error) {
		return d.Migrator.Migrate(ctx, e.server)
	})
	return e
}

// read runs the stages that need no server: it chooses the backup and reads it. It returns what
// runs beside them, which must be discarded.
func (d Drill) read(ctx context.Context, r *runner, e *evidence) (a *ahead) {
	e.backup = step(ctx, r, outcome.Locate, func(ctx context.Context) (locate.Backup, error) {
		b, err := d.Locator.Locate(ctx)
		if err == nil && !b.Undated { // or the dump may state when it was taken
			err = e.checkForGate(d.Gate, snapshot.At(b.ModifiedAt), r.started)
		}
		return b, err
	})
	endFetch := r.beginSandbox(ctx, e.backup)
	a = d.goAhead(ctx, r, e.backup, endFetch)
	e.file = step(ctx, r, outcome.Fetch, func(ctx context.Context) (fetch.File, error) {
		file, err := d.Fetcher.Fetch(ctx, e.backup, r.progress(outcome.Fetch))
		return file, d.blameForKey(ctx, err)
	})
	endFetch()
	e.taken = d.taken(e.backup, e.file.Contents)
	e.backup.Chosen = d.chosen(*e)
	e.findings = step(ctx, r, outcome.Inspect, func(ctx context.Context) ([]outcome.Finding, error) {
		chosen, err := e.file.Contents.ForDatabase(d.Policy.Database)
		if e.file.Contents = chosen; e.file.Broken != nil {
			err = e.file.Broken
		}
		found, err := inspect.Judge(e.file.Contents, err, d.policyFor(*e))
		if err == nil {
			err = e.checkForGate(d.Gate, e.taken, r.started)
		}
		small, _ := d.findShrunk(ctx, *e) // if the history cannot be read, the drift check says so
		return slices.Concat(found, d.findOdd(ctx, *e), e.findMissingChecksum(), listOf(small)), err
	})
	return a
}

// restore runs the restore stage.
func (d Drill) restore(ctx context.Context, e *evidence, do func() (restore.Restored, error)) (restore.Restored, error) {
	restored, err := do()
	if e.server.LostSettings = restored.LostSettings; err == nil {
		e.server.Owner = restored.Owner
	}
	return restored, e.checkUnchanged(ctx, err)
}

// verify runs the verify stage.
func (d Drill) verify(ctx context.Context, r *runner, e evidence) (verify.Report, error) {
	promised := e.file.Contents.PromiseFor(e.server.Database)
	report, err := d.Verifier.Verify(ctx, e.server, promised, e.taken, r.progress(outcome.Verify))
	for _, other := range e.file.Contents.OtherPromises(e.server.Database) {
		if err == nil {
			err = d.Verifier.VerifyPromise(ctx, e.server, other, &report)
		}
	}
	return report, err
}

// checkForGate returns a failure if the backup is too old for the release of a gate.
func (e *evidence) checkForGate(q *gate.Question, taken snapshot.Range, started time.Time) error {
	if q == nil {
		return nil
	}
	f := q.TooOld(taken, started)
	if f == nil {
		return nil
	}
	e.refused = true
	return f
}

// dumpOf returns what restore needs of a fetched backup.
func dumpOf(f fetch.File) restore.Dump {
	d := restore.Dump{Path: f.Path, Role: f.Role, Source: f.Contents.Source}
	for _, part := range f.Before {
		d.Before = append(d.Before, dumpOf(part))
	}
	return d
}

// checkUnchanged returns a failure if the backup was replaced during the drill, and
// err otherwise. Only a backup that is read in place can be: the restore reads it a
// second time, and a replacement explains any result of that.
func (e evidence) checkUnchanged(ctx context.Context, err error) error {
	_, inPlace := e.backup.Source.(locate.LocalPath)
	if !inPlace || ctx.Err() != nil {
		return err
	}
	if changed := e.backup.CheckUnchanged(ctx); changed != nil {
		return changed
	}
	return err
}

// taken combines what the dump states with what is known about its object.
func (d Drill) taken(b locate.Backup, c inspect.Contents) snapshot.Range {
	if b.Undated && c.Source.TakenAt.IsZero() { // neither the source nor the dump states a time
		return snapshot.Range{}
	}
	return c.Source.TakenAt.Taken(d.Timezone, snapshot.Object{ModifiedAt: b.ModifiedAt, Size: dumpSize(b, c), SeenAt: d.Now()})
}

// dumpSize returns the size of the dump without any compression, in bytes, as far
// as it is known. It bounds how long the dump can have taken.
func dumpSize(b locate.Backup, c inspect.Contents) int64 {
	var rows int64
	for _, p := range c.Promises {
		for _, t := range p.Tables {
			rows += t.Bytes
		}
	}
	return max(b.Size, c.Source.DecodedBytes, rows)
}
