package provision

import (
	"context"
	"errors"
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

// createRoles creates the roles that the dump needs and does not create. Ownership
// and grants are then restored as they are in production.
func (p *Provisioner) createRoles(ctx context.Context, conn *pgx.Conn, s *Server, needs inspect.Needs) error {
	rows, err := conn.Query(ctx, "select rolname from pg_roles")
	if err != nil {
		return fmt.Errorf("list roles: %w", err)
	}
	existing, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("list roles: %w", err)
	}
	early := s.MadeRoles // for what was known of the dump while it arrived
	existing = without(existing, early)
	s.MadeRoles = without(neededRoles(needs, s.Owner), existing)
	if len(s.MadeRoles) > 0 && p.Restore.Roles == "strict" {
		return outcome.Fail(outcome.RoleMissing, "the dump needs %s and does not contain %s",
			nounWithNames("role", words.Quoted(s.MadeRoles)), words.Noun(len(s.MadeRoles), "it", "them"))
	}
	for _, name := range without(s.MadeRoles, early) {
		if err := createRole(ctx, conn, name, "superuser nologin"); err != nil {
			return err
		}
	}
	if needs.Unfinished {
		return nil
	}
	s.reportRoles()
	return p.createAppRole(ctx, conn, s, needs, existing)
}

func createRole(ctx context.Context, conn *pgx.Conn, name, attributes string) error {
	if _, err := conn.Exec(ctx, "create role "+sqltext.Identifier(name)+" "+attributes); err != nil {
		return fmt.Errorf("create role %q: %w", name, err)
	}
	return nil
}

// createAppRole creates the application's role if the dump does not need it.
func (p *Provisioner) createAppRole(ctx context.Context, conn *pgx.Conn, s *Server, needs inspect.Needs, existing []string) error {
	lacking := without(neededRoles(inspect.Needs{CreatedRoles: needs.CreatedRoles}, p.AppRole), append(existing, s.MadeRoles...))
	if len(lacking) == 0 {
		return nil
	}
	s.addFinding("app_role_unknown",
		"correct app.role, or grant the role what it needs in production",
		fmt.Sprintf("the application's role %q owns nothing in the dump and has no privileges there", p.AppRole))
	s.madeAppRole = p.AppRole
	return createRole(ctx, conn, p.AppRole, "nologin")
}

// neededRoles returns the roles that must exist before the dump is restored. It
// omits roles that the dump creates itself.
func neededRoles(needs inspect.Needs, more ...string) []string {
	var needed []string
	for _, name := range append(slices.Clone(needs.Roles), more...) {
		if name != "" && !isPredefined(name) && !slices.Contains(needs.CreatedRoles, name) {
			needed = append(needed, name)
		}
	}
	slices.Sort(needed)
	return slices.Compact(needed)
}

// NamedRoles returns the roles that a backup names, whether it creates them or not, without those
// that every server has.
func NamedRoles(needs inspect.Needs, more ...string) []string {
	needs.CreatedRoles = nil
	return neededRoles(needs, more...)
}

// isPredefined reports whether the name is a role of the server itself, or a word
// that cannot name a role.
func isPredefined(name string) bool {
	return strings.HasPrefix(name, "pg_") || name == "public" || name == "none"
}

// reportRoles adds a finding about the roles that were created.
func (s *Server) reportRoles() {
	if len(s.MadeRoles) == 0 {
		return
	}
	s.addFinding("role_created",
		"back up the roles too: pg_dumpall --globals-only",
		fmt.Sprintf("the backup does not contain %s: created for the drill without login, password and memberships%s",
			nounWithNames("role", words.Quoted(s.MadeRoles)), superuserNote(s.MadeRoles)))
}

// keptSuperuser remains a superuser after the load, as on nearly every
// production server: functions that it owns may run with its privileges.
const keptSuperuser = "postgres"

func superuserNote(made []string) string {
	if slices.Contains(made, keptSuperuser) {
		return `, "postgres" as a superuser`
	}
	return ""
}

// DemoteRoles removes the superuser attribute that the created roles have during
// the load.
func (s Server) DemoteRoles(ctx context.Context, conn *pgx.Conn) error {
	for _, name := range s.MadeRoles {
		if name == keptSuperuser {
			continue
		}
		if _, err := conn.Exec(ctx, "alter role "+sqltext.Identifier(name)+" nosuperuser"); err != nil {
			return fmt.Errorf("demote role %q: %w", name, err)
		}
	}
	return nil
}

// Account is a role that the drill lets log in.
type Account struct {
	Password  redact.Secret
	Superuser bool
	// NoLogin states that the role may not log in according to the backup.
	NoLogin bool
}

// Login lets a role log in with a new random password. It creates the role if it does not
// exist.
func (s Server) Login(ctx context.Context, role string) (Account, error) {
	conn, err := s.Session(ctx, s.Maintenance, SessionOptions{})
	if err != nil {
		return Account{}, s.Blame(ctx, err)
	}
	defer Close(ctx, conn)
	a, verb := Account{Password: newPassword()}, "alter role "
	var canLogin bool
	err = conn.QueryRow(ctx, "select rolcanlogin, rolsuper from pg_roles where rolname = $1", role).Scan(&canLogin, &a.Superuser)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		verb = "create role "
	case err != nil:
		return Account{}, s.Blame(ctx, fmt.Errorf("look up role %q: %w", role, err))
	default:
		a.NoLogin = !canLogin && role != s.madeAppRole && !slices.Contains(s.MadeRoles, role)
	}
	sql := verb + sqltext.Identifier(role) + " login valid until 'infinity' password '" + a.Password.Reveal() + "'"
	if _, err := conn.Exec(ctx, sql); err != nil {
		return Account{}, s.Blame(ctx, fmt.Errorf("let role %q log in: %w", role, err))
	}
	return a, nil
}
