package main

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/report"
)

func newExplain(e edges) *cobra.Command {
	return &cobra.Command{
		Use:   "explain [CODE]",
		Short: "Print cause and remedy of a failure code; without CODE, the list",
		Args:  positional(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return report.Catalogue(e.stdout)
			}
			i := slices.IndexFunc(outcome.Catalogue, func(entry outcome.Entry) bool { return string(entry.Code) == args[0] })
			if i < 0 {
				return outcome.Fail(outcome.ConfigInvalid, "no failure code %q", args[0]).WithHint("run drillgres explain for the list")
			}
			return report.Entry(e.stdout, outcome.Catalogue[i])
		},
	}
}
