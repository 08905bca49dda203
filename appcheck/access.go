package appcheck

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/url"
	"regexp"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/redact"
)

// The address of the server, from every container of the pod.
const (
	loopback     = "127.0.0.1"
	postgresPort = "5432"
)

// Access holds the credentials with which a container of the pod connects to the
// restored database.
type Access struct {
	Database, Role string
	Password       redact.Secret

	superuser, noLogin bool
}

// LogIn sets a new password for a role, adds it to r and returns the credentials.
// The default role is the database's owner, or the superuser if it has none.
func LogIn(ctx context.Context, s provision.Server, role string, r *redact.Redactor) (Access, error) {
	a := Access{Database: s.Database, Role: cmp.Or(role, s.Owner, s.User), Password: s.Password, superuser: true}
	r.Add(s.Password)
	if a.Role == s.User {
		return a, nil
	}
	account, err := s.Login(ctx, a.Role)
	if err != nil {
		return a, err
	}
	a.Password, a.superuser, a.noLogin = account.Password, account.Superuser, account.NoLogin
	r.Add(a.Password)
	return a, nil
}

// logIn returns the application's credentials, and records its role in the report.
func (c Checker) logIn(ctx context.Context, s provision.Server, report *Report) (Access, error) {
	a, err := LogIn(ctx, s, c.Config.Role, c.Redactor)
	report.Role = a.Role
	const hint = "set app.role to the role that the application has in production"
	if a.superuser && (c.Config.Role == "" || a.Role == s.User) {
		report.Findings = append(report.Findings, outcome.Finding{
			Code: "app_as_superuser", Hint: hint, Message: "the application connected as superuser, so missing grants are not detected",
		})
	}
	if a.noLogin {
		report.Findings = append(report.Findings, outcome.Finding{
			Code: "app_role_no_login", Hint: hint,
			Message: fmt.Sprintf("the application connected as %q, which may not log in according to the backup: the drill let it", a.Role),
		})
	}
	return a, err
}

// variables returns the environment variables of every application: the names
// of libpq and a URL. Both set sslmode, because some drivers require TLS otherwise.
func (a Access) variables() map[string]string {
	return map[string]string{
		"DATABASE_URL": a.url(),
		"PGHOST":       loopback,
		"PGPORT":       postgresPort,
		"PGUSER":       a.Role,
		"PGPASSWORD":   a.Password.Reveal(),
		"PGDATABASE":   a.Database,
		"PGSSLMODE":    "disable",
	}
}

func (a Access) url() string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(a.Role, a.Password.Reveal()),
		Host: net.JoinHostPort(loopback, postgresPort), RawQuery: "sslmode=disable",
		Path: "/" + a.Database, RawPath: "/" + url.PathEscape(a.Database),
	}
	return u.String()
}

// Env returns the environment of a container that uses the database: the variables
// of the connection, overridden by those of the config.
func (a Access) Env(configured map[string]config.Value) map[string]string {
	env := a.variables()
	for name, value := range a.resolve(configured) {
		env[name] = value
	}
	return env
}

var reference = regexp.MustCompile(`\$?\$\(([A-Za-z_.-][A-Za-z0-9_.-]*)\)`)

// resolve replaces $(NAME), as Kubernetes does, by a variable of the connection.
// It replaces $$(NAME) by $(NAME), and keeps an unknown name unchanged.
func (a Access) resolve(configured map[string]config.Value) map[string]string {
	known := a.variables()
	env := make(map[string]string, len(configured))
	for name, value := range configured {
		env[name] = reference.ReplaceAllStringFunc(value.Reveal(), func(ref string) string {
			if ref[1] == '$' {
				return ref[1:]
			}
			if variable, ok := known[ref[len("$("):len(ref)-1]]; ok {
				return variable
			}
			return ref
		})
	}
	return env
}
