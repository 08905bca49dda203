package main

import (
	"context"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/record/postgres"
	"github.com/drillgres/drillgres/drill/record/s3"
	"github.com/drillgres/drillgres/drill/record/sqlite"
)

// openHistory opens the history that the config names. A file is opened now,
// and must be a history; a server is asked for the first time when there is
// something to read or to record.
func openHistory(ctx context.Context, cfg *config.Config) (*record.History, error) {
	store, err := openStore(ctx, cfg.Record)
	if err != nil {
		return nil, err
	}
	return record.New(store, cfg.Record.History.String()), nil
}

func openStore(ctx context.Context, r config.Record) (record.Store, error) {
	switch where := r.History.Reveal(); r.History.Kind() {
	case config.PostgresHistory:
		return postgres.New(where)
	case config.S3History:
		return s3.New(ctx, s3.Options{
			URL: where, Endpoint: string(r.S3.Endpoint), Region: string(r.S3.Region),
			PathStyle: r.S3.PathStyle, Profile: r.S3.Profile,
		})
	default:
		store, err := sqlite.Open(ctx, where)
		if err != nil {
			return nil, outcome.Fail(outcome.ConfigInvalid, "%w", err).WithHint("correct record.history")
		}
		return store, nil
	}
}
