package appcheck_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/appcheck"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/sandbox"
)

// noApps is a pod that starts no application.
type noApps struct{ sandbox.Pod }

func (noApps) Start(context.Context, sandbox.Container) (sandbox.Process, error) {
	return nil, errors.New("no applications")
}

// TestRoleOfTheApplication checks as which role the application connects, and what is
// reported about it.
func TestRoleOfTheApplication(t *testing.T) {
	s := shared.Get(t)
	conn, err := provision.Connect(t.Context(), s, s.Database, s.User, s.Password)
	if err != nil {
		t.Fatal(err)
	}
	defer provision.Close(t.Context(), conn)
	if _, err = conn.Exec(t.Context(), `create role role_group nologin; create role role_login login; create role role_admin superuser login;
		create role role_made nologin; create role role_asked nologin`, pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatal(err)
	}
	s.Pod, s.MadeRoles = noApps{s.Pod}, []string{"role_made"}
	for name, c := range map[string]struct{ owner, role, want, finds string }{
		"the owner":                             {"role_login", "", "role_login", ""},
		"the owner is a group":                  {"role_group", "", "role_group", "app_role_no_login"},
		"the owner is a superuser":              {"role_admin", "", "role_admin", "app_as_superuser"},
		"no owner":                              {"", "", s.User, "app_as_superuser"},
		"a role that the drill made":            {"role_made", "", "role_made", ""},
		"the role of the config":                {"role_group", "role_login", "role_login", ""},
		"the role of the config is a group":     {"role_login", "role_asked", "role_asked", "app_role_no_login"},
		"the role of the config is a superuser": {"role_login", "role_admin", "role_admin", ""},
	} {
		s.Owner = c.owner
		report, err := appcheck.Checker{Config: &config.App{Role: c.role, Port: 8080}}.Check(t.Context(), s)
		if err == nil {
			t.Errorf("%s: an application started", name)
		}
		codes := ""
		for _, f := range report.Findings {
			codes += f.Code
		}
		want(t, name+": role", report.Role, c.want)
		want(t, name+": findings", codes, c.finds)
	}
}
