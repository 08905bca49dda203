package restore

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// finish takes back what was only for the load, and gives the database to its
// owner.
func (r *run) finish(ctx context.Context) error {
	conn, err := r.server.Session(ctx, r.server.Maintenance, provision.SessionOptions{})
	if err != nil {
		return err
	}
	defer provision.Close(ctx, conn)
	if err := r.server.DemoteRoles(ctx, conn); err != nil {
		return err
	}
	if err := r.giveToOwner(ctx, conn); err != nil {
		return err
	}
	r.setProperties(ctx, conn)
	for _, sql := range []string{"alter system reset autovacuum", "select pg_reload_conf()"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("finish the restore: %s: %w", sql, err)
		}
	}
	return nil
}

// setProperties gives the database its own settings, such as a search_path, as
// pg_restore --create would.
func (r *run) setProperties(ctx context.Context, conn *pgx.Conn) {
	if r.server.Properties == "" {
		return
	}
	_, err := conn.Exec(ctx, r.server.Properties)
	if said, ok := pgerr.From(err); ok {
		r.find("database_settings_lost", "check that production's server knows what ALTER DATABASE … SET names",
			"the database's own settings could not be restored: "+said.Error())
	}
}

// giveToOwner gives the database to its owner, whom the dump itself may have
// created. A dump that creates its own database has set the owner.
func (r *run) giveToOwner(ctx context.Context, conn *pgx.Conn) error {
	if r.server.Owner == "" || r.server.ConnectTo != r.server.Database {
		return nil
	}
	database, owner := sqltext.Identifier(r.server.Database), sqltext.Identifier(r.server.Owner)
	_, err := conn.Exec(ctx, "alter database "+database+" owner to "+owner)
	if said, ok := pgerr.From(err); ok {
		f := outcome.Fail(outcome.RoleMissing, "give database %q to its owner %q: %s", r.server.Database, r.server.Owner, said.Text())
		f.SQLState = said.SQLState
		return f
	}
	return err
}

// notMade is about a database that is not there although the restore went
// well: the dump was to make it and did not.
func notMade(err error) error {
	if said, ok := pgerr.From(err); ok && said.SQLState == pgerrcode.InvalidCatalogName {
		return outcome.Fail(outcome.ContentIncomplete, "the dump did not make its database: %s", said.Text())
	}
	return err
}

// quickTarget is that of the second stage of vacuumdb --analyze-in-stages, at
// which an operator lets the application in.
const quickTarget = "10"

// analyze gives the planner its statistics, which a dump does not carry (before
// Postgres 18) and without which the application would be slow. An error of a
// function in it is only a finding: the rows are there, and autovacuum in
// production, with the settings of the database, meets the same.
func (r *run) analyze(ctx context.Context) error {
	conn, err := r.server.Session(ctx, r.server.Database, provision.SessionOptions{DatabaseSettings: true})
	if err != nil {
		return notMade(err)
	}
	defer provision.Close(ctx, conn)
	if _, err := conn.Exec(ctx, "set default_statistics_target = "+quickTarget); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "analyze")
	said, ok := pgerr.From(err)
	if !ok {
		return err
	}
	f := fromServer(evidence{ServerMajor: r.server.Major, Preloaded: r.server.Preloaded}, said, "")
	if f.SQLState = said.SQLState; said.OfSandbox() {
		return f
	}
	r.find("analyze_failed", f.Remedy(), "ANALYZE ended early: "+f.Error())
	return nil
}

// major is that of a version such as 15.18; 0: not known.
func major(version string) int {
	digits, _, _ := strings.Cut(version, ".")
	end := strings.IndexFunc(digits, func(c rune) bool { return c < '0' || c > '9' })
	if end >= 0 {
		digits = digits[:end]
	}
	n, _ := strconv.Atoi(digits)
	return n
}
