package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/progress"
	"github.com/drillgres/drillgres/drill/prove"
	"github.com/drillgres/drillgres/drill/report"
	"github.com/drillgres/drillgres/drill/wiring"
	"github.com/drillgres/drillgres/drill/words"
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
		checkProgress(o.progress),
	)
}

func newProve(e edges) *cobra.Command {
	var o proveOptions
	cmd := &cobra.Command{
		Use:   "prove [DATABASE]",
		Short: "Drill broken copies of the real backup: each must fail, and the intact backup must pass",
		Long: "The negative control of a drill. It drills the newest backup, which must pass, and then broken\n" +
			"copies of it (cut, flipped, emptied, rows removed, a sequence set back, a newer major …), each\n" +
			"of which must fail with the right code. The copies are made in the work directory, one at a\n" +
			"time. Only the drill of the intact backup is recorded.\n\n" + exitCodesHelp,
		Args:              positional(cobra.MaximumNArgs(1)),
		ValidArgsFunction: firstOnly(databaseNames),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.database = args[0]
			}
			return runProve(cmd.Context(), e, o)
		},
	}
	configFlag(cmd, &o.config)
	formatFlag(cmd, &o.format)
	progressFlag(cmd, &o.progress)
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
	db, err := selectDatabase(cfg, o.database, "prove")
	if err != nil {
		return err
	}
	w, err := newSession(ctx, e, cfg, runOptions{backup: "latest", progress: o.progress, parallel: 1}, db)
	if err != nil {
		return err
	}
	defer w.close()
	p, err := w.prover(db)
	if err != nil {
		return err
	}
	r, err := p.Prove(ctx)
	w.display.Close()
	if err != nil {
		return err
	}
	return finish(w.edges, printProved(e, o.format, r), r.ExitCode)
}

func printProved(e edges, format string, r prove.Report) error {
	if format == "json" {
		return report.Document(e.stdout, r)
	}
	return report.Proved(e.stdout, r, textOptions(e))
}

// selectDatabase returns the database of that name, or the only one if name is empty, for a
// command that takes one.
func selectDatabase(cfg *config.Config, name, command string) (*config.Database, error) {
	var names []string
	if name != "" {
		names = []string{name}
	}
	dbs, err := selectDatabases(cfg, names)
	if err == nil && len(dbs) > 1 {
		err = usage("the config has %d databases, but %s takes one", len(dbs), command).WithHint("choose from: %s", strings.Join(cfg.Names(), ", "))
	}
	if err != nil {
		return nil, err
	}
	return dbs[0], nil
}

// prover returns the negative control of a database.
func (w *session) prover(db *config.Database) (prove.Prover, error) {
	id, err := wiring.NewRunID(w.now())
	log := newLogger(w.edges).With("run_id", id, "database", db.Name)
	return prove.Prover{
		Database: db, Version: programVersion(), Now: w.now, Redactor: w.Redactor,
		NewDrill: func(name string) (drill.Drill, error) {
			return w.controlOf(db, name)
		},
		NewDir:    func() (*work.Dir, error) { return w.NewWorkDir(id) },
		WorkLimit: int64(w.Config.Work.Limit), MaxDecoded: wiring.DecodedLimitOf(w.Config),
		Ended: func(p prove.Proof) { w.logProof(log, p) },
	}, err
}

// controlOf wires the drill of a control. In a log, only the drill of the intact backup is shown:
// stages that are intended to fail would be misleading there.
func (w *session) controlOf(db *config.Database, control string) (drill.Drill, error) {
	d, err := w.Drill(db, wiring.DrillOptions{Backup: w.opts.backup})
	if err != nil {
		return d, err
	}
	if _, live := w.display.(*progress.Block); live || control == "intact" {
		w.show(&d, db.Name+"  "+control)
	}
	return d, nil
}

func (w *session) logProof(log *slog.Logger, p prove.Proof) {
	if w.opts.progress == "none" {
		return
	}
	level := slog.LevelInfo
	if p.Status == prove.NotHeld {
		level = slog.LevelError
	}
	log.Log(context.Background(), level, "control "+string(p.Status), "control", p.Control, "stage", p.Stage, "code", p.Code,
		"took", words.Elapsed(p.Seconds))
}
