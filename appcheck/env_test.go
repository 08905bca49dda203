package appcheck_test

import (
	"net/http"
	"testing"

	"github.com/drillgres/drillgres/appcheck"
	"github.com/drillgres/drillgres/drill/config"
)

// The application must get the address of its database. Its own variables must
// override that, and references must be replaced.
func TestEnvironment(t *testing.T) {
	pod := newPod(t, http.HandlerFunc(ok))
	a := app()
	a.Command = []string{"./shop", "serve"}
	a.Env = map[string]config.Value{
		"PGSSLMODE": "prefer",
		"JDBC":      "jdbc:postgresql://$(PGHOST):$(PGPORT)/$(PGDATABASE)",
		"ESCAPED":   "$$(PGHOST)",
		"UNKNOWN":   "$(HOME) $(PGHOST",
		"MONEY":     "$5 $$",
		"TWO":       "$(PGUSER)$(PGUSER)",
	}
	a.Services = map[string]config.Service{
		"worker": {Image: "worker:2", Env: map[string]config.Value{"DB": "$(DATABASE_URL)"}},
	}
	if _, code, text := check(t, pod, a); code != "" {
		t.Fatalf("%s: %s", code, text)
	}
	const url = "postgres://drillgres:canary%2F1234@127.0.0.1:5432/shop?sslmode=disable"
	got := pod.container(t, "app_under_test")
	want(t, "environment", got.Env, map[string]string{
		"DATABASE_URL": url, "PGHOST": "127.0.0.1", "PGPORT": "5432",
		"PGUSER": "drillgres", "PGPASSWORD": "canary/1234", "PGDATABASE": "shop", "PGSSLMODE": "prefer",
		"JDBC": "jdbc:postgresql://127.0.0.1:5432/shop", "ESCAPED": "$(PGHOST)", "UNKNOWN": "$(HOME) $(PGHOST",
		"MONEY": "$5 $$", "TWO": "drillgresdrillgres",
	})
	want(t, "command", got.Command, []string{"./shop", "serve"})
	want(t, "image", got.Image, "shop:1")
	want(t, "worker", pod.container(t, "worker").Env, map[string]string{"DB": url})
	want(t, "services first", pod.started[0].Name, "worker")
}

func TestDatabaseNamesAreEscaped(t *testing.T) {
	pod := newPod(t, http.HandlerFunc(ok))
	s := server(pod)
	s.Database = "my shop/ü?"
	checker := appcheck.Checker{Config: app()}
	if _, err := checker.Check(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	env := pod.container(t, "app_under_test").Env
	want(t, "url", env["DATABASE_URL"], "postgres://drillgres:canary%2F1234@127.0.0.1:5432/my%20shop%2F%C3%BC%3F?sslmode=disable")
	want(t, "name", env["PGDATABASE"], "my shop/ü?")
}
