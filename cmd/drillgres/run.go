package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

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
	parallel  int
	keep      bool
	file      fileOptions
}

func (o runOptions) validate() error {
	errs := []error{o.results.validate(), checkProgress(o.progress)}
	switch {
	case o.parallel < 1:
		errs = append(errs, usage("--parallel: %d is not a number of drills", o.parallel).WithHint("set it to 1 or more"))
	case o.parallel > 1 && o.keep:
		errs = append(errs, usage("--keep leaves sandboxes running, whose memory the drills of --parallel may need").WithHint("omit one of them"))
	}
	return errors.Join(errs...)
}

func newRun(e edges) *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run [DATABASE…] | run FILE|URL|-",
		Short: "Restore the newest backup in a sandbox and verify it",
		Long: "Drills the named databases of the config, or all of them, one after the other. --parallel drills\n" +
			"several at the same time, within the memory of the container engine. A drill restores the newest\n" +
			"backup in a sandbox, verifies the restored database, starts the application on it, rehearses a\n" +
			"release if one is configured, and records the result.\n\n" +
			"A FILE such as ./shop.dump, the directory of a dump in directory format, a URL or standard input\n" +
			"(-) is drilled without a config: everything is verified that needs no expectation. The major\n" +
			"version is the one that the dump states, unless --postgres names it. Nothing is recorded, unless\n" +
			"--history names a history.\n\n" + exitCodesHelp,
		Example:           "  drillgres run\n  drillgres run ./shop.dump\n  pg_dump -Fc shop | drillgres run -",
		ValidArgsFunction: databasesOrFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.databases = args
			target, err := chooseTarget(cmd, o)
			if err != nil {
				return err
			}
			if target != "" {
				return runFile(cmd.Context(), e, o, target)
			}
			return runRun(cmd.Context(), e, o)
		},
	}
	o.flags(cmd)
	o.file.flags(cmd)
	cmd.Flags().StringVar(&o.backup, "backup", "latest", "the backup to drill: latest, a `KEY` at the source, or the path of a local file")
	completeFlag(cmd, "backup", cobra.FixedCompletions([]string{"latest"}, cobra.ShellCompDirectiveDefault))
	return cmd
}

// flags adds the flags that run and gate share.
func (o *runOptions) flags(cmd *cobra.Command) {
	configFlag(cmd, &o.config)
	o.results.flags(cmd)
	f := cmd.Flags()
	progressFlag(cmd, &o.progress)
	f.IntVar(&o.parallel, "parallel", 1, "drill up to `N` databases at the same time, if the engine has the memory")
	f.BoolVar(&o.keep, "keep", false, "keep the sandbox for inspection; it contains production data")
}

func runRun(ctx context.Context, e edges, o runOptions) error {
	if err := o.validate(); err != nil {
		return err
	}
	cfg, dbs, err := loadDatabasesOrTell(ctx, e, outcome.KindDrill, o.config, o.databases)
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
			return refused(ctx, e, outcome.KindDrill, cfg, dbs, err)
		}
	}
	w, err := newSession(ctx, e, cfg, o, dbs...)
	if err != nil {
		return undone(ctx, e, outcome.KindDrill, cfg, dbs, err)
	}
	defer w.close()
	results, err := drillAll(ctx, w, dbs, w.drillOf)
	err = undone(ctx, w.edges, outcome.KindDrill, cfg, dbs[len(results):], err)
	results = w.Notifier.AddDigest(ctx, results)
	return o.results.conclude(w.edges, cfg, results, err)
}

// drillAll drills the databases, each as drillOf wires it, and returns their results in the same
// order. A drill is wired when it is its turn, so that its run starts then. After a signal, the
// results of the remaining databases are interrupted. With an error, no other drill is started,
// and it returns the results so far.
func drillAll(ctx context.Context, w *session, dbs []*config.Database, drillOf func(*config.Database) (drill.Drill, error)) ([]outcome.Result, error) {
	defer w.display.Close() // the report follows
	results := make([]outcome.Result, len(dbs))
	turns := make(chan struct{}, w.opts.parallel)
	var running sync.WaitGroup
	for i, db := range dbs {
		turns <- struct{}{}
		release := w.admit(ctx, db)
		d, err := drillOf(db)
		if err != nil {
			release()
			running.Wait()
			return results[:i], err
		}
		running.Go(func() {
			results[i] = w.drill(ctx, d)
			release()
			<-turns
		})
	}
	running.Wait()
	return results, nil
}

// admit waits until the drill of a database may start beside those that run. A drill that runs
// alone is not limited to what the engine seems to have.
func (s *session) admit(ctx context.Context, db *config.Database) (release func()) {
	if s.opts.parallel == 1 {
		return func() {}
	}
	return s.Admit(ctx, db)
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
