package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/fetch"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/locate/dir"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/prove"
	"github.com/drillgres/drillgres/drill/report"
	"github.com/drillgres/drillgres/drill/work"
)

type proveOptions struct {
	config   string
	database string
	format   string
	progress string
}

func (o proveOptions) validate() error {
	return errors.Join(
		checkFormat(o.format),
		oneOf("--progress", o.progress, "auto", "bar", "plain", "none"),
	)
}

func newProve(e edges) *cobra.Command {
	var o proveOptions
	cmd := &cobra.Command{
		Use:   "prove [DATABASE]",
		Short: "Break copies of the real backup: each must go red, the intact one green",
		Long: "The negative control. Drills the newest backup, which must pass, and then broken copies\n" +
			"of it (cut, flipped, emptied, rows removed, a sequence set back, a newer major …), each\n" +
			"of which must fail with the right code. The copies lie in the work directory, one at a\n" +
			"time, and the history does not know of their drills; the intact one is recorded as any.\n\n" + exitCodesHelp,
		Args: positional(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.database = args[0]
			}
			return runProve(cmd.Context(), e, o)
		},
	}
	configFlag(cmd, &o.config)
	formatFlag(cmd, &o.format)
	cmd.Flags().StringVar(&o.progress, "progress", "auto", "progress on stderr: auto, bar, plain or none")
	return cmd
}

func runProve(ctx context.Context, e edges, o proveOptions) error {
	if err := o.validate(); err != nil {
		return err
	}
	cfg, err := loadConfig(e, o.config)
	if err != nil {
		return err
	}
	db, err := theOne(cfg, o.database)
	if err != nil {
		return err
	}
	w, err := newWiring(ctx, e, cfg, runOptions{backup: "latest", progress: o.progress})
	if err != nil {
		return err
	}
	defer w.close()
	r, err := w.prove(ctx, db)
	if err != nil {
		return err
	}
	return finish(e, printProved(e, o.format, r), r.ExitCode)
}

func printProved(e edges, format string, r prove.Report) error {
	if format == "json" {
		return report.Document(e.stdout, r)
	}
	return report.Proved(e.stdout, r, textOptions(e))
}

// theOne is the database that was named, or else the only one.
func theOne(cfg *config.Config, name string) (*config.Database, error) {
	var names []string
	if name != "" {
		names = []string{name}
	}
	dbs, err := chosen(cfg, names)
	if err == nil && len(dbs) > 1 {
		err = usage("the config has %d databases, and one is proved at a time", len(dbs))
	}
	if err != nil {
		return nil, err
	}
	return dbs[0], nil
}

// prove drills the intact backup first: only beside one that passes does a red
// copy mean something, and its content is then what the copies are compared with.
func (w *wiring) prove(ctx context.Context, db *config.Database) (r prove.Report, err error) {
	r = prove.Report{
		SchemaVersion: outcome.SchemaVersion, Drillgres: programVersion(), Database: db.Name,
		StartedAt: w.now(), Controls: []prove.Proof{}, Leftovers: []string{}, TellErrors: []string{},
	}
	d, err := w.drillOf(db)
	if err != nil {
		return r, err
	}
	kept := &keeping{Fetcher: d.Fetcher}
	tidy := d.CleanUp
	d.Fetcher, d.CleanUp = kept, nil // what was fetched is what is broken
	d.Migrator = nil                 // a release says nothing about the backup
	d.Observer = w.proveObserver(d.RunID, db.Name, "intact")
	intact := d.Run(ctx)
	r.Intact, r.ExitCode, r.Failure = prove.IntactOf(intact), intact.ExitCode, intact.Failure
	r.Leftovers = append(r.Leftovers, intact.Leftovers...)
	r.TellErrors = append(r.TellErrors, intact.TellErrors...)
	if intact.Verdict == outcome.VerdictPassed {
		w.controls(ctx, db, kept, &r)
	}
	r.Leftovers = append(r.Leftovers, tidy(ctx)...)
	r.Held = r.Failure == nil
	r.FinishedAt = w.now()
	return r, nil
}

// controls breaks copies of the backup that was drilled.
func (w *wiring) controls(ctx context.Context, db *config.Database, kept *keeping, r *prove.Report) {
	b, err := kept.intact(ctx, inspect.Limits{MaxDecoded: decodedLimitOf(w.cfg)})
	if err == nil {
		err = w.breakCopies(ctx, db, kept, b, r)
	}
	if err == nil {
		if f := prove.Verdict(r.Controls); f != nil {
			err = f
		}
	}
	if err == nil {
		return
	}
	if ctx.Err() != nil {
		err = outcome.Fail(outcome.Interrupted, "interrupted while the controls were carried out")
	}
	f := outcome.AsFailure(err)
	r.Failure, r.ExitCode = f.Report(), f.Class().ExitCode()
	r.Failure.Message, r.Failure.Hint = w.redactor.Text(r.Failure.Message), w.redactor.Text(r.Failure.Hint)
}

