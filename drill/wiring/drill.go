package wiring

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/drillgres/drillgres/appcheck"
	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/fetch"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/migrate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/restore"
	"github.com/drillgres/drillgres/drill/snapshot"
	"github.com/drillgres/drillgres/drill/verify"
	"github.com/drillgres/drillgres/drill/work"
)

// Latest selects the newest backup.
const Latest = "latest"

// DrillOptions hold the options of one drill that are not in the config.
type DrillOptions struct {
	Backup string // Latest or "", a key at the source, or the path of a local file
	Keep   bool   // leave the sandbox for inspection
	Gate   bool   // the drill decides about a release
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
	set := inspect.NewSet(&opener)
	locator := NewLocator(db, o.Backup, w.options.Now)
	locator.opener = &opener
	server := w.provisioner(db, id, private, o.Keep)
	d := drill.Drill{
		Database: db.Name, RunID: id, Version: w.options.Version, Now: w.options.Now, Redactor: w.Redactor,
		Image: string(db.Postgres.Image), Profile: db.Restore.Profile,
		Preflight: func(ctx context.Context) error { return w.giveEngine(ctx, server, db.App) },
		Prepare:   func(ctx context.Context) error { return w.renewImages(ctx, imagesToRenew(w.Config, db, o.Gate)) },
		Locator:   locator,
		Timezone:  timezoneOf(db),
		Fetcher: fetch.Fetcher{
			Dir: private.Shared, Limit: int64(w.Config.Work.Limit),
			MinSize: int64(db.Backup.MinSize), Scan: set.Scan, ScanDirectory: set.ScanDirectory,
		},
		Policy:       policyOf(db, w.options.Now()),
		Provisioner:  provisioner{w, server},
		Restorer:     restore.Restorer{Config: db.Restore, Opener: &opener, WorkDir: private.Shared},
		Verifier:     verify.Verifier{Config: db.Verify, Database: db.Name, RunID: id, Past: w.History},
		Deadline:     deadlines(db),
		Budget:       drill.Budget{Restore: time.Duration(db.Budget.Restore), Total: time.Duration(db.Budget.Total)},
		Tellers:      []drill.Teller{w.History},
		Keep:         o.Keep,
		Opener:       &opener,
		OpenedBefore: func(ctx context.Context) ([]string, error) { return w.History.OpeningKeys(ctx, db.Name) },
		DumpedBefore: func(ctx context.Context) ([]string, error) { return w.History.DumpedDatabases(ctx, db.Name) },
		CleanUp: func(context.Context) []string {
			if err := private.Close(); err != nil {
				return []string{err.Error()}
			}
			return nil
		},
	}
	if db.App != nil {
		d.App = appcheck.Checker{Config: db.App, Redactor: w.Redactor, Keep: o.Keep && !Rehearses(db)}
	}
	if Rehearses(db) {
		d.Migrator = migrate.Rehearsal{Config: *db.Migrate, App: db.App, Redactor: w.Redactor}
	}
	return d, nil
}

// openerOf returns what opens the layers around the backups of a database.
func openerOf(db *config.Database, limit int64, dir string) layers.Opener {
	return layers.Opener{Keys: keyringOf(db.Backup), Member: db.Backup.Member, MaxDecoded: limit, Dir: dir}
}

// deadlines returns the deadlines that the config of a database changes.
func deadlines(db *config.Database) map[outcome.Stage]time.Duration {
	return map[outcome.Stage]time.Duration{outcome.Verify: drill.Deadlines[outcome.Verify] + time.Duration(db.Verify.IntegrityWithin)}
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

// policy returns the policy of the inspect stage.
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
	engine, memory, err := w.engine.get(ctx)
	if err != nil {
		return err
	}
	p.Opener = engine
	if p.Config.Memory == 0 {
		p.Config.Memory = memory
	}
	p.ContainerMemory = shareOf(app, p.Config.Memory)
	return nil
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
