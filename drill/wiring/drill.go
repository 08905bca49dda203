package wiring

import (
	"cmp"
	"context"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/drillgres/drillgres/appcheck"
	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/equip"
	"github.com/drillgres/drillgres/drill/fetch"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/migrate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/restore"
	"github.com/drillgres/drillgres/drill/sandbox/docker"
	"github.com/drillgres/drillgres/drill/snapshot"
	"github.com/drillgres/drillgres/drill/verify"
	"github.com/drillgres/drillgres/drill/work"
)

// Latest selects the newest backup.
const Latest = "latest"

// DrillOptions hold the options of one drill that are not in the config.
type DrillOptions struct {
	Backup string        // Latest or "", a key at the source, or the path of a local file
	Keep   bool          // leave the sandbox for inspection
	Gate   bool          // the drill decides about a release
	ByKey  bool          // the drill says nothing about the newest backup, even if Backup is the newest
	MaxAge time.Duration // how old the backup may be, where backup.max_age allows less; 0: as old as that allows

	Named  bool              // the source is the backup itself, which the user named instead of a config
	Stream io.Reader         // the backup, instead of its source; nil: none
	Noted  []outcome.Finding // about what the caller assumed
}

// Drill wires one drill. It creates the private directory of the run, which the
// clean-up of the drill removes. The preflight of the drill connects to the engine.
func (w *Wiring) Drill(db *config.Database, o DrillOptions) (drill.Drill, error) {
	id, err := NewRunID(w.options.Now())
	if err != nil {
		return drill.Drill{}, err
	}
	private, err := w.NewWorkDir(id)
	if err != nil {
		return drill.Drill{}, err
	}
	opener := openerOf(db, DecodedLimitOf(w.Config), private.Shared)
	set, arriving := inspect.NewSet(&opener), inspect.NewArriving()
	set.FollowedBy(arriving)
	locator := locatorFor(db, o, w.options.Now)
	locator.opener = &opener
	policy := policyOf(db, w.options.Now())
	if policy.MaxAge > 0 && o.MaxAge > policy.MaxAge {
		policy.MaxAge, locator.Rules.MaxAge = o.MaxAge, o.MaxAge
	}
	server := w.provisioner(db, id, private, o.Keep)
	restorer, verifier := restore.Restorer{Config: db.Restore, Opener: &opener, WorkDir: private.Shared}, verifierOf(db, id)
	readAhead(db, &restorer, &verifier)
	d := drill.Drill{
		Database: db.Name, RunID: id, Version: w.options.Version, Now: w.options.Now, Redactor: w.Redactor,
		Image: string(db.Postgres.Image), Profile: db.Restore.Profile,
		Preflight: func(ctx context.Context) error { return w.giveEngine(ctx, server, db.App) },
		Prepare:   func(ctx context.Context) error { return w.renewImages(ctx, imagesToRenew(w.Config, db, o.Gate)) },
		Locator:   locator,
		Timezone:  timezoneOf(db),
		Fetcher: fetch.Fetcher{
			Dir: private.Shared, Limit: int64(w.Config.Work.Limit),
			MinSize: int64(db.Backup.MinSize), Scan: set.Scan, ScanDirectory: set.ScanDirectory, Arriving: arriving,
		},
		Arriving:    arriving,
		Policy:      policy,
		Provisioner: provisioner{w, server},
		Restorer:    restorer,
		Verifier:    verifier,
		Deadline:    deadlines(db),
		Budget:      drill.Budget{Restore: time.Duration(db.Budget.Restore), Total: time.Duration(db.Budget.Total)},
		Keep:        o.Keep,
		Opener:      &opener,
		Noted:       o.Noted,
		CleanUp: func(context.Context) []string {
			if err := private.Close(); err != nil {
				return []string{err.Error()}
			}
			return nil
		},
	}
	if w.History != nil {
		verifier.Past = w.History
		d.Verifier = verifier
		w.addHistory(&d, db)
	}
	if w.tracer != nil {
		d.Tellers = append(d.Tellers, tracer{w.tracer, w.options.Log})
	}
	if w.signing != nil {
		w.addEvidence(&d, db, o.Keep)
	}
	w.addNotifier(&d, !o.Gate && !o.Named && (o.Backup == "" || o.Backup == Latest))
	if db.App != nil {
		d.App = appcheck.Checker{Config: db.App, Redactor: w.Redactor, Keep: o.Keep && !Rehearses(db)}
	}
	if Rehearses(db) {
		d.Migrator = migrate.Rehearsal{Config: *db.Migrate, App: db.App, Redactor: w.Redactor}
	}
	return d, nil
}

// verifierOf returns the verify stage, which runs restore.after.
func verifierOf(db *config.Database, id string) verify.Verifier {
	v := verify.Verifier{Config: db.Verify, Database: db.Name, RunID: id}
	if len(db.Restore.After) > 0 {
		v.After = restore.Restorer{Config: db.Restore}.After
	}
	return v
}

// readAhead lets the restore stage read tables for the verify stage, unless restore.after changes them between the two.
func readAhead(db *config.Database, r *restore.Restorer, v *verify.Verifier) {
	if v.After != nil {
		return
	}
	if v.Ahead = verify.NewAhead(db.Verify); v.Ahead != nil {
		r.Reader = v.Ahead
	}
}

// addHistory lets a drill compare with earlier ones, and records it.
func (w *Wiring) addHistory(d *drill.Drill, db *config.Database) {
	d.Tellers = []drill.Teller{w.recorder()}
	d.OpenedBefore = func(ctx context.Context) ([]string, error) { return w.History.OpeningKeys(ctx, db.Name) }
	d.DumpedBefore = func(ctx context.Context) ([]string, error) { return w.History.DumpedDatabases(ctx, db.Name) }
	d.VerifiedBefore = func(ctx context.Context) ([]outcome.Backup, error) {
		return w.History.VerifiedBackups(ctx, db.Name, w.options.Now())
	}
}

