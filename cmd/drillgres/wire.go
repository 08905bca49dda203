package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/drillgres/drillgres/appcheck"
	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/fetch"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/locate/dir"
	"github.com/drillgres/drillgres/drill/locate/s3"
	"github.com/drillgres/drillgres/drill/migrate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/restore"
	"github.com/drillgres/drillgres/drill/sandbox/docker"
	"github.com/drillgres/drillgres/drill/snapshot"
	"github.com/drillgres/drillgres/drill/verify"
	"github.com/drillgres/drillgres/drill/work"
)

// wiring puts the adapters of one command together. It is the only place that
// knows all of them.
type wiring struct {
	edges
	cfg      *config.Config
	opts     runOptions
	log      *slog.Logger
	redactor *redact.Redactor
	workRoot string
	history  *record.History

	engine    *docker.Engine // nil until preflight
	engineErr error
	memory    config.Size // of a sandbox whose config does not say
}

// newWiring opens what must work before any drill starts.
func newWiring(ctx context.Context, e edges, cfg *config.Config, o runOptions) (*wiring, error) {
	w := &wiring{edges: e, cfg: cfg, opts: o, log: newLogger(e), redactor: new(redact.Redactor)}
	w.redactor.Add(cfg.Secrets()...)
	w.redactor.Add(environmentSecrets(e)...)
	var err error
	if w.workRoot, err = workRoot(cfg); err != nil {
		return nil, err
	}
	if w.history, err = openHistory(ctx, cfg); err != nil {
		return nil, err
	}
	return w, nil
}

func (w *wiring) close() { _ = w.history.Close() } // every Tell was committed

// policy is what the dump is judged by. One that was asked for may be of any age.
func (w *wiring) policy(db *config.Database) inspect.Policy {
	p := inspect.Policy{Major: majorOf(db), AllowEmpty: db.Verify.AllowEmpty, Now: w.now()}
	if w.opts.backup == "latest" {
		p.MaxAge = time.Duration(db.Backup.MaxAge)
	}
	return p
}

// provisioner makes its server on the engine that preflight has connected to.
type provisioner struct {
	w *wiring
	*provision.Provisioner
}

var _ drill.Beginner = provisioner{}

func (p provisioner) Begin(ctx context.Context) {
	p.connect()
	p.Provisioner.Begin(ctx)
}

// connect takes what preflight has found out. Not every drill begins early.
func (p provisioner) connect() {
	p.Opener = p.w.engine
	if p.Config.Memory == 0 {
		p.Config.Memory = p.w.memory
	}
}

func (p provisioner) Provision(ctx context.Context, needs inspect.Needs) (provision.Server, error) {
	p.connect()
	s, err := p.Provisioner.Provision(ctx, needs)
	p.w.redactor.Add(s.Password)
	return s, err
}

// majorOf is production's major; the config has been checked to hold a number.
func majorOf(db *config.Database) int {
	major, _ := strconv.Atoi(db.Postgres.Version)
	return major
}

// decodedLimit ends a decompression bomb where the config has no limit of its
// own: 16 TiB is more than what can be restored within the deadlines.
const decodedLimit = 16 << 40

func decodedLimitOf(cfg *config.Config) int64 {
	if cfg.Work.Limit > 0 {
		return int64(cfg.Work.Limit)
	}
	return decodedLimit
}

func workRoot(cfg *config.Config) (string, error) {
	if cfg != nil && cfg.Work.Dir != "" {
		return cfg.Work.Dir, nil
	}
	return work.DefaultRoot()
}

// environmentSecrets are the object store's credentials: the SDK reads them by
// itself, and no text of ours may hold them.
func environmentSecrets(e edges) (secrets []redact.Secret) {
	for _, name := range []string{"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
		if v, ok := e.getenv(name); ok {
			secrets = append(secrets, redact.Secret(v))
		}
	}
	return secrets
}

// drillOf wires one drill. It makes the run's private directory, which the
// drill's clean-up removes.
func (w *wiring) drillOf(db *config.Database) (drill.Drill, error) {
	id, err := newRunID(w.now())
	if err != nil {
		return drill.Drill{}, err
	}
	private, err := work.New(w.workRoot, id)
	if err != nil {
		return drill.Drill{}, outcome.Fail(outcome.DiskBudgetExceeded, "%w", err).WithHint("name a directory that this user may write with work.dir")
	}
	limits := inspect.Limits{MaxDecoded: decodedLimitOf(w.cfg)}
	d := drill.Drill{
		Database: db.Name, RunID: id, Version: programVersion(), Now: w.now, Redactor: w.redactor,
		Image: string(db.Postgres.Image), Profile: db.Restore.Profile,
		Preflight: w.preflight,
		Locator:   newLocator(w.edges, w.cfg, db, w.opts.backup),
		Timezone:  timezoneOf(db),
		Fetcher: fetch.Fetcher{
			Dir: private.Shared, Limit: int64(w.cfg.Work.Limit),
			Scan: func(ctx context.Context, r io.Reader) (inspect.Contents, error) {
				return inspect.Scan(ctx, r, limits)
			},
		},
		Policy:      w.policy(db),
		Provisioner: w.provisioner(db, id, private),
		Restorer:    restore.Restorer{Config: db.Restore, Limits: limits, WorkDir: private.Shared},
		Verifier:    verify.Verifier{Config: db.Verify, Database: db.Name, RunID: id, Past: w.history},
		Deadline:    map[outcome.Stage]time.Duration{outcome.Verify: drill.Deadlines[outcome.Verify] + time.Duration(db.Verify.IntegrityWithin)},
		Budget:      drill.Budget{Restore: time.Duration(db.Budget.Restore), Total: time.Duration(db.Budget.Total)},
		Tellers:     []drill.Teller{w.history},
		Observer:    w.step.observe(newObserver(w.edges, w.opts.progress, id, db.Name), db.Name),
		Keep:        w.opts.keep,
		CleanUp: func(context.Context) []string {
			if err := private.Close(); err != nil {
				return []string{err.Error()}
			}
			return nil
		},
	}
	if db.App != nil {
		d.App = appcheck.Checker{Config: db.App, Redactor: w.redactor, Keep: w.opts.keep && !rehearses(db)}
	}
	if rehearses(db) {
		d.Migrator = migrate.Rehearsal{Config: *db.Migrate, App: db.App, Redactor: w.redactor}
	}
	return d, nil
}

