package wiring

import (
	"context"
	"os"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/redact"
)

// Check checks one database after the other. It reads the history if there is one, writes
// nothing to it, and needs no container engine. With an error, it returns the results so
// far.
func Check(ctx context.Context, cfg *config.Config, dbs []*config.Database, o Options) ([]outcome.Result, error) {
	o = o.withDefaults()
	redactor := redactorOf(cfg, o)
	results := make([]outcome.Result, 0, len(dbs))
	for _, db := range dbs {
		id, err := NewRunID(o.Now())
		if err != nil {
			return results, err
		}
		opener := openerOf(db, 0, "")
		locator := NewLocator(db, Latest, o.Now)
		locator.opener = &opener
		d := drill.Drill{
			Database: db.Name, RunID: id, Version: o.Version, Now: o.Now, Redactor: redactor,
			Locator: locator, Opener: &opener, Timezone: timezoneOf(db), Policy: policyOf(db, o.Now()),
			DumpedBefore: func(ctx context.Context) ([]string, error) { return dumpedBefore(ctx, cfg, db.Name) },
		}
		results = append(results, d.Check(ctx))
	}
	return results, nil
}

// dumpedBefore returns the names that the dumps of earlier drills gave a database. It
// creates no history: the user who checks may be another than the one who drills.
func dumpedBefore(ctx context.Context, cfg *config.Config, database string) ([]string, error) {
	if cfg.Record.History.IsPath() {
		if _, err := os.Stat(cfg.Record.History.Reveal()); err != nil {
			return nil, err
		}
	}
	h, err := OpenHistory(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer func() { _ = h.Close() }() // it was only read
	return h.DumpedDatabases(ctx, database)
}

// redactorOf returns a redactor that knows the secrets of a config and of the process.
func redactorOf(cfg *config.Config, o Options) *redact.Redactor {
	r := new(redact.Redactor)
	r.Add(cfg.Secrets()...)
	r.Add(Credentials(o.Getenv)...)
	return r
}
