package provision

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/sqltext"
	"github.com/drillgres/drillgres/drill/words"
)

// makeRoles makes the roles that the dump needs and does not bring, so that
// ownership and grants are restored as they were instead of being left out.
func (p *Provisioner) makeRoles(ctx context.Context, conn *pgx.Conn, s *Server, needs inspect.Needs) error {
	rows, err := conn.Query(ctx, "select rolname from pg_roles")
	if err != nil {
		return fmt.Errorf("list roles: %w", err)
	}
	existing, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("list roles: %w", err)
	}
	s.MadeRoles = without(neededRoles(needs, s.Owner), existing)
	if len(s.MadeRoles) > 0 && p.Restore.Roles == "strict" {
		return outcome.Fail(outcome.RoleMissing, "the dump needs %s and does not bring %s",
			named("role", words.Quoted(s.MadeRoles)), words.Noun(len(s.MadeRoles), "it", "them"))
	}
	for _, name := range s.MadeRoles {
		if err := makeRole(ctx, conn, name, "superuser nologin"); err != nil {
			return err
		}
	}
	s.tellRoles()
	return p.makeAppRole(ctx, conn, s, needs, existing)
}

func makeRole(ctx context.Context, conn *pgx.Conn, name, attributes string) error {
	if _, err := conn.Exec(ctx, "create role "+sqltext.Identifier(name)+" "+attributes); err != nil {
		return fmt.Errorf("create role %q: %w", name, err)
	}
	return nil
}

// makeAppRole makes the application's role where the dump has no use for it.
func (p *Provisioner) makeAppRole(ctx context.Context, conn *pgx.Conn, s *Server, needs inspect.Needs, existing []string) error {
	lacking := without(neededRoles(inspect.Needs{CreatedRoles: needs.CreatedRoles}, p.AppRole), append(existing, s.MadeRoles...))
	if len(lacking) == 0 {
		return nil
	}
	s.find("app_role_unknown",
		"correct app.role, or grant the role what it needs in production",
		fmt.Sprintf("the application's role %q owns nothing in the dump and is granted nothing there", p.AppRole))
	return makeRole(ctx, conn, p.AppRole, "nologin")
}

// neededRoles are all that must exist before the dump is restored; roles that
// the dump makes itself would then be made twice.
func neededRoles(needs inspect.Needs, more ...string) []string {
	var needed []string
	for _, name := range append(slices.Clone(needs.Roles), more...) {
		if name != "" && !predefined(name) && !slices.Contains(needs.CreatedRoles, name) {
			needed = append(needed, name)
		}
	}
	slices.Sort(needed)
	return slices.Compact(needed)
}

// predefined roles are the server's own, or words that no role may be called.
func predefined(name string) bool {
	return strings.HasPrefix(name, "pg_") || name == "public" || name == "none"
}

func (s *Server) tellRoles() {
	if len(s.MadeRoles) == 0 {
		return
	}
	s.find("role_created",
		"back up the roles too: pg_dumpall --globals-only",
		fmt.Sprintf("the backup does not bring %s: made for the drill without login, password and memberships%s",
			named("role", words.Quoted(s.MadeRoles)), asSuperuser(s.MadeRoles)))
}

// stayingSuperuser is the role that is a superuser on nearly every production
// server: what it owns runs with its rights.
const stayingSuperuser = "postgres"

func asSuperuser(made []string) string {
	if slices.Contains(made, stayingSuperuser) {
		return `, "postgres" as a superuser`
	}
	return ""
}

// DemoteRoles ends the superuser rights that made roles have while the dump is
// loaded.
func (s Server) DemoteRoles(ctx context.Context, conn *pgx.Conn) error {
	for _, name := range s.MadeRoles {
		if name == stayingSuperuser {
			continue
		}
		if _, err := conn.Exec(ctx, "alter role "+sqltext.Identifier(name)+" nosuperuser"); err != nil {
			return fmt.Errorf("demote role %q: %w", name, err)
		}
	}
	return nil
}

// Login lets a role log in with a new random password, and makes the role if
// there is none of that name.
func (s Server) Login(ctx context.Context, role string) (redact.Secret, error) {
	conn, err := s.Session(ctx, s.Maintenance, SessionOptions{})
	if err != nil {
		return "", s.Blame(ctx, err)
	}
	defer Close(ctx, conn)
	var exists bool
	if err := conn.QueryRow(ctx, "select exists (select from pg_roles where rolname = $1)", role).Scan(&exists); err != nil {
		return "", s.Blame(ctx, fmt.Errorf("look up role %q: %w", role, err))
	}
	verb := "create role "
	if exists {
		verb = "alter role "
	}
	password := newPassword()
	sql := verb + sqltext.Identifier(role) + " login valid until 'infinity' password '" + password.Reveal() + "'"
	if _, err := conn.Exec(ctx, sql); err != nil {
		return "", s.Blame(ctx, fmt.Errorf("let role %q log in: %w", role, err))
	}
	return password, nil
}
