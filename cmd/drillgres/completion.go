package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
)

// completeFlag suggests the values of a flag. It panics if the command has no
// such flag.
func completeFlag(cmd *cobra.Command, flag string, f cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, f); err != nil {
		panic(err)
	}
}

// oneOfValues suggests fixed values.
func oneOfValues(values ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
}

// filesNamed suggests files with one of the extensions, or any file.
func filesNamed(extensions ...string) cobra.CompletionFunc {
	if len(extensions) == 0 {
		return cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault)
	}
	return cobra.FixedCompletions(extensions, cobra.ShellCompDirectiveFilterFileExt)
}

// firstOnly suggests values for the first argument only.
func firstOnly(f cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, toComplete string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return f(cmd, args, toComplete)
	}
}

// databaseNames suggests the databases of the config that are not on the
// command line yet; none if the config cannot be read.
func databaseNames(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	names, err := config.NamesIn(cmd.Flag("config").Value.String())
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return slices.DeleteFunc(names, func(name string) bool { return slices.Contains(args, name) }), cobra.ShellCompDirectiveNoFileComp
}

// databasesOrFile suggests databases, and files after the beginning of a path.
func databasesOrFile(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	names, directive := databaseNames(cmd, args, begun)
	if len(args) == 0 && (len(names) == 0 || strings.ContainsAny(begun, "./")) {
		directive = cobra.ShellCompDirectiveDefault
	}
	return names, directive
}

// codeNames suggests the codes of failures and findings.
func codeNames(*cobra.Command, []string, string) (codes []cobra.Completion, _ cobra.ShellCompDirective) {
	for _, e := range outcome.Catalogue {
		codes = append(codes, string(e.Code))
	}
	for _, f := range outcome.Findings {
		codes = append(codes, f.Code)
	}
	slices.Sort(codes)
	return slices.Compact(codes), cobra.ShellCompDirectiveNoFileComp
}