// timezoneOf is that of the machine that dumps; nil: not known. The config has
// been checked to name a zone.
func timezoneOf(db *config.Database) *time.Location {
	zone, _ := snapshot.LoadZone(db.Backup.Timezone)
	return zone
}

// rehearses tells whether there is a release to rehearse.
func rehearses(db *config.Database) bool {
	return db.Migrate != nil && (db.Migrate.SQL != "" || db.Migrate.Image != "")
}

func (w *wiring) provisioner(db *config.Database, id string, private *work.Dir) drill.Provisioner {
	p := &provision.Provisioner{
		Config: db.Postgres, Restore: db.Restore, Database: db.Name,
		RunID: id, WorkDir: private.Shared, Keep: w.opts.keep,
	}
	if db.App != nil {
		p.AppRole = db.App.Role
		for name := range db.App.Services {
			p.Hosts = append(p.Hosts, name)
		}
		slices.Sort(p.Hosts)
	}
	return provisioner{w, p}
}

// preflight connects to the container engine, once, and sweeps what dead runs
// have left there and in the work directory.
func (w *wiring) preflight(ctx context.Context) error {
	if w.engine == nil && w.engineErr == nil {
		w.engineErr = w.connect(ctx)
	}
	return w.engineErr
}

// defaultMemory is a sandbox's where the config does not say, if the engine's
// machine has enough of it.
const defaultMemory = 4 << 30

func (w *wiring) connect(ctx context.Context) error {
	engine, err := docker.Connect(ctx, docker.Options{Root: w.workRoot, Log: w.log})
	if err != nil {
		return err
	}
	about, err := engine.Describe(ctx)
	if err != nil {
		return err
	}
	w.engine, w.memory = engine, config.Size(min(defaultMemory, about.Memory/4*3))
	sweepBefore(ctx, engine, w.workRoot, w.log)
	return nil
}

// newRunID is the time and some randomness: sortable, and unique.
func newRunID(now time.Time) (string, error) {
	random := make([]byte, 4)
	if _, err := rand.Read(random); err != nil {
		return "", fmt.Errorf("make run id: %w", err)
	}
	return now.UTC().Format("20060102-150405-") + hex.EncodeToString(random), nil
}

// locator opens its source when it is asked: a source that cannot be opened
// is then a failure of the locate stage.
type locator struct {
	open  func(context.Context) (locate.Source, error)
	rules locate.Rules
	now   func() time.Time
}

func (l locator) Locate(ctx context.Context) (locate.Backup, error) {
	source, err := l.open(ctx)
	if err != nil {
		return locate.Backup{Chosen: l.rules.Asked()}, err
	}
	return locate.Locator{Source: source, Rules: l.rules, Now: l.now}.Locate(ctx)
}

// newLocator wires the choice of a backup: the newest, a key at the source, or
// a file of this machine.
func newLocator(e edges, cfg *config.Config, db *config.Database, want string) locator {
	from := db.Backup
	rules := locate.Rules{Match: from.Match, MaxAge: time.Duration(from.MaxAge), MinSize: int64(from.MinSize), Want: want}
	if isPath(want) {
		// A file that was named on the command line is drilled as it is.
		from, rules = config.Backup{From: config.Text(want)}, locate.Rules{File: true}
	} else if !strings.Contains(string(from.From), "://") {
		from.From = config.Text(cfg.Resolve(string(from.From)))
	}
	open := func(ctx context.Context) (locate.Source, error) { return openSource(ctx, from) }
	return locator{open: open, rules: rules, now: e.now}
}

// isPath tells a local file from a key at the source.
func isPath(backup string) bool {
	return filepath.IsAbs(backup) || strings.HasPrefix(backup, "./") || strings.HasPrefix(backup, "../")
}

func openSource(ctx context.Context, b config.Backup) (locate.Source, error) {
	from := string(b.From)
	if !strings.HasPrefix(from, "s3://") {
		return dir.New(from)
	}
	return s3.New(ctx, s3.Options{
		URL: from, Endpoint: string(b.S3.Endpoint), Region: string(b.S3.Region),
		PathStyle: b.S3.PathStyle, Profile: b.S3.Profile,
	})
}
