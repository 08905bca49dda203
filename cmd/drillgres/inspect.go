package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/report"
	"github.com/drillgres/drillgres/drill/snapshot"
	"github.com/drillgres/drillgres/drill/wiring"
)

type inspectOptions struct {
	target string
	format string
	major  int
	s3     config.S3
}

func newInspect(e edges) *cobra.Command {
	var o inspectOptions
	var endpoint string
	cmd := &cobra.Command{
		Use:   "inspect FILE|URL",
		Short: "Print what a dump contains and whether it is whole; needs no container engine",
		Long:  "Reads a dump to its end. It is a local file, or an object such as s3://bucket/key, sftp://user@host/file or https://host/file.\n\n" + exitCodesHelp,
		Args:  positional(cobra.ExactArgs(1)),

		ValidArgsFunction: firstOnly(filesNamed()),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.target, o.s3.Endpoint = args[0], config.Text(endpoint)
			return runInspect(cmd.Context(), e, o)
		},
	}
	formatFlag(cmd, &o.format)
	cmd.Flags().IntVar(&o.major, "major", 0, "production's `MAJOR` version: also check that its pg_restore can read the dump")
	cmd.Flags().StringVar(&endpoint, "s3-endpoint", "", "`URL` of an object store that is not AWS")
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
	e.step.mask(redact.InURL(o.target))
	b, err := locateTarget(ctx, o)
	if err != nil {
		return withoutConfig(err)
	}
	contents, broken := scan(ctx, b)
	taken := contents.Source.TakenAt.Taken(nil, snapshot.Object{ModifiedAt: b.ModifiedAt, Size: b.Size, SeenAt: e.now()})
	findings, err := inspect.Judge(contents, broken, inspect.Policy{Major: o.major, Taken: taken})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	err = withoutConfig(err)
	if err := printInspected(e, o.format, b.URI, contents, taken, findings, err); err != nil {
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

// locateTarget locates the file or object that the command line names.
func locateTarget(ctx context.Context, o inspectOptions) (locate.Backup, error) {
	source, err := wiring.Sources.Open(ctx, o.target, config.Backup{From: config.Text(o.target), S3: o.s3})
	var f *outcome.Failure
	if err != nil && !errors.As(err, &f) {
		err = usage("URL: %w", err).WithHint("name a local file, or an s3://, sftp:// or https:// URL") // it may contain a password
	}
	if err != nil {
		return locate.Backup{}, err
	}
	rules := locate.Rules{}
	if _, local := source.(locate.LocalPath); !local { // the key is the last part of the URL, without its query
		rules.Want = path.Base(source.URI(locate.Object{}))
	}
	ctx, cancel := context.WithTimeoutCause(ctx, drill.Deadlines[outcome.Locate], noAnswer(o.target))
	defer cancel()
	return locate.Locator{Source: source, Rules: rules}.Locate(ctx)
}

// withoutConfig returns a failure that does not speak of keys of the config, which has no
// part in an inspection.
func withoutConfig(err error) error {
	var f *outcome.Failure
	if !errors.As(err, &f) {
		return err
	}
	named := *f
	if text := f.Error(); strings.Contains(text, "backup.from") {
		named.Err = errors.New(strings.ReplaceAll(text, "backup.from", "FILE|URL"))
	}
	if configKey.MatchString(f.Remedy()) {
		named.Hint = cmp.Or(hintsWithoutConfig[f.Code], "see drillgres explain "+string(f.Code))
	}
	return &named
}

// configKey matches a key of the config in a hint.
var configKey = regexp.MustCompile(`\b(backup|work|verify|postgres)\.[a-z]|--backup`)

// hintsWithoutConfig holds what to do about a file, for failures whose usual hint is
// about the config.
var hintsWithoutConfig = map[outcome.Code]string{
	outcome.SourceNotFound: "name an existing file or object",
	outcome.BackupMissing:  "name an existing file or object",
	outcome.ConfigInvalid:  "name a local file, or an s3://, sftp:// or https:// URL",
	outcome.NotADump:       "look at the first bytes of the file: if it is encrypted or packed, decrypt or unpack it first",
	outcome.DumpCorrupt:    "treat this backup as damaged: inspect an older one, and check the storage",
	outcome.StreamCorrupt:  "treat this backup as damaged: inspect an older one, and check the storage",
	outcome.DumpNoData:     "check which database the backup job dumps and that it runs without --schema-only",
	outcome.DumpTooNew:     "dump with the pg_dump of production's major version",
}

// noAnswer returns the failure of a source that does not answer.
func noAnswer(from string) error {
	return outcome.Fail(outcome.SourceUnreachable, "%s did not answer within %s", redact.URL(from), drill.Deadlines[outcome.Locate])
}

// scan reads the whole object, once.
func scan(ctx context.Context, b locate.Backup) (inspect.Contents, error) {
	body, err := b.Open(ctx, b.Size)
	if err != nil {
		return inspect.Contents{}, err
	}
	defer func(c io.Closer) { _ = c.Close() }(body) // opened for reading only
	return inspect.Scan(ctx, body, layers.Opener{MaxDecoded: wiring.DecodedLimit})
}
