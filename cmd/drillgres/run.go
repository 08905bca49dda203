package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/report"
	"github.com/drillgres/drillgres/drill/sandbox/docker"
)

type runOptions struct {
	config    string
	databases []string
	backup    string
	format    string
	output    string
	junit     string
	progress  string
	keep      bool
}

func (o runOptions) validate() error {
	return errors.Join(
		checkFormat(o.format),
		oneOf("--progress", o.progress, "auto", "bar", "plain", "none"),
	)
}

func newRun(e edges) *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run [DATABASE…]",
		Short: "Drill: restore the newest backup and prove that it serves",
		Long:  "Drills the named databases of the config, or all of them, one after the other.\n\n" + exitCodesHelp,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.databases = args
			return runRun(cmd.Context(), e, o)
		},
	}
	o.flags(cmd)
	cmd.Flags().StringVar(&o.backup, "backup", "latest", "which backup: latest, a `KEY` at the source, or the path of a local file")
	return cmd
}

// flags adds to a command what every command has that drills.
func (o *runOptions) flags(cmd *cobra.Command) {
	configFlag(cmd, &o.config)
	formatFlag(cmd, &o.format)
	f := cmd.Flags()
	outputFlag(cmd, &o.output)
	junitFlag(cmd, &o.junit)
	f.StringVar(&o.progress, "progress", "auto", "progress on stderr: auto, bar, plain or none")
	f.BoolVar(&o.keep, "keep", false, "leave the sandbox for inspection; it holds production data")
}

func runRun(ctx context.Context, e edges, o runOptions) error {
	if err := o.validate(); err != nil {
		return err
	}
	cfg, err := loadConfig(e, o.config)
	if err != nil {
		return err
	}
	dbs, err := chosen(cfg, o.databases)
	if err != nil {
		return err
	}
	if len(dbs) > 1 && o.backup != "latest" {
		return usage("--backup names one backup, but %d databases are to be drilled", len(dbs))
	}
	for _, db := range dbs {
		if !rehearses(db) {
			continue
		}
		if err := checkRehearsal(db); err != nil {
			return err
		}
	}
	w, err := newWiring(ctx, e, cfg, o)
	if err != nil {
		return err
	}
	defer w.close()
	results, err := drillAll(ctx, w, dbs, w.drillOf)
	return conclude(e, cfg, o, results, err)
}

// conclude tells the results and gives the exit code of them all. Whatever
// else went wrong, the verdicts that there are come first.
func conclude(e edges, cfg *config.Config, o runOptions, results []outcome.Result, drillErr error) error {
	var codes []int
	for _, r := range results {
		codes = append(codes, r.ExitCode)
	}
	if err := tellResults(e, cfg, o, results); err != nil {
		complainOfAll(e.stderr, err)
		codes = append(codes, outcome.ExitNotTold)
	}
	if drillErr != nil {
		e.step.ended(outcome.AsFailure(drillErr))
		codes = append(codes, complain(e.stderr, drillErr))
	}
	return exitedWith(codes)
}

// drillAll drills one database after the other, each as drillOf wires it; after
// a signal the remaining ones come back interrupted. With an error come the
// results so far.
func drillAll(ctx context.Context, w *wiring, dbs []*config.Database, drillOf func(*config.Database) (drill.Drill, error)) ([]outcome.Result, error) {
	results := make([]outcome.Result, 0, len(dbs))
	for _, db := range dbs {
		d, err := drillOf(db)
		if err != nil {
			return results, err
		}
		r := d.Run(ctx)
		if w.opts.keep {
			sayKept(w.stderr, r)
		}
		results = append(results, r)
	}
	return results, nil
}

// sayKept tells how to look into a sandbox that was kept, and how to remove it.
func sayKept(stderr io.Writer, r outcome.Result) {
	i := slices.IndexFunc(r.Stages, func(s outcome.StageReport) bool { return s.Stage == outcome.Provision })
	if r.Stages[i].Status != outcome.StagePassed {
		return
	}
	_, _ = fmt.Fprintf(stderr, `kept: the sandbox of run %s, which holds production's data
  look inside:  docker exec -it %s psql -U drillgres -d postgres
  databases:    \l, then \c NAME
  remove it:    drillgres clean
`, r.RunID, docker.PostgresName(r.RunID))
}

// tellResults prints the results to stdout, writes the files that were asked
// for, and tells GitHub Actions, where that is what runs us.
func tellResults(e edges, cfg *config.Config, o runOptions, results []outcome.Result) error {
	return errors.Join(
		printResults(e, o.format, results),
		writeFile("--output", o.output, func(w io.Writer) error { return report.JSON(w, results) }),
		writeFile("--junit", o.junit, func(w io.Writer) error { return report.JUnit(w, results) }),
		e.step.drilled(cfg, results, o.output),
	)
}

func printResults(e edges, format string, results []outcome.Result) error {
	if format == "json" {
		return report.JSON(e.stdout, results)
	}
	if len(results) > 1 && results[0].Gate != nil {
		if err := report.Answers(e.stdout, results, textOptions(e)); err != nil {
			return err
		}
	}
	for _, r := range results {
		if err := report.Text(e.stdout, r, textOptions(e)); err != nil {
			return err
		}
	}
	return nil
}

// writeFile writes what a flag names, unless it is empty: the file is there
// whole or not at all.
func writeFile(flag, path string, write func(io.Writer) error) (err error) {
	if path == "" {
		return nil
	}
	defer func() {
		if err != nil {
			err = outcome.Fail(outcome.ConfigInvalid, "write the result: %w", err).WithHint("name a file that can be written with %s", flag)
		}
	}()
	temp, err := os.CreateTemp(filepath.Dir(path), ".drillgres-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) // gone already when all went well
	if err := firstOf(write(temp), temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}

func textOptions(e edges) report.Options {
	o := report.Options{Color: colored(e, e.stdout)}
	if f, ok := e.stdout.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			o.Width = width
		}
	}
	return o
}
