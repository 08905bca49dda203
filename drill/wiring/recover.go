package wiring

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/fetch"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/restore"
	"github.com/drillgres/drillgres/drill/sandbox"
	"github.com/drillgres/drillgres/drill/target"
)

// RecoverOptions hold what the command line says about a restore into a real server.
type RecoverOptions struct {
	To        target.Target
	Backup    string // Latest or "", a key at the source, or the path of a local file
	WithRoles bool
	Loader    string // instead of restore.loader; empty: that, or what the last verified drill needed
	Jobs      int    // instead of restore.jobs; 0: that
	Observer  func(drill.Drill) drill.Observer
	// Confirm decides whether to restore. It is called before anything is written.
	Confirm func(drill.Recovery, target.Plan) (bool, error)
}

// Recover restores a backup of a database into a real server. It only reads the history. The
// result is empty if Confirm returned false.
func Recover(ctx context.Context, cfg *config.Config, db *config.Database, o Options, ro RecoverOptions) (outcome.Result, error) {
	o = o.withDefaults()
	id, err := NewRunID(o.Now())
	if err != nil {
		return outcome.Result{}, err
	}
	root, err := WorkRoot(cfg)
	if err != nil {
		return outcome.Result{}, err
	}
	private, err := NewWorkDir(root, id)
	if err != nil {
		return outcome.Result{}, err
	}
	defer private.Close() //nolint:errcheck // may be called twice: the drill reports it
	redactor := redactorOf(cfg, o)
	redactor.Add(ro.To.Secrets()...)

	opener := openerOf(db, DecodedLimitOf(cfg), private.Shared)
	set := inspect.NewSet(&opener)
	locator := NewLocator(db, ro.Backup, o.Now)
	locator.opener = &opener
	locator.Rules.MaxAge, locator.Rules.Keep, locator.Rules.Gap = 0, 0, 0
	how := restoreFor(ctx, cfg, db, o, ro)
	restorer := restore.Restorer{Config: how, Opener: &opener, WorkDir: private.Shared}
	real := &target.Real{
		Target: ro.To, Name: db.Name, Config: db.Postgres, Restorer: restorer, RunID: id, WithRoles: ro.WithRoles, Now: o.Now,
		Container: func(ctx context.Context, folders []string) (sandbox.Programs, error) {
			return openPrograms(ctx, db, root, id, folders, o)
		},
	}
	d := drill.Drill{
		Database: db.Name, RunID: id, Version: o.Version, Now: o.Now, Redactor: redactor,
		Locator: locator, Opener: &opener, Timezone: timezoneOf(db), Policy: policyOf(db, o.Now()),
		Fetcher: fetch.Fetcher{
			Dir: private.Shared, Limit: int64(cfg.Work.Limit),
			MinSize: int64(db.Backup.MinSize), Scan: set.Scan, ScanDirectory: set.ScanDirectory,
		},
		Restorer: restorer, Verifier: recoveryVerifier(cfg, db), Deadline: deadlines(db),
		CleanUp: func(context.Context) []string {
			if err := private.Close(); err != nil {
				return []string{err.Error()}
			}
			return nil
		},
	}
	d.Observer = ro.Observer(d)
	result, err := d.Recover(ctx, real, func(r drill.Recovery) (bool, error) { return ro.Confirm(r, real.Plan) })
	if result.RunID != "" {
		result.Postgres.Target, result.Postgres.Image = ro.To.String(), ""
	}
	return result, err
}

// restoreFor returns how to restore. A dump that several sessions could not load in the last
// verified drill is loaded by a client with one job: in a real server a second attempt would need an
// empty database.
func restoreFor(ctx context.Context, cfg *config.Config, db *config.Database, o Options, ro RecoverOptions) config.Restore {
	how := db.Restore
	if ro.Jobs > 0 {
		how.Jobs = ro.Jobs
	}
	if ro.Loader != "" {
		how.Loader = ro.Loader
		return how
	}
	past, _ := verifiedResults(ctx, cfg, db.Name, o, 1) // without it, the loader may fail
	for _, r := range past {
		for _, s := range r.Stages {
			if why, _ := s.Details["why_client"].(string); restore.NeedsOneJob(why) {
				how.Loader = restore.LoaderClient
				how.Jobs = cmp.Or(ro.Jobs, 1)
			}
		}
	}
	return how
}

// openPrograms starts a container of production's image.
func openPrograms(ctx context.Context, db *config.Database, root, id string, folders []string, o Options) (sandbox.Programs, error) {
	engine, err := Connect(ctx, root, o)
	if err != nil {
		return nil, err
	}
	programs, err := engine.Programs(ctx, id, provision.ImageOf(db.Postgres), folders)
	if err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	return closing{programs, engine.Close}, nil
}

// closing also closes the connection to the engine.
type closing struct {
	sandbox.Programs
	engine func() error
}

func (c closing) Close(ctx context.Context) []string {
	left := c.Programs.Close(ctx)
	_ = c.engine() // closes idle connections
	return left
}

// recoveryVerifier returns the verify stage of a restore into a real server. It checks what
// needs no sandbox: the catalog and the rows, but not the pages under them.
func recoveryVerifier(cfg *config.Config, db *config.Database) drill.Verifier {
	v := verifierOf(db, "")
	v.Config.Integrity = "basic"
	if cfg.Record.History != "" {
		v.Past = readOnly{cfg}
	}
	return v
}

// readOnly reads a history that it neither creates nor changes.
type readOnly struct{ cfg *config.Config }

// Earlier returns what earlier drills verified. A history that nobody has written yet has none.
func (r readOnly) Earlier(ctx context.Context, database string, taken time.Time, window int) (outcome.Earlier, error) {
	earlier, err := fromHistory(ctx, r.cfg, func(h *record.History) (outcome.Earlier, error) {
		return h.Earlier(ctx, database, taken, window)
	})
	if r.cfg.Record.History.IsPath() && errors.Is(err, fs.ErrNotExist) {
		return outcome.Earlier{}, nil
	}
	return earlier, err
}
