package main

import (
	"context"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill/wiring"
)

type runbookOptions struct {
	config   string
	database string
	output   string
}

func newRunbook(e edges) *cobra.Command {
	var o runbookOptions
	cmd := &cobra.Command{
		Use:   "runbook DATABASE",
		Short: "Print how to recover a database, as Markdown for the binder",
		Long: "Prints the procedure of a real recovery: where the backup and its keys are, which server, roles,\n" +
			"extensions and settings it needs, the commands with drillgres and with plain programs, what to\n" +
			"check afterwards, and how long the last drills took. Nothing on the page is secret, except the\n" +
			"names of places.",
		Example:           "  drillgres runbook shop\n  drillgres runbook shop --output shop-recovery.md",
		Args:              positional(cobra.ExactArgs(1)),
		ValidArgsFunction: databaseNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.database = args[0]
			return runRunbook(cmd.Context(), e, o)
		},
	}
	configFlag(cmd, &o.config)
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "write the page to `FILE` instead of stdout")
	completeFlag(cmd, "output", filesNamed("md"))
	return cmd
}

func runRunbook(ctx context.Context, e edges, o runbookOptions) error {
	path, err := filepath.Abs(o.config) // who follows the page starts in another folder
	if err != nil {
		return usage("--config: %w", err)
	}
	cfg, dbs, err := loadDatabases(e, path, []string{o.database})
	if err != nil {
		return err
	}
	page, err := wiring.Runbook(ctx, cfg, dbs[0], wiring.Options{Getenv: e.getenv, Now: e.now, Version: programVersion()})
	if err != nil {
		return err
	}
	write := func(w io.Writer) error {
		_, err := w.Write(page)
		return err
	}
	if o.output == "" || o.output == standardOutput {
		return write(e.stdout)
	}
	return writeFile("--output", o.output, write)
}
