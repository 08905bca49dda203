package main

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/report"
)

type checkOptions struct {
	config    string
	databases []string
	format    string
	output    string
	junit     string
}

// checkedAll is the JSON of a check.
type checkedAll struct {
	SchemaVersion int              `json:"schema_version"`
	Checked       []report.Checked `json:"checked"`
}

func newCheck(e edges) *cobra.Command {
	var o checkOptions
	cmd := &cobra.Command{
		Use:   "check [DATABASE…]",
		Short: "Look, without a restore, whether there is a recent, plausible backup that can be read",
		Long:  "Locates the newest backup and reads its first bytes. It is a daily monitor, no drill:\nit does not tell whether the backup restores, and the history does not know of it.\n\n" + exitCodesHelp,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.databases = args
			return runCheck(cmd.Context(), e, o)
		},
	}
	configFlag(cmd, &o.config)
	formatFlag(cmd, &o.format)
	outputFlag(cmd, &o.output)
	junitFlag(cmd, &o.junit)
	return cmd
}

func runCheck(ctx context.Context, e edges, o checkOptions) error {
	if err := checkFormat(o.format); err != nil {
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
	checked, codes := make([]report.Checked, 0, len(dbs)), make([]int, 0, len(dbs))
	for _, db := range dbs {
		b, err := checkBackup(ctx, e, cfg, db)
		c := report.Checked{Database: db.Name, Backup: outcome.Backup{
			URI: b.URI, SizeBytes: b.Size, ModifiedAt: b.ModifiedAt, ETag: b.ETag, VersionID: b.VersionID,
		}, Matched: b.Matched, Findings: append([]outcome.Finding{}, b.Findings...)}
		code := outcome.ExitPassed
		if err != nil {
			f := outcome.AsFailure(err)
			f.Stage = outcome.Locate
			c.Failure, code = f.Report(), f.Class().ExitCode()
		}
		checked, codes = append(checked, c), append(codes, code)
	}
	if err := tellChecked(e, cfg, o, checked); err != nil {
		complainOfAll(e.stderr, err)
		codes = append(codes, outcome.ExitNotTold)
	}
	return exitedWith(codes)
}

func tellChecked(e edges, cfg *config.Config, o checkOptions, checked []report.Checked) error {
	return errors.Join(
		printChecked(e, o.format, checked),
		writeFile("--output", o.output, func(w io.Writer) error {
			return report.Document(w, checkedAll{outcome.SchemaVersion, checked})
		}),
		writeFile("--junit", o.junit, func(w io.Writer) error { return report.JUnitCheck(w, checked, e.now()) }),
		e.step.checked(cfg, checked, o.output),
	)
}

func printChecked(e edges, format string, checked []report.Checked) error {
	if format == "json" {
		return report.Document(e.stdout, checkedAll{outcome.SchemaVersion, checked})
	}
	return report.Check(e.stdout, checked, e.now(), textOptions(e))
}

// firstBytes is how much a check reads of a backup.
const firstBytes = 64 << 10

// checkBackup finds the newest backup as a drill would, and reads its
// beginning: a listing alone does not show that the object may be read.
func checkBackup(ctx context.Context, e edges, cfg *config.Config, db *config.Database) (locate.Backup, error) {
	b, err := newLocator(e, cfg, db, "latest").Locate(ctx)
	if err != nil {
		return b, err
	}
	body, err := b.Source.ReadRange(ctx, b.Object, 0, min(b.Size, firstBytes))
	if err != nil {
		return b, err
	}
	_, err = io.Copy(io.Discard, body)
	if err = firstOf(err, body.Close()); err != nil {
		return b, outcome.Fail(outcome.SourceUnreachable, "read the first bytes of %s: %w", b.URI, err)
	}
	return b, nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
