package main

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/gate"
	"github.com/drillgres/drillgres/drill/origin"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/wiring"
)

type gateOptions struct {
	runOptions
	candidate    string
	migrations   string
	maxBackupAge duration
	requireDrill duration
	commit       string
}

func (o gateOptions) validate() error {
	errs := []error{o.runOptions.validate()}
	if o.candidate != "" && !config.IsImage(o.candidate) {
		errs = append(errs, usage("--candidate: %q is not an image reference", o.candidate).WithHint("name an image such as ghcr.io/acme/shop:1.43"))
	}
	if o.requireDrill > 0 && o.migrations != "" {
		errs = append(errs, usage("--require-drill restores nothing, so no migrations can be rehearsed").
			WithHint("omit --require-drill for a release with migrations"))
	}
	if o.requireDrill > 0 && o.keep {
		errs = append(errs, usage("--require-drill restores nothing, so no sandbox can be kept").WithHint("omit --keep"))
	}
	return errors.Join(errs...)
}

func newGate(e edges) *cobra.Command {
	var o gateOptions
	cmd := &cobra.Command{
		Use:   "gate [DATABASE…]",
		Short: "Decide whether a release may be deployed: go, no-go or unknown",
		Long: "Drills the newest backup and rehearses the release on it: its migrations, then the candidate\n" +
			"and today's release on the new schema. The first line of the output is go, no-go or unknown,\n" +
			"and the reason. Only go exits with code 0. With --require-drill, the gate restores nothing and\n" +
			"uses the result of a recent drill in the history.\n\n" + exitCodesHelp,
		ValidArgsFunction: databaseNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.databases, o.backup = args, "latest"
			return runGate(cmd.Context(), e, o)
		},
	}
	o.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&o.candidate, "candidate", "", "`IMAGE` of the release; default: app.candidate")
	f.StringVar(&o.migrations, "migrations", "", "`GLOB` of the SQL migrations of the release; default: those of migrate in the config")
	f.Var(&o.maxBackupAge, "max-backup-age", "maximum age of the backup; default: backup.max_age, otherwise 26h")
	f.Var(&o.requireDrill, "require-drill", "for a release without migrations: restore nothing, and require a drill that passed within this `DURATION`")
	f.StringVar(&o.commit, "commit", "", "commit `SHA` of the release, for the record; default: from the variables of the CI system")
	completeFlag(cmd, "migrations", filesNamed())
	return cmd
}

// duration is a flag whose value has the notation of durations in the config.
type duration time.Duration

func (d *duration) String() string { return "" } // no default is shown
func (d *duration) Type() string   { return "DURATION" }
func (d *duration) Set(text string) error {
	parsed, err := config.ParseDuration(text)
	if err == nil && parsed <= 0 {
		err = errors.New("want more than 0")
	}
	*d = duration(parsed)
	return err
}

func runGate(ctx context.Context, e edges, o gateOptions) error {
	if err := o.validate(); err != nil {
		return err
	}
	cfg, dbs, err := loadDatabasesOrTell(ctx, e, outcome.KindAnswer, o.config, o.databases)
	if err != nil {
		return err
	}
	release := o.release(e)
	released, err := release.Apply(dbs)
	if err != nil {
		return refused(ctx, e, outcome.KindAnswer, cfg, dbs, err)
	}
	dbs = released
	w, err := newSession(ctx, e, cfg, o.runOptions, dbs...)
	if err != nil {
		return undone(ctx, e, outcome.KindAnswer, cfg, dbs, err)
	}
	defer w.close()
	results, err := w.gateAll(ctx, dbs, release)
	for _, db := range dbs[len(results):] {
		// Without an answer for this database, the answers for the others must not be
		// enough to deploy the release.
		results = append(results, w.answerer().Unanswered(ctx, db.Name, release.Question(db), err))
	}
	return o.results.conclude(w.edges, cfg, results, nil)
}

// release describes the release by the flags and the variables of the CI system.
func (o gateOptions) release(e edges) gate.Release {
	return gate.Release{
		Candidate: o.candidate, Migrations: o.migrations, Commit: cmp.Or(o.commit, origin.Commit(e.getenv)), AskedBy: origin.Actor(e.getenv),
		MaxBackupAge: time.Duration(o.maxBackupAge), RequireDrill: time.Duration(o.requireDrill),
	}
}

// gateAll answers for the databases, in their order. With an error, it returns the
// answers so far.
func (w *session) gateAll(ctx context.Context, dbs []*config.Database, release gate.Release) (results []outcome.Result, err error) {
	if release.RequireDrill == 0 {
		return drillAll(ctx, w, dbs, func(db *config.Database) (drill.Drill, error) { return w.gateOf(db, release.Question(db)) })
	}
	for _, db := range dbs {
		r, err := w.answerer().Rest(ctx, db.Name, release.Question(db))
		if err != nil {
			return results, err
		}
		results = append(results, r)
	}
	return results, nil
}

// answerer answers from the history, and records its answers there.
func (w *session) answerer() gate.Answerer {
	return gate.Answerer{
		History: w.History, Longest: wiring.LongestDrill(w.Config), Version: programVersion(), Now: w.now, NewRunID: wiring.NewRunID, Redactor: w.Redactor,
		Tell: drill.Drill{Redactor: w.Redactor, Tellers: []drill.Teller{w.History}, Notifier: w.Tells()}.Tell,
	}
}

// gateOf wires a drill that answers q. It looks for the image of the candidate before
// anything is fetched, because finding it missing after the restore would be late.
func (w *session) gateOf(db *config.Database, q gate.Question) (drill.Drill, error) {
	d, err := w.drillWith(db, wiring.DrillOptions{Backup: w.opts.backup, Keep: w.opts.keep, Gate: true, MaxAge: q.MaxBackupAge})
	if err != nil {
		return d, err
	}
	d.Gate = &q
	renew := d.Prepare
	d.Prepare = func(ctx context.Context) error {
		if err := renew(ctx); err != nil {
			return err
		}
		engine, err := w.Engine(ctx)
		if err != nil {
			return err
		}
		q.Digest, err = engine.Identity(ctx, q.Candidate)
		return err
	}
	return d, nil
}