// openerOf returns what opens the layers around the backups of a database.
func openerOf(db *config.Database, limit int64, dir string) layers.Opener {
	return layers.Opener{Keys: keyringOf(db.Backup), Member: db.Backup.Member, MaxDecoded: limit, Dir: dir}
}

// deadlines returns the deadlines that the config of a database changes.
func deadlines(db *config.Database) map[outcome.Stage]time.Duration {
	verify := drill.Deadlines[outcome.Verify] + time.Duration(db.Verify.IntegrityWithin)
	if len(db.Restore.After) > 0 {
		verify += restore.Restorer{Config: db.Restore}.Timeout()
	}
	return map[outcome.Stage]time.Duration{outcome.Verify: verify}
}

// LongestDrill returns how long a drill of any database of the config can take.
func LongestDrill(cfg *config.Config) time.Duration {
	longest := drill.Longest(nil)
	for _, db := range cfg.Databases {
		longest = max(longest, drill.Longest(deadlines(db)))
	}
	return longest
}

// timezoneOf returns the zone of the machine that dumps, or nil if it is unknown.
func timezoneOf(db *config.Database) *time.Location {
	zone, _ := snapshot.LoadZone(db.Backup.Timezone) // checked when the config was loaded
	return zone
}

// Rehearses reports whether the drill of a database rehearses a release.
func Rehearses(db *config.Database) bool {
	return db.Migrate != nil && (db.Migrate.SQL != "" || db.Migrate.Image != "")
}

// policyOf returns what a drill of a database accepts of its backup.
func policyOf(db *config.Database, now time.Time) inspect.Policy {
	return inspect.Policy{Major: majorOf(db), AllowEmpty: db.Verify.AllowEmpty, Database: db.Backup.Database, MaxAge: time.Duration(db.Backup.MaxAge), Now: now}
}

// majorOf returns production's major version.
func majorOf(db *config.Database) int {
	major, _ := strconv.Atoi(db.Postgres.Version) // checked when the config was loaded
	return major
}

func (w *Wiring) provisioner(db *config.Database, id string, private *work.Dir, keep bool) *provision.Provisioner {
	p := &provision.Provisioner{
		Config: db.Postgres, Restore: db.Restore, Database: db.Name,
		RunID: id, WorkDir: private.Shared, Keep: keep,
	}
	if w.History != nil {
		p.Preloaded = func(ctx context.Context) string {
			libraries, _ := w.History.Preloaded(ctx, db.Name) // without it, the server may start twice
			return libraries
		}
	}
	if db.App != nil {
		p.AppRole = db.App.Role
		p.Hosts = sortedServices(db.App)
	}
	return p
}

func sortedServices(app *config.App) []string { return slices.Sorted(maps.Keys(app.Services)) }

// giveEngine sets the engine of a provisioner, and what depends on it. It is the preflight of a drill, so it
// ends before the provisioner is used.
func (w *Wiring) giveEngine(ctx context.Context, p *provision.Provisioner, app *config.App) error {
	m, err := w.engine.get(ctx)
	if err != nil {
		return err
	}
	p.Opener = m.Engine
	p.Maker = w.maker(m.Engine, p)
	p.Config.Memory = cmp.Or(p.Config.Memory, defaultMemoryOn(m.total))
	p.ContainerMemory = shareOf(app, p.Config.Memory)
	return nil
}

// maker returns what makes images for the database of a provisioner.
func (w *Wiring) maker(engine *docker.Engine, p *provision.Provisioner) equip.Maker {
	m := MakerOf(w.Config, p.Database, p.Config.Build, engine)
	m.RunID, m.Turn, m.Log = p.RunID, w.making, w.options.Log
	return m
}

// MakerOf returns what makes images for a database. It has no run.
func MakerOf(cfg *config.Config, database string, build config.Build, engine *docker.Engine) equip.Maker {
	return equip.Maker{Store: engine, Workshop: engine, Database: cfg.Dir + "\x00" + database, Build: build}
}

// MemoryOf returns the memory limits of a drill, in bytes: that of Postgres, and what the
// other containers may use together. Migrations have a share of the application's. db is nil: of a drill without a config.
func MemoryOf(db *config.Database, ofEngine int64) (server, others int64) {
	server = int64(defaultMemoryOn(ofEngine))
	if db == nil {
		return server, 0
	}
	server = cmp.Or(int64(db.Postgres.Memory), server)
	if db.App == nil && !Rehearses(db) {
		return server, 0
	}
	if db.App != nil {
		others = int64(db.App.Memory)
	}
	return server, cmp.Or(others, server)
}

// shareOf returns the memory limit of each container besides Postgres: one of as
// many shares as can run at the same time.
func shareOf(app *config.App, server config.Size) int64 {
	if app == nil { // only migrations
		return int64(server)
	}
	return int64(cmp.Or(app.Memory, server)) / int64(1+len(app.Services))
}

// provisioner adds the password of each server that it creates to the redactor of all
// drills.
type provisioner struct {
	w *Wiring
	*provision.Provisioner
}

var _ drill.Beginner = provisioner{}

func (p provisioner) Provision(ctx context.Context, needs inspect.Needs) (provision.Server, error) {
	s, err := p.Provisioner.Provision(ctx, needs)
	p.w.Redactor.Add(s.Password)
	return s, err
}
