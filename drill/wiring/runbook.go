package wiring

import (
	"bytes"
	"context"
	"errors"
	"io/fs"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/runbook"
)

// runbookDrills is how many drills a runbook lists.
const runbookDrills = 5

// Runbook returns the recovery procedure of a database as Markdown. A history that cannot be
// read does not prevent it: the page says so.
func Runbook(ctx context.Context, cfg *config.Config, db *config.Database, o Options) ([]byte, error) {
	o = o.withDefaults()
	redactor := redactorOf(cfg, o)
	book := runbook.Runbook{Config: cfg, Database: db, At: o.Now(), Version: o.Version}
	var err error
	if book.Past, err = verifiedResults(ctx, cfg, db.Name, o, runbookDrills); err != nil {
		book.Why = "the history cannot be read: " + redactor.Text(err.Error())
	}
	var page bytes.Buffer
	if err := book.Write(&page); err != nil {
		return nil, err
	}
	return []byte(redactor.Text(page.String())), nil
}

// verifiedResults returns the last verified drills of a database. A history that nobody has
// written yet has none.
func verifiedResults(ctx context.Context, cfg *config.Config, database string, o Options, n int) ([]outcome.Result, error) {
	if cfg.Record.History == "" {
		return nil, nil
	}
	results, err := fromHistory(ctx, cfg, func(h *record.History) ([]outcome.Result, error) {
		return h.VerifiedResults(ctx, database, o.Now(), n)
	})
	if cfg.Record.History.IsPath() && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return results, err
}
