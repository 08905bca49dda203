package wiring

import (
	"context"
	"errors"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/locate/azure"
	"github.com/drillgres/drillgres/drill/locate/command"
	"github.com/drillgres/drillgres/drill/locate/dir"
	"github.com/drillgres/drillgres/drill/locate/gcs"
	"github.com/drillgres/drillgres/drill/locate/httpfile"
	s3source "github.com/drillgres/drillgres/drill/locate/s3"
	"github.com/drillgres/drillgres/drill/locate/sftp"
	"github.com/drillgres/drillgres/drill/notify/channel"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/record/postgres"
	s3history "github.com/drillgres/drillgres/drill/record/s3"
	"github.com/drillgres/drillgres/drill/record/sqlite"
	"github.com/drillgres/drillgres/drill/redact"
)

// Sources are the kinds of place that backups are read from. To add one, add it here.
var Sources = locate.Kinds{s3source.Kind, gcs.Kind, azure.Kind, sftp.Kind, httpfile.Kind, dir.Kind}

// Histories are the kinds of place that drills are recorded in. To add one, add it
// here.
var Histories = record.Kinds{sqlite.Kind, postgres.Kind, s3history.Kind}

// ConfigReader returns a reader of configs with places of these kinds.
func ConfigReader(getenv func(string) (string, bool)) config.Reader {
	return config.Reader{Getenv: getenv, Sources: Sources.Kinds(), Histories: Histories.Kinds(), Evidence: Evidences.Kinds(), Chats: channel.Chats()}
}

// OpenSource opens the source of backups. It fails with config_invalid if the kind of
// the URL is unknown, and otherwise as the kind does.
func OpenSource(ctx context.Context, b config.Backup, now func() time.Time) (locate.Source, error) {
	if b.Command != nil {
		return command.New(*b.Command, b.Dir, now), nil
	}
	source, err := Sources.Open(ctx, string(b.From), b)
	return source, configFailure(err, "backup.from")
}

// OpenHistory opens the history that the config names. A file is opened now, and must
// be a history; a server is contacted on the first read or write.
func OpenHistory(ctx context.Context, cfg *config.Config) (*record.History, error) {
	store, err := Histories.Open(ctx, cfg.Record.History.Reveal(), cfg.Record)
	if err != nil {
		return nil, configFailure(err, "record.history")
	}
	return record.New(store, cfg.Record.History.String()), nil
}

// configFailure turns an error of the registry into a Failure that names the key.
func configFailure(err error, key string) error {
	var f *outcome.Failure
	if err == nil || errors.As(err, &f) {
		return err
	}
	return outcome.Fail(outcome.ConfigInvalid, "%s: %w", key, err).WithHint("correct %s", key)
}

// Credentials returns the credentials that adapters read from the environment, such as
// those of an object store. No output may contain them.
func Credentials(getenv func(string) (string, bool)) (secrets []redact.Secret) {
	for _, name := range append(Sources.Kinds().Secrets(), Histories.Kinds().Secrets()...) {
		if v, ok := getenv(name); ok {
			secrets = append(secrets, redact.Secret(v))
		}
	}
	return secrets
}
