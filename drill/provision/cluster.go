package provision

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// giveBootstrap prepares the server for SQL that creates the roles of a cluster. The
// superuser with which the server was initialized gets the name that production's has:
// from Postgres 16 on, memberships that it has granted can be restored only by it. The
// drill continues as another superuser, which the SQL does not know and cannot lock out.
// It uses a database of its own if the SQL drops and creates those that every server has.
func (p *Provisioner) giveBootstrap(ctx context.Context, conn *pgx.Conn, s *Server, needs inspect.Needs) error {
	if needs.Cluster {
		s.Maintenance = newSuperuser() // a random name
		if _, err := conn.Exec(ctx, "create database "+sqltext.Identifier(s.Maintenance)+" template template0"); err != nil {
			return fmt.Errorf("create a database for maintenance: %w", err)
		}
	}
	if needs.Bootstrap == "" {
		return nil
	}
	user, password := newSuperuser(), newPassword()
	if err := createRole(ctx, conn, user, "superuser login password '"+password.Reveal()+"'"); err != nil {
		return err
	}
	own, err := Connect(ctx, s, s.Maintenance, user, password)
	if err != nil {
		return err
	}
	defer Close(ctx, own)
	if _, err := own.Exec(ctx, "alter role "+sqltext.Identifier(s.User)+" rename to "+sqltext.Identifier(needs.Bootstrap)); err != nil {
		return fmt.Errorf("give the bootstrap superuser production's name: %w", err)
	}
	s.User, s.Password = user, password
	return nil
}
