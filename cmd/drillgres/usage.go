package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill/outcome"
)

// usageHint is the hint of a usage failure. execute replaces COMMAND.
const usageHint = "run drillgres COMMAND --help"

// usage returns the failure of a wrong command line.
func usage(format string, args ...any) *outcome.Failure {
	return outcome.Fail(outcome.ConfigInvalid, format, args...).WithHint(usageHint)
}

// unknownCommand returns the failure of a command that does not exist. The remaining
// lines of cobra's error are similar commands.
func unknownCommand(err error) *outcome.Failure {
	message, similar, _ := strings.Cut(err.Error(), "\n")
	f := usage("%s", message)
	if _, names, found := strings.Cut(similar, "\n\t"); found {
		return f.WithHint("try %s, or run drillgres --help", strings.Join(strings.Fields(names), ", "))
	}
	return f
}

// noArguments reports an argument of a command that has none.
func noArguments(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("unexpected argument %q", args[0])
	}
	return nil
}

// positional turns an error about positional arguments into a failure.
func positional(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usage("%s: %w", cmd.CommandPath(), err)
		}
		return nil
	}
}

// isUnknownCommand reports whether err is cobra's error for a command that does not
// exist. That error has no type.
func isUnknownCommand(err error) bool {
	return strings.HasPrefix(fmt.Sprint(err), "unknown command")
}
