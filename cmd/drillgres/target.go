package main

import (
	"context"
	"errors"
	"os"
	"path"
	"strings"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/wiring"
)

// backupFlags describe a backup that the command line names instead of a config.
type backupFlags struct {
	keys           []string
	passphraseFile string
	member         string
	database       string
	s3Endpoint     string
}

// flags adds the flags of a named backup to a command.
func (b *backupFlags) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&b.keys, "key", nil, "`FILE` with a key of an encrypted backup: age identities, an OpenPGP private key, or Databasus' secret.key; may be repeated")
	f.StringVar(&b.passphraseFile, "passphrase-file", "", "`FILE` with the passphrase of the backup or of the keys")
	f.StringVar(&b.member, "member", "", "`GLOB` of the member of a tar or zip archive that is the dump")
	f.StringVar(&b.database, "database", "", "`NAME` of the database that counts in the backup of a whole cluster")
	f.StringVar(&b.s3Endpoint, "s3-endpoint", "", "`URL` of an object store that is not AWS")
	completeFlag(cmd, "key", filesNamed())
	completeFlag(cmd, "passphrase-file", filesNamed())
}

// backupFlagNames are the names of the flags of a named backup.
var backupFlagNames = []string{"key", "passphrase-file", "member", "database", "s3-endpoint"}

// passphrase returns the content of the passphrase file, without its last newline.
func (b backupFlags) passphrase() (string, error) {
	if b.passphraseFile == "" {
		return "", nil
	}
	content, err := os.ReadFile(b.passphraseFile)
	if err != nil {
		return "", usage("--passphrase-file: %w", err)
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r"), nil
}

// opener returns what opens the layers, with the keys of the command line.
func (b backupFlags) opener() (layers.Opener, error) {
	passphrase, err := b.passphrase()
	if err != nil {
		return layers.Opener{}, err
	}
	keys, err := wiring.KeyringOf(b.keys, passphrase)
	return layers.Opener{Keys: keys, Member: b.member, MaxDecoded: wiring.DecodedLimit}, err
}

// section returns the backup section of a config for a target, with the keys by reference.
func (b backupFlags) section(target string) (config.Backup, error) {
	passphrase, err := b.passphrase()
	if err != nil {
		return config.Backup{}, err
	}
	keys, err := wiring.KeysOf(b.keys, passphrase)
	return config.Backup{
		From: config.Text(target), Keys: keys, Member: b.member, Database: b.database, S3: config.S3{Endpoint: config.Text(b.s3Endpoint)},
	}, err
}

// open opens the place that a target names.
func (b backupFlags) open(ctx context.Context, target string) (locate.Source, error) {
	source, err := wiring.Sources.Open(ctx, target, config.Backup{From: config.Text(target), S3: config.S3{Endpoint: config.Text(b.s3Endpoint)}})
	var f *outcome.Failure
	if err != nil && !errors.As(err, &f) {
		err = usage("URL: %w", err).WithHint("name a local file or directory, - for standard input, or the URL of an object") // it may contain a password
	}
	return source, err
}

// locate locates a file or object that the command line names.
func (b backupFlags) locate(ctx context.Context, target string) (locate.Backup, error) {
	source, err := b.open(ctx, target)
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

// noAnswer returns the failure of a source that does not answer.
func noAnswer(from string) error {
	return outcome.Fail(outcome.SourceUnreachable, "%s did not answer within %s", redact.URL(from), drill.Deadlines[outcome.Locate])
}