func (w *wiring) breakCopies(ctx context.Context, db *config.Database, kept *keeping, b prove.Backup, r *prove.Report) error {
	id, err := newRunID(w.now())
	if err != nil {
		return err
	}
	private, err := work.New(w.workRoot, id)
	if err != nil {
		return outcome.Fail(outcome.DiskBudgetExceeded, "%w", err).WithHint("name a directory that this user may write with work.dir")
	}
	defer func() {
		if err := private.Close(); err != nil {
			r.Leftovers = append(r.Leftovers, err.Error())
		}
	}()
	log := newLogger(w.edges).With("run_id", id, "database", db.Name)
	p := prove.Prover{
		Dir: private.Path, Limit: kept.room(int64(w.cfg.Work.Limit)), MaxDecoded: decodedLimitOf(w.cfg),
		Unchanged: kept.unchanged,
		Drill: func(ctx context.Context, c prove.Control, copied prove.Copy) outcome.Result {
			result := w.drillCopy(ctx, db, c, copied)
			r.Leftovers = append(r.Leftovers, result.Leftovers...)
			return result
		},
		Ended: func(p prove.Proof) { w.sayProof(log, p) },
	}
	r.Controls, err = p.Prove(ctx, b, prove.Controls(b, db))
	return err
}

// drillCopy drills a broken copy as the backup itself is drilled, but for its
// age, its size, the budgets and a release, which say nothing about the damage. Nobody is
// told: in the history it would be a backup that failed.
func (w *wiring) drillCopy(ctx context.Context, db *config.Database, c prove.Control, copied prove.Copy) outcome.Result {
	d, err := w.drillOf(db)
	if err != nil {
		f := outcome.AsFailure(err)
		return outcome.Result{Verdict: f.Class().Verdict(), Failure: f.Report()}
	}
	d.Locator = locator{
		open:  func(context.Context) (locate.Source, error) { return dir.New(copied.Dir) },
		rules: locate.Rules{Want: copied.Name}, now: w.now,
	}
	d.Policy.MaxAge = 0
	d.Budget, d.Migrator = drill.Budget{}, nil
	d.Tellers = nil
	d.Observer = w.proveObserver(d.RunID, db.Name, c.Name)
	return d.Run(ctx)
}

// proveObserver shows a live line on a terminal. Log lines of the stages of
// drills that are meant to fail would mislead whoever watches a log.
func (w *wiring) proveObserver(runID, database, control string) drill.Observer {
	o := newObserver(w.edges, w.opts.progress, runID, database+"  "+control)
	if _, live := o.(*barObserver); live || control == "intact" {
		return o
	}
	return nil
}

func (w *wiring) sayProof(log *slog.Logger, p prove.Proof) {
	if w.opts.progress == "none" {
		return
	}
	level := slog.LevelInfo
	if p.Status == prove.NotHeld {
		level = slog.LevelError
	}
	log.Log(context.Background(), level, "control "+string(p.Status), "control", p.Control, "stage", p.Stage, "code", p.Code,
		"took", time.Duration(p.Seconds*float64(time.Second)).Round(10*time.Millisecond))
}

// keeping is a fetcher that remembers what it fetched.
type keeping struct {
	drill.Fetcher
	file   fetch.File
	backup locate.Backup
}

func (k *keeping) Fetch(ctx context.Context, b locate.Backup, p outcome.Progress) (fetch.File, error) {
	f, err := k.Fetcher.Fetch(ctx, b, p)
	k.file, k.backup = f, b
	return f, err
}

// intact is the backup that was fetched, and where things lie in it.
func (k *keeping) intact(ctx context.Context, l inspect.Limits) (prove.Backup, error) {
	f, err := os.Open(k.file.Path)
	if err != nil {
		return prove.Backup{}, outcome.Fail(outcome.BackupChanged, "read the backup again: %w", err)
	}
	defer f.Close()
	layout, err := inspect.Map(ctx, f, l)
	if err != nil {
		return prove.Backup{}, firstOf(k.unchanged(ctx), err)
	}
	return prove.Backup{
		File: k.file, Layout: layout, ModifiedAt: k.backup.ModifiedAt, Summed: k.backup.SHA256 != "",
	}, nil
}

// unchanged tells of a backup that is read where it lies, and was replaced
// meanwhile.
func (k *keeping) unchanged(ctx context.Context) error {
	_, inPlace := k.backup.Source.(locate.LocalPath)
	if source, ok := k.backup.Source.(locate.Watcher); ok && inPlace {
		return source.Unchanged(ctx, k.backup.Object)
	}
	return nil
}

// room is what work.limit leaves for a copy beside what was fetched.
func (k *keeping) room(limit int64) int64 {
	if _, inPlace := k.backup.Source.(locate.LocalPath); limit == 0 || inPlace {
		return limit
	}
	return max(limit-k.file.Size, 1)
}
