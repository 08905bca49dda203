package main

import (
	"context"
	"fmt"
	"io"
	"strings"
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
	return exitCode(e, root.ExecuteContext(ctx))
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
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usageOf(cmd, err) })
	root.AddCommand(
		newRun(e), newGate(e), newCheck(e), newProve(e), newInspect(e), newHistory(e), newAccept(e), newExplain(e),
		newDoctor(e), newConfig(e), newClean(e), newVersion(e), newMan(),
	)
	return root
}

// usage returns the failure of a wrong command line.
func usage(format string, args ...any) *outcome.Failure {
	return outcome.Fail(outcome.ConfigInvalid, format, args...).WithHint("run drillgres COMMAND --help")
}

// usageOf returns the failure of a wrong command line of one command.
func usageOf(cmd *cobra.Command, err error) *outcome.Failure {
	return usage("%w", err).WithHint("run %s --help", cmd.CommandPath())
}

// unknownCommand returns the failure of a command that does not exist. The remaining
// lines of cobra's error are similar commands.
func unknownCommand(err error) *outcome.Failure {
	message, similar, _ := strings.Cut(err.Error(), "\n")
	f := usage("%s", message)
	if _, names, found := strings.Cut(similar, "\n\t"); found {
		return f.WithHint("try %s, or run drillgres --help", strings.Join(strings.Fields(names), ", "))
	}
	return f.WithHint("run drillgres --help")
}

// noArguments reports an argument of a command that has none.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("unexpected argument %q", args[0])
	}
	return nil
}

// positional turns an error about positional arguments into a failure.
func positional(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usageOf(cmd, fmt.Errorf("%s: %w", cmd.CommandPath(), err))
		}
		return nil
	}
}
