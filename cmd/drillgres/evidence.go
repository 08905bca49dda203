package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/evidence"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/report"
	"github.com/drillgres/drillgres/drill/wiring"
)

func newEvidence(e edges) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "evidence",
		Short: "Signed evidence of drills for an auditor",
		Long: "With evidence in the config, each drill leaves a folder with its result, a signed record and, if\n" +
			"it passed or failed, a signed test result. Each record names the hash of the one before.",
		Args: positional(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newEvidenceKeygen(e), newEvidenceShow(e), newEvidenceVerify(e), newEvidenceControls(e))
	return cmd
}

func newEvidenceKeygen(e edges) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "keygen --out NAME",
		Short: "Make a key that signs evidence",
		Long: "Writes an ed25519 key to NAME, for evidence.sign.file, and its public key to NAME.pub, for those who\n" +
			"verify. It replaces no file. Keep the public key where the machine that drills cannot write.",
		Args: positional(noArguments),
		RunE: func(*cobra.Command, []string) error { return runKeygen(e, out) },
	}
	cmd.Flags().StringVar(&out, "out", "", "write the private key to `NAME`, and the public key to NAME.pub; required")
	return cmd
}

func runKeygen(e edges, name string) error {
	if name == "" {
		return usage("evidence keygen: --out is missing").WithHint("name the file of the private key, such as --out evidence.key")
	}
	for _, file := range []string{name, name + ".pub"} {
		if _, err := os.Lstat(file); err == nil {
			return usage("evidence keygen: %s exists, and is never replaced", file).
				WithHint("choose another name, and keep the public key: it verifies what the old key signed")
		}
	}
	private, public, signer, err := evidence.GenerateKey()
	if err != nil {
		return err
	}
	if err := errors.Join(createFile(name, private, 0o600), createFile(name+".pub", public, 0o644)); err != nil {
		return usage("evidence keygen: %w", err).WithHint("choose a place that this user may write to")
	}
	_, err = fmt.Fprintf(e.stdout, "private key  %s\npublic key   %s.pub\nkey id       %s\n", name, name, signer.Public.ID)
	return err
}

// createFile writes a file that does not exist yet.
func createFile(name string, content []byte, mode os.FileMode) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}

type evidenceShowOptions struct {
	config, run, database, format string
}

func newEvidenceShow(e edges) *cobra.Command {
	var o evidenceShowOptions
	cmd := &cobra.Command{
		Use:   "show RUN",
		Short: "Show the record of a drill",
		Long: "RUN is a run id, or its beginning. The signature is not verified: drillgres evidence verify does\n" +
			"that.",
		Args: positional(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.run = args[0]
			return runEvidenceShow(cmd.Context(), e, o)
		},
	}
	configFlag(cmd, &o.config)
	formatFlag(cmd, &o.format)
	cmd.Flags().StringVar(&o.database, "database", "", "`DATABASE` of the run, if several databases share its id")
	completeFlag(cmd, "database", databaseNames)
	return cmd
}

func runEvidenceShow(ctx context.Context, e edges, o evidenceShowOptions) error {
	if err := checkFormat(o.format); err != nil {
		return err
	}
	cfg, err := configWithEvidence(e, o.config)
	if err != nil {
		return err
	}
	store, err := wiring.OpenEvidence(ctx, *cfg.Evidence)
	if err != nil {
		return err
	}
	defer closeStore(store)
	found, err := evidence.Find(ctx, store, o.run, o.database)
	if err != nil {
		return err
	}
	switch {
	case len(found) == 0:
		return usage("no evidence of a run that begins with %q in %s", o.run, cfg.Evidence.To).WithHint("run drillgres history for the ids of runs")
	case len(found) > 1:
		return usage("%q matches evidence of %d drills, such as run %s of %s and run %s of %s", o.run, len(found),
			found[0].Record.RunID, found[0].Record.Database, found[1].Record.RunID, found[1].Record.Database).
			WithHint("enter the whole run id, and the database with --database")
	}
	if o.format == "json" {
		return report.Document(e.stdout, found[0])
	}
	return report.EvidenceRecord(e.stdout, found[0], textOptions(e))
}

// configWithEvidence reads a config that asks for evidence.
func configWithEvidence(e edges, path string) (*config.Config, error) {
	cfg, err := loadConfig(e, path)
	if err == nil && cfg.Evidence == nil {
		err = outcome.Fail(outcome.ConfigInvalid, "%s has no section evidence", cfg.File).WithHint("add evidence with to and sign, as in docs/evidence.md")
	}
	return cfg, err
}

func closeStore(s io.Closer) { _ = s.Close() } // it was only read
