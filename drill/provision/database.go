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

// targetName is what the restored database is called: as in production, where
// the dump tells it.
func targetName(needs inspect.Needs, key string) string {
	for _, name := range []string{needs.Database.Name, key} {
		if name != "" && name != "template0" && name != "template1" {
			return name
		}
	}
	return "restored"
}

// maintenanceFor is the database to be connected to while the target is made,
// dropped or altered.
func maintenanceFor(target string) string {
	if target == "postgres" {
		return "template1"
	}
	return "postgres"
}

// chooseOwner is who owns the database: from the config, else from the dump,
// else whoever owns most of the dump's objects.
func (p *Provisioner) chooseOwner(s *Server, needs inspect.Needs) string {
	if p.Config.Owner != "" {
		return p.Config.Owner
	}
	if needs.Database.Owner != "" {
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
	s.find("database_owner", "set postgres.owner to production's owner of the database",
		fmt.Sprintf("the dump does not tell the database's owner: it is %q, who owns %d of its %d objects", owner, owned, all))
	return owner
}

// mostlyOwnedBy returns the role that owns most objects, the first by name where
// several own as many. Objects without a known owner do not count.
func mostlyOwnedBy(objects map[string]int) (owner string, owned int) {
	for _, name := range slices.Sorted(maps.Keys(objects)) {
		if name != "" && objects[name] > owned {
			owner, owned = name, objects[name]
		}
	}
	return owner, owned
}

// makeDatabase makes the empty database from template0, which holds nothing
// that a dump could collide with.
func (p *Provisioner) makeDatabase(ctx context.Context, conn *pgx.Conn, s *Server, needs inspect.Needs) error {
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
	sql := "create database " + sqltext.Identifier(s.Database) + " template template0" + l.options(s.Major)
	// A role that the dump makes itself can't own anything yet.
	if s.Owner != "" && !slices.Contains(needs.CreatedRoles, s.Owner) {
		sql += " owner " + sqltext.Identifier(s.Owner)
	}
	if _, err := conn.Exec(ctx, sql); err != nil {
		return l.explain(err, s)
	}
	s.AssumedLocale = l.guess(def)
	if l.assumed {
		s.find("locale_assumed", "set postgres.locale to production's locale",
			fmt.Sprintf("the dump tells encoding %s but no locale, and the image's %s has another encoding: the database has locale C",
				l.encoding, def.collate))
	}
	return nil
}

// dropDatabase makes room where the image already has a database of the name;
// a background worker may be connected to it.
func dropDatabase(ctx context.Context, conn *pgx.Conn, s *Server) error {
	if _, err := conn.Exec(ctx, "drop database if exists "+sqltext.Identifier(s.Database)+" with (force)"); err != nil {
		return fmt.Errorf("drop the image's database %q: %w", s.Database, err)
	}
	return nil
}
