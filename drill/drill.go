package drill

import (
	"context"
	"time"

	"github.com/drillgres/drillgres/appcheck"
	"github.com/drillgres/drillgres/drill/fetch"
	"github.com/drillgres/drillgres/drill/gate"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/migrate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/restore"
	"github.com/drillgres/drillgres/drill/snapshot"
	"github.com/drillgres/drillgres/drill/verify"
)

// The stages, each with the one thing that a drill asks of it. Their errors
// are Failures; a value that comes with an error says how far the stage came.
type (
	// Locator chooses the backup.
	Locator interface {
		Locate(ctx context.Context) (locate.Backup, error)
	}
	// Fetcher brings the backup and reads it once, to its end.
	Fetcher interface {
		Fetch(ctx context.Context, b locate.Backup, p outcome.Progress) (fetch.File, error)
	}
	// Provisioner makes a sandbox in which the backup finds what it needs. A
	// Server with a Pod must be closed, also when it comes with an error.
	Provisioner interface {
		Provision(ctx context.Context, needs inspect.Needs) (provision.Server, error)
	}
	// Beginner is implemented by a Provisioner that can begin while the backup
	// is still on its way. Abandon gives up what it began and no Provision took
	// over.
	Beginner interface {
		Begin(ctx context.Context)
		Abandon(ctx context.Context) (leftovers []string)
	}
	// Restorer restores the dump into the server.
	Restorer interface {
		Restore(ctx context.Context, s provision.Server, dump restore.Dump, p outcome.Progress) (restore.Restored, error)
	}
	// Verifier compares the restored database with what was promised of it, which
	// may be nothing. taken is when its snapshot was taken.
	Verifier interface {
		Verify(ctx context.Context, s provision.Server, promised inspect.Promise, taken snapshot.Range, p outcome.Progress) (verify.Report, error)
	}
	// AppChecker boots the application on the restored database and tests it.
	AppChecker interface {
		Check(ctx context.Context, s provision.Server) (appcheck.Report, error)
	}
	// Migrator rehearses a release on the restored database.
	Migrator interface {
		Migrate(ctx context.Context, s provision.Server) (migrate.Report, error)
	}
	// Teller passes a result on: to the history, to a file, to people.
	Teller interface {
		Tell(ctx context.Context, r outcome.Result) error
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
	Version  string // of drillgres
	Image    string // of Postgres, as the config names it
	Profile  string // of the restore: rehearsal or fast
	Now      func() time.Time
	Redactor *redact.Redactor

	// Preflight is what must hold before any work: that an engine answers. Its
	// failure is the provision stage's, found before anything is fetched.
	Preflight func(ctx context.Context) error
	// Prepare comes after it and may take as long as provisioning: what would be
	// missed late, such as an image that has to be pulled. nil: nothing.
	Prepare func(ctx context.Context) error

	Locator     Locator
	Fetcher     Fetcher
	Timezone    *time.Location // of the machine that dumps; nil: not known
	Policy      inspect.Policy // what the inspect stage accepts
	Provisioner Provisioner
	Restorer    Restorer
	Verifier    Verifier
	App         AppChecker // nil: the app stage is skipped
	Migrator    Migrator   // nil: the migrate stage is skipped

	// Gate is asked whether the release may go out that was rehearsed, before
	// anybody is told. nil: nobody asks.
	Gate *gate.Question

	Budget   Budget
	Deadline map[outcome.Stage]time.Duration // overrides Deadlines

	Tellers  []Teller
	Observer Observer
	CleanUp  func(ctx context.Context) (leftovers []string) // of the run's own files
	Keep     bool                                           // leave the sandbox for inspection
}

// Budget limits how long a drill that holds may take; 0 is no limit.
type Budget struct{ Restore, Total time.Duration }

// Run proves the backup, cleans up and tells. It always comes back with a
// result, whatever happened.
func (d Drill) Run(ctx context.Context) outcome.Result {
	r := newRunner(d)
	found := d.prove(ctx, r)
	leftovers := d.cleanUp(ctx, found.server.Pod)
	return d.Tell(ctx, d.describe(r, found, leftovers))
}

// evidence is what the stages of one drill found out.
type evidence struct {
	backup   locate.Backup
	file     fetch.File
	taken    snapshot.Range    // when the backup's snapshot was taken
	findings []outcome.Finding // of the inspect stage
	server   provision.Server
	restored restore.Restored
	verified verify.Report
	app      appcheck.Report
	migrated migrate.Report
}

// prove is the story: each step hands its typed value to the next, and after
// the first failure the remaining ones are not reached.
func (d Drill) prove(ctx context.Context, r *runner) (e evidence) {
	r.preflight(ctx)
	e.backup = step(ctx, r, outcome.Locate, func(ctx context.Context) (locate.Backup, error) {
		return d.Locator.Locate(ctx)
	})
	fetched := r.begin(ctx)
	e.file = step(ctx, r, outcome.Fetch, func(ctx context.Context) (fetch.File, error) {
		return d.Fetcher.Fetch(ctx, e.backup, r.progress(outcome.Fetch))
	})
	fetched()
	e.taken = d.taken(e.backup, e.file.Contents.Source)
	e.findings = step(ctx, r, outcome.Inspect, func(context.Context) ([]outcome.Finding, error) {
		policy := d.Policy
		policy.Taken = e.taken
		return inspect.Judge(e.file.Contents, e.file.Broken, policy)
	})
	e.server = step(ctx, r, outcome.Provision, func(ctx context.Context) (provision.Server, error) {
		return d.Provisioner.Provision(ctx, e.file.Contents.Needs)
	})
	ctx, release := r.guard(ctx, e.server.Pod)
	defer release()
	e.restored = step(ctx, r, outcome.Restore, func(ctx context.Context) (restore.Restored, error) {
		dump := restore.Dump{Path: e.file.Path, Source: e.file.Contents.Source}
		restored, err := d.Restorer.Restore(ctx, e.server, dump, r.progress(outcome.Restore))
		return restored, e.unchanged(ctx, err)
	})
	e.verified = step(ctx, r, outcome.Verify, func(ctx context.Context) (verify.Report, error) {
		promised := e.file.Contents.PromiseFor(e.server.Database)
		return d.Verifier.Verify(ctx, e.server, promised, e.taken, r.progress(outcome.Verify))
	})
	e.app = stepIf(ctx, r, outcome.App, d.App != nil, "no app in the config", func(ctx context.Context) (appcheck.Report, error) {
		return d.App.Check(ctx, e.server)
	})
	e.migrated = stepIf(ctx, r, outcome.Migrate, d.Migrator != nil, "no release to rehearse", func(ctx context.Context) (migrate.Report, error) {
		return d.Migrator.Migrate(ctx, e.server)
	})
	return e
}

// unchanged tells of a backup that was read in place twice, and replaced in
// between: that explains whatever came of the restore.
func (e evidence) unchanged(ctx context.Context, err error) error {
	_, inPlace := e.backup.Source.(locate.LocalPath)
	w, ok := e.backup.Source.(locate.Watcher)
	if !inPlace || !ok || ctx.Err() != nil {
		return err
	}
	if changed := w.Unchanged(ctx, e.backup.Object); changed != nil {
		return changed
	}
	return err
}

// taken combines what the dump states with what is known of its object.
func (d Drill) taken(b locate.Backup, s inspect.Source) snapshot.Range {
	return s.TakenAt.Taken(d.Timezone, snapshot.Object{ModifiedAt: b.ModifiedAt, Size: b.Size, SeenAt: d.Now()})
}
