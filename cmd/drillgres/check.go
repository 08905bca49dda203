package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/wiring"
)

type checkOptions struct {
	config    string
	databases []string
	results   resultOptions
}

func newCheck(e edges) *cobra.Command {
	var o checkOptions
	cmd := &cobra.Command{
		Use:   "check [DATABASE…]",
		Short: "Check that a recent, plausible backup exists and can be read; restores nothing",
		Long: "Locates the newest backup, reads its first bytes, and says what it is: a file that is no\n" +
			"dump, or that a drill could not open, fails. A check monitors backups between drills and\n" +
			"does not replace them: it does not show that the backup restores, its verdict is never\n" +
			"passed, and it is not recorded in the history. The receivers in notify are notified as of a drill.\n\n" + exitCodesHelp,
		ValidArgsFunction: databaseNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.databases = args
			return runCheck(cmd.Context(), e, o)
		},
	}
	configFlag(cmd, &o.config)
	o.results.flags(cmd)
	return cmd
}

func runCheck(ctx context.Context, e edges, o checkOptions) error {
	if err := o.results.validate(); err != nil {
		return err
	}
	cfg, dbs, err := loadDatabasesOrTell(ctx, e, outcome.KindCheck, o.config, o.databases)
	if err != nil {
		return err
	}
	results, err := wiring.Check(ctx, cfg, dbs, wiring.Options{Getenv: e.getenv, Now: e.now, Version: programVersion()})
	return o.results.conclude(e, cfg, results, err)
}
