package verify

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/provision"
)

// runAfter runs restore.after, and returns the database as it is then.
func (v Verifier) runAfter(ctx context.Context, s provision.Server, conn *pgx.Conn, r *Report) (*database, error) {
	began := time.Now()
	if err := v.After(ctx, s); err != nil {
		return nil, err
	}
	r.AfterSeconds = time.Since(began).Seconds()
	hooks := withEvidence(builtinCheck("restore.after", "its SQL runs"),
		"the checks before this one are of the data before it, as is the comparison with earlier drills; all others are of the data after it")
	hooks.Seconds, hooks.ConfigPath = r.AfterSeconds, config.Path("restore", "after")
	r.keep(verdict{check: hooks})
	return readDatabase(ctx, conn)
}
