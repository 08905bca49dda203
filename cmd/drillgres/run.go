package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/gate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox/docker"
	"github.com/drillgres/drillgres/drill/wiring"
)

type runOptions struct {
	config    string
	databases []string
	backup    string
	results   resultOptions
	progress  string
	keep      bool
	gate      bool // decide about a release
}

func (o runOptions) validate() error {
	return errors.Join(
		o.results.validate(),
		oneOf("--progress", o.progress, "auto", "bar", "plain", "none"),
	)
}

func newRun(e edges) *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run [DATABASE…]",
		Short: "Restore the newest backup in a sandbox and verify it",
		Long: "Drills the named databases of the config, or all of them, one after the other. A drill restores\n" +
			"the newest backup in a sandbox, verifies the restored database, starts the application on it,\n" +
			"rehearses a release if one is configured, and records the result.\n\n" + exitCodesHelp,
		ValidArgsFunction: databaseNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.databases = args
			return runRun(cmd.Context(), e, o)
		},
	}
	o.flags(cmd)
	cmd.Flags().StringVar(&o.backup, "backup", "latest", "the backup to drill: latest, a `KEY` at the source, or the path of a local file")
	completeFlag(cmd, "backup", cobra.FixedCompletions([]string{"latest"}, cobra.ShellCompDirectiveDefault))
	return cmd
}

// flags adds the flags that run and gate share.
func (o *runOptions) flags(cmd *cobra.Command) {
	configFlag(cmd, &o.config)
	o.results.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&o.progress, "progress", "auto", "progress on stderr: auto, bar, plain or none")
	f.BoolVar(&o.keep, "keep", false, "keep the sandbox for inspection; it contains production data")
	completeFlag(cmd, "progress", oneOfValues("auto", "bar", "plain", "none"))
}

func runRun(ctx context.Context, e edges, o runOptions) error {
	if err := o.validate(); err != nil {
		return err
	}
	cfg, err := loadConfig(e, o.config)
	if err != nil {
		return err
	}
	dbs, err := selectDatabases(cfg, o.databases)
	if err != nil {
		return err
	}
	if len(dbs) > 1 && o.backup != "latest" {
		return usage("--backup selects one backup, but %d databases would be drilled", len(dbs)).WithHint("name the database of the backup")
	}
	for _, db := range dbs {
		if !wiring.Rehearses(db) {
			continue
		}
		if err := gate.CheckRehearsal(db); err != nil {
			return err
		}
	}
	w, err := newSession(ctx, e, cfg, o)
	if err != nil {
		return err
	}
	defer w.close()
	results, err := drillAll(ctx, w, dbs, w.drillOf)
	return o.results.conclude(e, cfg, results, err)
}

// drillAll drills one database after the other, each as drillOf wires it. After a signal,
// the results of the remaining databases are interrupted. With an error, it returns the
// results so far.
func drillAll(ctx context.Context, w *session, dbs []*config.Database, drillOf func(*config.Database) (drill.Drill, error)) ([]outcome.Result, error) {
	results := make([]outcome.Result, 0, len(dbs))
	for _, db := range dbs {
		d, err := drillOf(db)
		if err != nil {
			return results, err
		}
		r := d.Run(ctx)
		if w.opts.keep {
			printKept(w.stderr, r)
		}
		results = append(results, r)
	}
	return results, nil
}

// printKept prints how to inspect a sandbox that was kept, and how to remove it.
func printKept(stderr io.Writer, r outcome.Result) {
	i := slices.IndexFunc(r.Stages, func(s outcome.StageReport) bool { return s.Stage == outcome.Provision })
	if r.Stages[i].Status != outcome.StagePassed {
		return
	}
	_, _ = fmt.Fprintf(stderr, `kept: the sandbox of run %s, which contains production data
  inspect it:   docker exec -it %s sh -c 'exec psql -U "$POSTGRES_USER" -d postgres'
  databases:    \l, then \c NAME
  remove it:    drillgres clean
`, r.RunID, docker.PostgresName(r.RunID))
}
