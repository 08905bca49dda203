package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/redact"
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
		Long: "Locates the newest backup and reads its first bytes. A check monitors backups between drills\n" +
			"and does not replace them: it does not show that the backup restores, its verdict is never\n" +
			"passed, and it is not recorded in the history.\n\n" + exitCodesHelp,
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
	cfg, err := loadConfig(e, o.config)
	if err != nil {
		return err
	}
	dbs, err := selectDatabases(cfg, o.databases)
	if err != nil {
		return err
	}
	results, err := checkAll(ctx, e, cfg, dbs)
	return o.results.conclude(e, cfg, results, err)
}

// checkAll checks one database after the other. With an error, it returns the results so
// far.
func checkAll(ctx context.Context, e edges, cfg *config.Config, dbs []*config.Database) ([]outcome.Result, error) {
	var redactor redact.Redactor
	redactor.Add(cfg.Secrets()...)
	redactor.Add(wiring.Credentials(e.getenv)...)
	results := make([]outcome.Result, 0, len(dbs))
	for _, db := range dbs {
		id, err := wiring.NewRunID(e.now())
		if err != nil {
			return results, err
		}
		d := drill.Drill{
			Database: db.Name, RunID: id, Version: programVersion(), Now: e.now, Redactor: &redactor,
			Locator: wiring.NewLocator(db, wiring.Latest, e.now),
		}
		results = append(results, d.Check(ctx))
	}
	return results, nil
}
