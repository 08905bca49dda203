package restore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/sqltext"
	"github.com/drillgres/drillgres/drill/words"
)

// finish reverts the settings of the load, and sets the owner and the settings of
// the database.
func (r *run) finish(ctx context.Context) error {
	conn, err := r.server.Session(ctx, r.server.Maintenance, provision.SessionOptions{})
	if err != nil {
		return explainNoSession(err)
	}
	defer provision.Close(ctx, conn)
	if err := r.server.DemoteRoles(ctx, conn); err != nil {
		return err
	}
	if err := r.setOwner(ctx, conn); err != nil {
		return err
	}
	if err := r.restoreProperties(ctx, conn); err != nil {
		return err
	}
	if !r.server.IsSandbox() { // whose settings were not changed
		return nil
	}
	for _, sql := range []string{"alter system reset autovacuum", "select pg_reload_conf()"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("finish the restore: %s: %w", sql, err)
		}
	}
	return nil
}

// restoreProperties restores the database's own settings, such as a search_path, as
// pg_restore --create does. One that the server does not accept leaves the others alone.
func (r *run) restoreProperties(ctx context.Context, conn *pgx.Conn) error {
	var first string
	statements, cut := splitStatements(r.server.Properties)
	for _, sql := range statements {
		_, err := conn.Exec(ctx, sql)
		if said, ok := pgerr.From(err); ok {
			r.restored.LostSettings++
			first = cmp.Or(first, ": "+said.Error())
		} else if err != nil {
			return fmt.Errorf("restore the settings of the database: %w", err)
		}
	}
	if cut {
		r.restored.LostSettings++
	}
	if lost := r.restored.LostSettings; lost > 0 {
		r.addFinding("database_settings_lost", "check that production's server knows what ALTER DATABASE … SET and GRANT name",
			fmt.Sprintf("%s of the database's own settings could not be restored%s", words.Number(lost), first))
	}
	return nil
}

// splitStatements returns the statements of a text, and whether it ends within one.
func splitStatements(sql string) (statements []string, cut bool) {
	l, begins := sqltext.LexText(sql, sqltext.Server), int64(0)
	for {
		switch t := l.Next(); t.Kind {
		case sqltext.End:
			statements = append(statements, sql[begins:l.End()])
			begins = l.End()
		case sqltext.EOF, sqltext.Open:
			return statements, strings.TrimSpace(sql[begins:]) != ""
		}
	}
}

// setOwner sets the owner of the database, a role that the dump may have
// created. A dump that creates its own database has already set the owner, which is then
// asked for.
func (r *run) setOwner(ctx context.Context, conn *pgx.Conn) error {
	if r.server.CreatedByDump {
		return r.readOwner(ctx, conn)
	}
	if r.restored.Owner = r.server.Owner; r.server.Owner == "" {
		return nil
	}
	database, owner := sqltext.Identifier(r.server.Database), sqltext.Identifier(r.server.Owner)
	_, err := conn.Exec(ctx, "alter database "+database+" owner to "+owner)
	if said, ok := pgerr.From(err); ok {
		f := outcome.Fail(outcome.RoleMissing, "set the owner of database %q to %q: %s", r.server.Database, r.server.Owner, said.Text())
		f.SQLState = said.SQLState
		return f
	}
	return err
}

// readOwner reads the owner of a database that the dump created.
func (r *run) readOwner(ctx context.Context, conn *pgx.Conn) error {
	const sql = "select pg_get_userbyid(datdba) from pg_database where datname = $1"
	err := conn.QueryRow(ctx, sql, r.server.Database).Scan(&r.restored.Owner)
	if errors.Is(err, pgx.ErrNoRows) { // the next session reports it
		return nil
	}
	if r.restored.Owner == r.server.User {
		r.restored.Owner = ""
	}
	return err
}

// explainNoSession turns the error of a session after the load into a failure. The load
// itself had a session: a dump that did not create its database is incomplete, and one
// that has changed what the drill's own role may do is hostile.
func explainNoSession(err error) error {
	said, ok := pgerr.From(err)
	if !ok {
		return err
	}
	switch said.SQLState {
	case pgerrcode.InvalidCatalogName:
		return outcome.Fail(outcome.ContentIncomplete, "the dump did not create its database: %s", said.Text())
	case pgerrcode.InvalidPassword, pgerrcode.InvalidAuthorizationSpecification, pgerrcode.InsufficientPrivilege, pgerrcode.ObjectNotInPrerequisiteState:
		return outcome.Fail(outcome.DumpHostile, "the dump has changed the superuser of the sandbox or its database, so that the drill cannot connect any more: %s", said.Error())
	}
	return err
}
