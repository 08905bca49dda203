package appcheck_test

import (
	"context"
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/appcheck"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/sandbox"
	"github.com/drillgres/drillgres/fixtures/images"
	"github.com/drillgres/drillgres/fixtures/pgserver"
)

// shared is the server for all applications of these tests. Each application uses
// another port.
var shared = pgserver.Shared{Major: "15", Hosts: []string{"cache"}}

func TestMain(m *testing.M) { os.Exit(shared.Run(m)) }

// manyApps is a pod in which the containers of several checks can run.
type manyApps struct{ sandbox.Pod }

func (p manyApps) Start(ctx context.Context, c sandbox.Container) (sandbox.Process, error) {
	c.Name += "-" + strings.ToLower(rand.Text()[:8])
	return p.Pod.Start(ctx, c)
}

// probe builds the image of testdata/probe, which contains only a static binary.
// It must be called before shared.Get, so that the image is removed last.
func probe(t *testing.T) string {
	t.Helper()
	images.NeedEngine(t)
	dir := t.TempDir()
	tag := "drillgres-test/probe:" + strings.ToLower(rand.Text()[:12])
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, "probe"), "./testdata/probe")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	output(t, build)
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM scratch\nCOPY probe /probe\nENTRYPOINT [\"/probe\"]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	output(t, exec.CommandContext(t.Context(), "docker", "build", "--quiet", "--tag", tag, dir))
	shared.Later(func(ctx context.Context) error {
		return exec.CommandContext(ctx, "docker", "rmi", "--force", tag).Run()
	})
	return tag
}

func output(t *testing.T, c *exec.Cmd) {
	t.Helper()
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", c.Args, err, out)
	}
}

// restoredShop returns a server with a database and an application's role, which
// has fewer privileges than the owner.
func restoredShop(t *testing.T) provision.Server {
	t.Helper()
	s := shared.Get(t)
	conn, err := provision.Connect(t.Context(), s, s.Database, s.User, s.Password)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	_, err = conn.Exec(t.Context(), `
create role shop_app nologin; create table orders (id serial primary key); create table users (id int);
insert into orders select from generate_series(1, 5); grant select, insert on orders to shop_app; grant usage on orders_id_seq to shop_app`,
		pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		t.Fatal(err)
	}
	s.Pod = manyApps{s.Pod}
	return s
}

// TestRealApplications runs a small application in a real pod.
func TestRealApplications(t *testing.T) {
	image := probe(t)
	s := restoredShop(t)
	within := config.Duration(2 * time.Minute)
	get := func(name, path string) config.Smoke {
		return config.Smoke{Name: name, HTTP: &config.HTTP{Get: path}, Within: within}
	}
	expect := func(s config.Smoke, compile func(string) (config.Expr, error), source string) config.Smoke {
		var err error
		if s.Expect, err = compile(source); err != nil {
			t.Fatal(err)
		}
		return s
	}
	cases := []struct {
		name   string
		change func(a *config.App)
		code   outcome.Code
		text   string // beginning of the message
		checks string // statuses
	}{
		{name: "passes", change: func(a *config.App) {
			a.Services = map[string]config.Service{
				"cache": {Image: config.Text(image), Command: []string{"listen"}, Port: 6379, Env: map[string]config.Value{"PORT": "6379"}},
			}
			a.Env["CACHE"] = "cache:6379"
			a.Smoke = []config.Smoke{
				expect(get("orders", "/orders"), config.CompileHTTP, "status == 200 && json.value >= 5"),
				expect(config.Smoke{Name: "new order", HTTP: &config.HTTP{Post: "/orders"}, Within: within}, config.CompileHTTP, "json.value == 6"),
				get("by name", "/cache"),
				expect(get("redirect", "/old"), config.CompileHTTP, "status == 302"),
				expect(config.Smoke{Name: "self test", Command: []string{"/probe", "selftest"}, Within: within}, config.CompileCommand, `exit == 3 && stdout == "tested\n"`),
				expect(config.Smoke{Name: "sql", SQL: "select current_user, count(*) from orders", Within: within}, config.CompileSQL, `value == "shop_app" && rows[0].count == 6`),
			}
		}, checks: "passed passed passed passed passed passed passed"},
		{
			name: "exits at once", change: func(a *config.App) { a.Command = []string{"exit"} },
			code: outcome.AppStartFailed, checks: "failed",
			text: "the application ended with exit code 3 before it was ready; its last log lines, without what may be data (drillgres run --keep leaves the container and its log):\n" +
				"cannot serve with […] and REDACTED",
		},
		{name: "never ready", change: func(a *config.App) {
			a.Command, a.Ready.Within = []string{"hang"}, config.Duration(10*time.Second)
		}, code: outcome.AppNotReady, checks: "failed", text: "the application was not ready within 10s: no answer: dial tcp"},
		{
			name: "lacks a grant", change: func(a *config.App) {
				a.Smoke = []config.Smoke{
					get("users", "/users"), get("orders", "/orders"),
					expect(config.Smoke{Name: "sql", SQL: "select count(*) from users", Within: within}, config.CompileSQL, "value == 0"),
				}
			}, code: outcome.SmokeFailed, checks: "passed failed passed failed",
			text: `smoke test "users": expected status is 2xx, saw status 500, `,
		},
		{
			name: "ends during a test", change: func(a *config.App) {
				a.Smoke = []config.Smoke{get("crash", "/crash"), get("orders", "/orders")}
			}, code: outcome.AppStartFailed, checks: "passed failed unknown",
			text: "the application ended with exit code 4 during smoke test \"crash\"; its last log lines:\ncrashing",
		},
		{name: "no such command", change: func(a *config.App) {
			a.Smoke = []config.Smoke{{Name: "self test", Command: []string{"/nothing"}, Within: within}}
		}, code: outcome.SmokeFailed, checks: "passed failed", text: `smoke test "self test": expected exit == 0, saw exit 12`},
	}
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a := &config.App{
				Image: config.Text(image), Command: []string{"serve"}, Role: "shop_app", Port: 8081 + i,
				Env:   map[string]config.Value{"PORT": config.Value("808" + string(rune('1'+i))), "API_TOKEN": "canary-token"},
				Ready: config.Ready{HTTP: "/healthz", Within: config.Duration(2 * time.Minute)},
			}
			c.change(a)
			report, err := appcheck.Checker{Config: a}.Check(t.Context(), s)
			if err != nil {
				f := outcome.AsFailure(err)
				want(t, "code", f.Code, c.code)
				if !strings.HasPrefix(f.Error(), c.text) || c.text == "" {
					t.Errorf("message: %s", f)
				}
			} else {
				want(t, "code", "", c.code)
			}
			var statuses []string
			for _, check := range report.Checks {
				statuses = append(statuses, string(check.Status))
				t.Logf("%-10s %-8s %s -> %s (%.2fs)", check.Name, check.Status, check.Expect, check.Saw, check.Seconds)
			}
			want(t, "checks", strings.Join(statuses, " "), c.checks)
		})
	}
}
