package appcheck

import (
	"cmp"
	"context"
	"net"
	"net/url"
	"regexp"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/redact"
)

// Where the server listens for every container of the pod.
const (
	loopback     = "127.0.0.1"
	postgresPort = "5432"
)

// access is how the application reaches its database.
type access struct {
	database, role string
	password       redact.Secret
}

// logIn gives the application's role a password of its own. Without a role in
// the config it is the database's owner.
func (c Checker) logIn(ctx context.Context, s provision.Server, report *Report) (access, error) {
	a := access{database: s.Database, role: cmp.Or(c.Config.Role, s.Owner, s.User), password: s.Password}
	report.Role = a.role
	c.Redactor.Add(s.Password)
	if a.role == s.User {
		report.Findings = append(report.Findings, outcome.Finding{
			Code:    "app_as_superuser",
			Message: "the application connected as superuser: missing grants would not have been noticed",
			Hint:    "set app.role to the role that the application has in production",
		})
		return a, nil
	}
	var err error
	if a.password, err = s.Login(ctx, a.role); err != nil {
		return a, err
	}
	c.Redactor.Add(a.password)
	return a, nil
}

// variables are the ones that every application gets, in libpq's names and as
// a URL. sslmode is in both, because some drivers insist on TLS otherwise.
func (a access) variables() map[string]string {
	return map[string]string{
		"DATABASE_URL": a.url(),
		"PGHOST":       loopback,
		"PGPORT":       postgresPort,
		"PGUSER":       a.role,
		"PGPASSWORD":   a.password.Reveal(),
		"PGDATABASE":   a.database,
		"PGSSLMODE":    "disable",
	}
}

func (a access) url() string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(a.role, a.password.Reveal()),
		Host: net.JoinHostPort(loopback, postgresPort), RawQuery: "sslmode=disable",
		Path: "/" + a.database, RawPath: "/" + url.PathEscape(a.database),
	}
	return u.String()
}

// appEnv is the application's environment: the variables of the connection,
// over which the config's own win.
func (a access) appEnv(configured map[string]config.Value) map[string]string {
	env := a.variables()
	for name, value := range a.resolve(configured) {
		env[name] = value
	}
	return env
}

var reference = regexp.MustCompile(`\$?\$\(([A-Za-z_.-][A-Za-z0-9_.-]*)\)`)

// resolve fills in $(NAME), as Kubernetes does: it refers to a variable of the
// connection, $$(NAME) is $(NAME) itself, and an unknown name stays as it is.
func (a access) resolve(configured map[string]config.Value) map[string]string {
	known := a.variables()
	env := make(map[string]string, len(configured))
	for name, value := range configured {
		env[name] = reference.ReplaceAllStringFunc(value.Reveal(), func(ref string) string {
			if ref[1] == '$' {
				return ref[1:]
			}
			if filled, ok := known[ref[len("$("):len(ref)-1]]; ok {
				return filled
			}
			return ref
		})
	}
	return env
}
