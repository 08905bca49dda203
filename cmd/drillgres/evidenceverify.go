package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/evidence"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/report"
	"github.com/drillgres/drillgres/drill/wiring"
)

type evidenceVerifyOptions struct {
	place      string
	keys       []string
	last       []string
	backup     string
	config     string
	s3Endpoint string
	format     string
}

func newEvidenceVerify(e edges) *cobra.Command {
	var o evidenceVerifyOptions
	cmd := &cobra.Command{
		Use:   "verify DIR|URL --key NAME.pub",
		Short: "Verify evidence with nothing but its files and the public key",
		Long: "Verifies the signatures, that each record is there which a later one names, and the hash of every\n" +
			"file. DIR or URL is the place of evidence.to, the folder of a database, or that of a run.\n" +
			"Evidence that older keys signed needs their public keys too. Exit codes: 0 valid; 3 not valid;\n" +
			"5 it cannot be read; 2 no evidence, no key or invalid flags.",
		Args: positional(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.place = args[0]
			return runEvidenceVerify(cmd.Context(), e, o)
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.keys, "key", nil, "`FILE` with a public key; may be repeated")
	f.StringArrayVar(&o.last, "last", nil, "`SHA256` of a record that must be there, from a log or an earlier verification; may be repeated")
	f.StringVar(&o.backup, "backup", "", "`FILE` or directory of a backup, which must be one that was drilled")
	f.StringVarP(&o.config, "config", "c", "", "require a record of every drill in the history of the config `FILE`, since the first record")
	f.StringVar(&o.s3Endpoint, "s3-endpoint", "", "`URL` of an S3 service that is not AWS")
	completeFlag(cmd, "key", filesNamed("pub"))
	completeFlag(cmd, "config", filesNamed("yaml", "yml"))
	formatFlag(cmd, &o.format)
	return cmd
}

func runEvidenceVerify(ctx context.Context, e edges, o evidenceVerifyOptions) error {
	if err := checkFormat(o.format); err != nil {
		return err
	}
	v := evidence.Verifier{Place: placeOf(o.place), Now: e.now()}
	var err error
	if v.Keys, err = publicKeys(o.keys); err != nil {
		return err
	}
	if v.Last, err = hashesOf(o.last); err != nil {
		return err
	}
	if o.backup != "" {
		if v.Backup, err = evidence.DigestOf(ctx, o.backup); err != nil {
			return usage("--backup: %w", err)
		}
	}
	if o.config != "" {
		if v.Drills, err = drillsOnRecord(ctx, e, o.config); err != nil {
			return err
		}
	}
	v.Store, err = wiring.OpenEvidence(ctx, config.Evidence{To: config.Text(o.place), S3: config.S3{Endpoint: config.Text(o.s3Endpoint)}})
	if err != nil {
		return err
	}
	defer closeStore(v.Store)
	r, err := v.Verify(ctx)
	if errors.Is(err, evidence.ErrNone) {
		return usage("%s: %w", o.place, err).WithHint("name the place of evidence.to, or a folder below it")
	}
	if err != nil {
		return err
	}
	r.Place = o.place
	if err := printVerified(e, o.format, r); err != nil {
		return err
	}
	switch {
	case r.Valid:
		return nil
	case r.Unread():
		return exited(outcome.ClassEnvironment.ExitCode())
	}
	return exited(outcome.ClassBackup.ExitCode())
}

// hashesOf returns SHA-256 hashes as hexadecimal digits in lower case.
func hashesOf(texts []string) (hashes []string, err error) {
	for _, text := range texts {
		hash := strings.TrimPrefix(strings.ToLower(strings.TrimSpace(text)), "sha256:")
		if sum, err := hex.DecodeString(hash); err != nil || len(sum) != sha256.Size {
			return nil, usage("--last: %q is not a SHA-256 (want %d hexadecimal digits)", text, 2*sha256.Size).
				WithHint("enter the sha256 that the log of a drill or drillgres evidence verify printed")
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

// placeOf returns a place whose last part is its name, also for "." and with a slash at the end.
func placeOf(place string) string {
	if strings.Contains(place, "://") {
		return strings.TrimRight(place, "/")
	}
	if whole, err := filepath.Abs(place); err == nil {
		place = whole
	}
	return filepath.ToSlash(place)
}

func printVerified(e edges, format string, r evidence.Report) error {
	if format == "json" {
		return report.Document(e.stdout, r)
	}
	return report.Evidence(e.stdout, r, textOptions(e))
}

// drillsOnRecord returns the drills in the history of a config.
func drillsOnRecord(ctx context.Context, e edges, path string) ([]evidence.Drill, error) {
	_, h, err := openHistory(ctx, e, path)
	if err != nil {
		return nil, err
	}
	defer h.Close()
	entries, err := h.Entries(ctx, record.Filter{})
	drills := []evidence.Drill{}
	for _, entry := range entries {
		if entry.Kind == outcome.KindDrill {
			drills = append(drills, evidence.Drill{Database: entry.Database, RunID: entry.RunID, FinishedAt: entry.FinishedAt})
		}
	}
	return drills, err
}

// publicKeys reads the public keys of a command line.
func publicKeys(files []string) (keys []evidence.PublicKey, err error) {
	if len(files) == 0 {
		return nil, usage("evidence verify: --key is missing").WithHint("name the public key, which drillgres evidence keygen wrote as NAME.pub; get it from its owner, not from the evidence")
	}
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			return nil, usage("--key: %w", err)
		}
		key, err := evidence.ParsePublicKey(content)
		if err != nil {
			return nil, usage("--key %s: %w", name, err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

type evidenceControlsOptions struct {
	config, format string
	days           int
}

// controlsDays is how far back the matrix goes by default: auditors ask for a year.
const controlsDays = 365

func newEvidenceControls(e edges) *cobra.Command {
	var o evidenceControlsOptions
	cmd := &cobra.Command{
		Use:   "controls",
		Short: "The matrix of controls: drills, the last result, and gaps against the promised frequency",
		Long: "For each control of evidence.controls and each database: the drills in the history, the last one,\n" +
			"and where backups were verified less often than evidence.every promises.",
		Args: positional(noArguments),
		RunE: func(cmd *cobra.Command, _ []string) error { return runEvidenceControls(cmd.Context(), e, o) },
	}
	configFlag(cmd, &o.config)
	cmd.Flags().StringVar(&o.format, "format", "text", "output format: text, json or markdown")
	completeFlag(cmd, "format", oneOfValues("text", "json", "markdown"))
	cmd.Flags().IntVar(&o.days, "days", controlsDays, "look at the drills of the last `N` days")
	return cmd
}

func runEvidenceControls(ctx context.Context, e edges, o evidenceControlsOptions) error {
	if err := oneOf("--format", o.format, "text", "json", "markdown"); err != nil {
		return err
	}
	if o.days < 1 {
		return usage("--days: %d is not a number of days", o.days)
	}
	cfg, err := configWithEvidence(e, o.config)
	if err != nil {
		return err
	}
	h, err := wiring.OpenHistory(ctx, cfg)
	if err != nil {
		return err
	}
	defer h.Close()
	entries, err := h.Entries(ctx, record.Filter{})
	if err != nil {
		return err
	}
	m := report.MatrixOf(cfg, entries, e.now().AddDate(0, 0, -o.days), e.now())
	switch o.format {
	case "json":
		return report.Document(e.stdout, m)
	case "markdown":
		return report.ControlsMarkdown(e.stdout, m)
	}
	return report.Controls(e.stdout, m, textOptions(e))
}
