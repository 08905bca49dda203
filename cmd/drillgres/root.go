package main

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill/outcome"
)

// edges are where the program meets the world; a command gets them instead of
// reaching for globals.
type edges struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) (string, bool)
	now            func() time.Time
	step           *step // of GitHub Actions; nil outside
}

// run is the whole program: it never exits, it returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, getenv func(string) (string, bool)) int {
	e := inActions(edges{stdin: stdin, stdout: stdout, stderr: stderr, getenv: getenv, now: time.Now})
	root := newRoot(e)
	root.SetArgs(args)
	return exitCode(e, root.ExecuteContext(ctx))
}

func newRoot(e edges) *cobra.Command {
	root := &cobra.Command{
		Use:           "drillgres",
		Short:         "Proves that Postgres backups restore",
		Long:          "drillgres takes the newest backup from where it lies, restores it into an isolated\ncontainer of production's Postgres major, checks it, boots the application on it, and\nrecords a verdict.\n\n" + exitCodesHelp,
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
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage("%v", err) })
	root.AddCommand(
		newRun(e), newGate(e), newCheck(e), newProve(e), newInspect(e), newHistory(e), newAccept(e), newExplain(e),
		newDoctor(e), newConfig(e), newClean(e), newVersion(e), newMan(),
	)
	return root
}

// usage is a mistake on the command line.
func usage(format string, args ...any) *outcome.Failure {
	return outcome.Fail(outcome.ConfigInvalid, format, args...).WithHint("see drillgres help")
}

// positional turns cobra's argument errors into ours.
func positional(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usage("%s: %v", cmd.CommandPath(), err)
		}
		return nil
	}
}
