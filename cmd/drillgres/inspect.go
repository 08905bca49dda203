package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/config"
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
	targets    []string
	format     string
	major      int
	s3         config.S3
	keys       []string
	passphrase string // path of the file with it
	member     string
	database   string
}

func newInspect(e edges) *cobra.Command {
	var o inspectOptions
	var endpoint string
	cmd := &cobra.Command{
		Use:   "inspect FILE|URL|-…",
		Short: "Print what a dump contains and whether it is whole; needs no container engine",
		Long: "Reads a backup to its end, with all layers around the dump. It is a local file, the directory of a dump in directory format, an object such as s3://bucket/key, " +
			"sftp://user@host/file or https://host/file, or standard input (-). Several are the parts of one backup, in restore order: roles.sql schema.sql data.sql.\n\n" + exitCodesHelp,
		Args: positional(cobra.MinimumNArgs(1)),

		ValidArgsFunction: filesNamed(),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.targets, o.s3.Endpoint = args, config.Text(endpoint)
			return runInspect(cmd.Context(), e, o)
		},
	}
	formatFlag(cmd, &o.format)
	cmd.Flags().IntVar(&o.major, "major", 0, "production's `MAJOR` version: also check that its pg_restore can read the dump")
	cmd.Flags().StringArrayVar(&o.keys, "key", nil, "`FILE` with a key of an encrypted backup: age identities, an OpenPGP private key, or Databasus' secret.key; may be repeated")
	cmd.Flags().StringVar(&o.passphrase, "passphrase-file", "", "`FILE` with the passphrase of the backup or of the keys")
	cmd.Flags().StringVar(&o.member, "member", "", "`GLOB` of the member of a tar or zip archive that is the dump")
	cmd.Flags().StringVar(&o.database, "database", "", "`NAME` of the database of a cluster's backup that must have rows")
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
	for _, target := range o.targets {
		e.step.mask(redact.InURL(target))
	}
	opener, err := openerFor(o)
	if err != nil {
		return err
	}
	scanned, err := scanAll(ctx, e, o, &opener)
	if err != nil {
		return withoutConfig(err)
	}
	contents, b, broken := scanned.contents, scanned.backup, scanned.broken
	taken := contents.Source.TakenAt.Taken(nil, snapshot.Object{ModifiedAt: b.ModifiedAt, Size: b.Size, SeenAt: e.now()})
	if chosen, err := contents.ForDatabase(o.database); err == nil {
		contents = chosen
	} else if o.database != "" && broken == nil {
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

// openerFor returns what opens the layers, with the keys of the command line.
func openerFor(o inspectOptions) (layers.Opener, error) {
	passphrase := ""
	if o.passphrase != "" {
		content, err := os.ReadFile(o.passphrase)
		if err != nil {
			return layers.Opener{}, usage("--passphrase-file: %w", err)
		}
		passphrase = strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r")
	}
	keys, err := wiring.KeyringOf(o.keys, passphrase)
	return layers.Opener{Keys: keys, Member: o.member, MaxDecoded: wiring.DecodedLimit}, err
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
			if b, err = locateTarget(ctx, o, target); err != nil {
				return all, err
			}
			opener.IDs = databasus.IDs(b.Key, nil)
			scan = func() (inspect.Contents, error) { return scanBackup(ctx, set, b) }
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

// locateTarget locates a file or object that the command line names.
func locateTarget(ctx context.Context, o inspectOptions, target string) (locate.Backup, error) {
	source, err := wiring.Sources.Open(ctx, target, config.Backup{From: config.Text(target), S3: o.s3})
	var f *outcome.Failure
	if err != nil && !errors.As(err, &f) {
		err = usage("URL: %w", err).WithHint("name a local file or directory, - for standard input, or the URL of an object") // it may contain a password
	}
	if err != nil {
		return locate.Backup{}, err
	}
	rules := locate.Rules{}
	if _, local := source.(locate.LocalPath); !local { // the key is the last part of the URL, without its query
		rules.Want = path.Base(source.URI(locate.Object{}))
	}
	ctx, cancel := context.WithTimeoutCause(ctx, drill.Deadlines[outcome.Locate], noAnswer(target))
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
	if text := f.Error(); strings.Contains(text, "backup.") {
		named.Err = errors.New(withoutKeys.Replace(text))
	}
	if configKey.MatchString(f.Remedy()) {
		named.Hint = cmp.Or(hintsWithoutConfig[f.Code], "see drillgres explain "+string(f.Code))
	}
	return &named
}

// withoutKeys replaces keys of the config by what the command line has for them.
var withoutKeys = strings.NewReplacer("backup.from", "FILE|URL", "backup.keys", "--key", "backup.member", "--member", "backup.database", "--database")

// configKey matches a key of the config in a hint.
var configKey = regexp.MustCompile(`\b(backup|work|verify|postgres)\.[a-z]|--backup`)

// hintsWithoutConfig holds what to do about a file, for failures whose usual hint is
// about the config.
var hintsWithoutConfig = map[outcome.Code]string{
	outcome.SourceNotFound:  "name an existing file or object",
	outcome.BackupMissing:   "name an existing file or object",
	outcome.ConfigInvalid:   "name a local file, or an s3://, sftp:// or https:// URL",
	outcome.NotADump:        "look at the first bytes of the file: if it is encrypted or packed, decrypt or unpack it first",
	outcome.DumpCorrupt:     "treat this backup as damaged: inspect an older one, and check the storage",
	outcome.StreamCorrupt:   "treat this backup as damaged: inspect an older one, and check the storage",
	outcome.DumpNoData:      "check which database the backup job dumps and that it runs without --schema-only",
	outcome.KeyMissing:      "name the key with --key, or the file with its passphrase with --passphrase-file",
	outcome.KeyWrong:        "name the key to which the backup job encrypts with --key",
	outcome.MemberAmbiguous: "name the one that is the dump with --member",
	outcome.MemberMissing:   "name the member that is the dump with --member, or find out why the backup job packs none",
	outcome.DumpTooNew:      "dump with the pg_dump of production's major version",
}

// noAnswer returns the failure of a source that does not answer.
func noAnswer(from string) error {
	return outcome.Fail(outcome.SourceUnreachable, "%s did not answer within %s", redact.URL(from), drill.Deadlines[outcome.Locate])
}

// scanBackup reads a whole object, or the files of a dump in directory format, once.
func scanBackup(ctx context.Context, set *inspect.Set, b locate.Backup) (inspect.Contents, error) {
	if local, ok := b.Source.(locate.LocalPath); ok && len(b.Members) > 0 {
		return set.ScanDirectory(ctx, local.LocalPath(b.Object))
	}
	if len(b.Members) > 0 {
		return set.ScanFiles(membersOf(ctx, b))
	}
	body, err := b.Open(ctx, b.Size)
	if err != nil {
		return inspect.Contents{}, err
	}
	defer func(c io.Closer) { _ = c.Close() }(body) // opened for reading only
	return set.Scan(ctx, body)
}

// membersOf returns the files of a dump in directory format at its source, the table of
// contents first.
func membersOf(ctx context.Context, b locate.Backup) *layers.Files {
	members := slices.Clone(b.Members)
	slices.SortStableFunc(members, func(x, y locate.Object) int { return cmp.Compare(rank(x), rank(y)) })
	var body io.ReadCloser
	return layers.NewFiles(func() (layers.File, error) {
		if body != nil {
			_ = body.Close() // opened for reading only
		}
		if body = nil; len(members) == 0 {
			return layers.File{}, io.EOF
		}
		o := members[0]
		members = members[1:]
		one := locate.Backup{Object: o, Source: b.Source, URI: b.Source.URI(o)}
		file := layers.File{Name: path.Base(o.Key), Size: o.Size, Reader: strings.NewReader("")}
		if o.Size == 0 {
			return file, nil
		}
		var err error
		if body, err = one.Open(ctx, o.Size); err == nil {
			file.Reader = body
		}
		return file, err
	})
}

func rank(o locate.Object) int {
	if path.Base(o.Key) == "toc.dat" {
		return 0
	}
	return 1
}
