package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/layers/databasus"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/report"
	"github.com/drillgres/drillgres/drill/snapshot"
	"github.com/drillgres/drillgres/drill/wiring"
)

type inspectOptions struct {
	targets []string
	format  string
	major   int
	backup  backupFlags
}

func newInspect(e edges) *cobra.Command {
	var o inspectOptions
	cmd := &cobra.Command{
		Use:   "inspect FILE|URL|-…",
		Short: "Print what a dump contains and whether it is whole; needs no container engine",
		Long: "Reads a backup to its end, with all layers around the dump. It is a local file, the directory of a dump in directory format, an object such as s3://bucket/key, " +
			"sftp://user@host/file or https://host/file, or standard input (-). Several are the parts of one backup, in restore order: roles.sql schema.sql data.sql.\n\n" + exitCodesHelp,
		Args: positional(cobra.MinimumNArgs(1)),

		ValidArgsFunction: filesNamed(),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.targets = args
			return runInspect(cmd.Context(), e, o)
		},
	}
	formatFlag(cmd, &o.format)
	cmd.Flags().IntVar(&o.major, "major", 0, "production's `MAJOR` version: also check that its pg_restore can read the dump")
	o.backup.flags(cmd)
	return cmd
}

// inspectDocument is the JSON of an inspection.
type inspectDocument struct {
	SchemaVersion int                    `json:"schema_version"`
	Name          string                 `json:"name"`
	Whole         bool                   `json:"whole"`
	Failure       *outcome.FailureReport `json:"failure"`                 // null when it is whole
	TakenBetween  []time.Time            `json:"taken_between,omitempty"` // contents.taken_at is the best estimate
	Findings      []outcome.Finding      `json:"findings"`
	Contents      inspect.Contents       `json:"contents"`
}

func runInspect(ctx context.Context, e edges, o inspectOptions) error {
	if err := checkFormat(o.format); err != nil {
		return err
	}
	for i, target := range o.targets {
		e.step.mask(redact.InURL(target))
		if slices.Contains(o.targets[:i], target) {
			return usage("%s is given twice", redact.URL(target)).WithHint("name each part of the backup once, in restore order")
		}
	}
	opener, err := o.backup.opener()
	if err != nil {
		return err
	}
	scanned, err := scanAll(ctx, e, o, &opener)
	if err != nil {
		return withoutConfig(err)
	}
	contents, b, broken := scanned.contents, scanned.backup, scanned.broken
	taken := contents.Source.TakenAt.Taken(nil, snapshot.Object{ModifiedAt: b.ModifiedAt, Size: b.Size, SeenAt: e.now()})
	if chosen, err := contents.ForDatabase(o.backup.database); err == nil {
		contents = chosen
	} else if o.backup.database != "" && broken == nil {
		broken = err
	}
	findings, err := inspect.Judge(contents, broken, inspect.Policy{Major: o.major, Taken: taken})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	err = withoutConfig(err)
	if err := printInspected(e, o.format, scanned.name, contents, taken, findings, err); err != nil {
		return err
	}
	if err != nil {
		return exited(outcome.AsFailure(err).Class().ExitCode())
	}
	return nil
}

func printInspected(e edges, format, name string, c inspect.Contents, taken snapshot.Range, findings []outcome.Finding, broken error) error {
	if format != "json" {
		return report.Contents(e.stdout, name, c, findings, broken, textOptions(e))
	}
	doc := inspectDocument{
		SchemaVersion: outcome.SchemaVersion, Name: name, Whole: broken == nil,
		Findings: append([]outcome.Finding{}, findings...), Contents: c,
	}
	if !c.Source.TakenAt.IsZero() {
		doc.TakenBetween = taken.Between()
		doc.Contents.Source.TakenAt = snapshot.Exactly(taken.Best())
	}
	if broken != nil {
		f := outcome.AsFailure(broken)
		f.Stage = outcome.Inspect
		doc.Failure = f.Report()
	}
	return report.Document(e.stdout, doc)
}

// inspected is a backup that was read, perhaps in several parts.
type inspected struct {
	name     string // of all parts
	backup   locate.Backup
	contents inspect.Contents
	broken   error // of any part
}

// scanAll reads the parts of a backup, in restore order.
func scanAll(ctx context.Context, e edges, o inspectOptions, opener *layers.Opener) (all inspected, err error) {
	set := inspect.NewSet(opener)
	var names []string
	for _, target := range o.targets {
		b := locate.Backup{URI: "standard input", Object: locate.Object{ModifiedAt: e.now()}}
		scan := func() (inspect.Contents, error) { return set.Scan(ctx, e.stdin) }
		if target != "-" {
			if b, err = o.backup.locate(ctx, target); err != nil {
				return all, err
			}
			opener.IDs = databasus.IDs(b.Key, nil)
			scan = func() (inspect.Contents, error) { return wiring.ReadBackup(ctx, set, b) }
		}
		contents, broken := scan()
		names = append(names, b.URI)
		all.backup, all.contents = b, contents
		if all.broken == nil {
			all.broken = broken
		}
	}
	all.name = strings.Join(names, " + ")
	return all, nil
}
