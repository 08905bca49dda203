package main

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill/outcome"
)

// edges hold what connects the program to its environment. Commands use them instead of
// globals.
type edges struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) (string, bool)
	now            func() time.Time
	step           *step // of GitHub Actions; nil outside of it
}

// run runs the program and returns its exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, getenv func(string) (string, bool)) int {
	e := inActions(edges{stdin: stdin, stdout: stdout, stderr: stderr, getenv: getenv, now: time.Now})
	root := newRoot(e)
	root.SetArgs(args)
	return execute(ctx, e, root)
}

// execute runs the command that the arguments name and returns the exit code.
func execute(ctx context.Context, e edges, root *cobra.Command) int {
	cmd, err := root.ExecuteContextC(ctx)
	if isUnknownCommand(err) {
		err = unknownCommand(err)
	}
	var f *outcome.Failure
	if errors.As(err, &f) && f.Hint == usageHint {
		f.Hint = "run " + cmd.CommandPath() + " --help"
	}
	if mode := cmd.Flags().Lookup("progress"); mode != nil && mode.Value.String() == "json" {
		e = withEvents(e)
	}
	return exitCode(e, err)
}

func newRoot(e edges) *cobra.Command {
	root := &cobra.Command{
		Use:           "drillgres",
		Short:         "Verify Postgres backups by restoring them",
		Long:          "drillgres takes the newest backup from its source, restores it into an isolated container\nof production's Postgres major, verifies it, starts the application on it, and records a\nverdict.\n\n" + exitCodesHelp,
		Version:       versionLine(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.Flags().Bool("version", false, "print the version, its commit and date")
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	root.SetIn(e.stdin)
	root.SetOut(e.stdout)
	root.SetErr(e.stderr)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage("%w", err) })
	root.AddCommand(
		newRun(e), newInit(e), newGate(e), newCheck(e), newProve(e), newLastGood(e), newRestore(e), newRunbook(e), newInspect(e), newHistory(e), newReport(e), newServe(e), newAccept(e), newEvidence(e), newExplain(e), newProducers(e),
		newImage(e), newDoctor(e), newNotify(e), newConfig(e), newClean(e), newVersion(e), newMan(),
	)
	return root
}
