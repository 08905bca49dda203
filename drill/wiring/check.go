package wiring

import (
	"context"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/redact"
)

// Check checks one database after the other. It opens no history and needs no container
// engine. With an error, it returns the results so far.
func Check(ctx context.Context, cfg *config.Config, dbs []*config.Database, o Options) ([]outcome.Result, error) {
	o = o.withDefaults()
	redactor := redactorOf(cfg, o)
	results := make([]outcome.Result, 0, len(dbs))
	for _, db := range dbs {
		id, err := NewRunID(o.Now())
		if err != nil {
			return results, err
		}
		d := drill.Drill{
			Database: db.Name, RunID: id, Version: o.Version, Now: o.Now, Redactor: redactor,
			Locator: NewLocator(db, Latest, o.Now), Policy: inspect.Policy{Major: majorOf(db)},
		}
		results = append(results, d.Check(ctx))
	}
	return results, nil
}

// redactorOf returns a redactor that knows the secrets of a config and of the process.
func redactorOf(cfg *config.Config, o Options) *redact.Redactor {
	r := new(redact.Redactor)
	r.Add(cfg.Secrets()...)
	r.Add(Credentials(o.Getenv)...)
	return r
}
