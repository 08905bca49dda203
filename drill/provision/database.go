package provision

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// targetName returns the name of the restored database: the name in the dump, or
// else the key in the config.
func targetName(needs inspect.Needs, key string) string {
	for _, name := range []string{needs.Database.Name, key} {
		if name != "" && name != "template0" && name != "template1" {
			return name
		}
	}
	return "restored"
}

// maintenanceFor returns the database to connect to while the target is created,
// dropped or altered.
func maintenanceFor(target string) string {
	if target == "postgres" {
		return "template1"
	}
	return "postgres"
}

// chooseOwner returns the owner of the database: from the config, else from the
// dump, else the role that owns most of the dump's objects once all are known.
func (p *Provisioner) chooseOwner(s *Server, needs inspect.Needs) string {
	if needs.Cluster { // the backup creates the database with its owner
		return ""
	}
	if p.Config.Owner != "" {
		return p.Config.Owner
	}
	if needs.Database.Owner != "" || needs.Unfinished {
		return needs.Database.Owner
	}
	owner, owned := mostlyOwnedBy(needs.ObjectsByOwner)
	if owner == "" {
		return ""
	}
	all := 0
	for _, number := range needs.ObjectsByOwner {
		all += number
	}
	s.addFinding("database_owner", "set postgres.owner to production's owner of the database",
		fmt.Sprintf("the dump does not contain the database's owner: assumed %q, which owns %d of its %d objects", owner, owned, all))
	return owner
}

// mostlyOwnedBy returns the role that owns most objects. Of several with the same
// number it returns the first by name. Objects without a known owner do not count.
func mostlyOwnedBy(objects map[string]int) (owner string, owned int) {
	for _, name := range slices.Sorted(maps.Keys(objects)) {
		if name != "" && objects[name] > owned {
			owner, owned = name, objects[name]
		}
	}
	return owner, owned
}

// createDatabase creates the empty database from template0, which contains nothing
// that could conflict with a dump.
func (p *Provisioner) createDatabase(ctx context.Context, conn *pgx.Conn, s *Server, needs inspect.Needs) error {
	if err := dropDatabase(ctx, conn, s); err != nil {
		return err
	}
	def, err := defaultLocale(ctx, conn)
	if err != nil {
		return err
	}
	l := chooseLocale(p.Config, needs.Database, def)
	if err := l.supported(s.Major); err != nil {
		return err
	}
	sql := "create database " + sqltext.Identifier(s.Database) + " template template0" + l.options(s.Major) + ownerClause(s, needs)
	if _, err := conn.Exec(ctx, sql); err != nil {
		return l.explain(err, s)
	}
	s.create = sql
	s.AssumedLocale = l.assumedLocale(def)
	if l.assumedC {
		s.addFinding("locale_assumed", "set postgres.locale to production's locale",
			fmt.Sprintf("the dump contains encoding %s but no locale, and the image's locale %s has another encoding: the database uses locale C",
				l.encoding, def.collate))
	}
	return nil
}

// ownerClause returns the clause of CREATE DATABASE for the owner. A role that the dump creates does
// not exist yet.
func ownerClause(s *Server, needs inspect.Needs) string {
	if s.Owner == "" || slices.Contains(needs.CreatedRoles, s.Owner) {
		return ""
	}
	return " owner " + sqltext.Identifier(s.Owner)
}

// giveDatabase sets the owner of a database that was created before it was known.
func giveDatabase(ctx context.Context, conn *pgx.Conn, s *Server, needs inspect.Needs) error {
	if ownerClause(s, needs) == "" {
		return nil
	}
	if _, err := conn.Exec(ctx, "alter database "+sqltext.Identifier(s.Database)+" owner to "+sqltext.Identifier(s.Owner)); err != nil {
		return fmt.Errorf("set the owner of database %q: %w", s.Database, err)
	}
	return nil
}

// Recreate replaces Database by an empty one, as it was before the restore.
func (s Server) Recreate(ctx context.Context) error {
	conn, err := Connect(ctx, s, s.Maintenance, s.User, s.Password)
	if err != nil {
		return err
	}
	defer Close(ctx, conn)
	if err := dropDatabase(ctx, conn, &s); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, s.create)
	return err
}

// dropDatabase drops a database of the same name in the image, even if a background
// worker is connected to it.
func dropDatabase(ctx context.Context, conn *pgx.Conn, s *Server) error {
	if _, err := conn.Exec(ctx, "drop database if exists "+sqltext.Identifier(s.Database)+" with (force)"); err != nil {
		return fmt.Errorf("drop the image's database %q: %w", s.Database, err)
	}
	return nil
}
