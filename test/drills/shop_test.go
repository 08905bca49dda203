package drills

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/program"
)

func TestShopPasses(t *testing.T) {
	t.Parallel()
	program.BuildShop(t)
	config := program.ShopConfig(t, program.ShopApp+`
      ready: {http: /healthz, within: 30s}
      smoke:
        - {name: newest orders are served, http: {get: "/orders?limit=5"}, expect: status == 200 && len(json) == 5}
        - {name: an order can be placed, http: {post: /orders, body: '{"user_id": 1, "items": [{"product_id": 1, "quantity": 2}]}'}, expect: status == 201}
        - {name: self test, command: [/shop, selftest]}
        - {name: the role reads, sql: select count(*) from public.orders, expect: value > 0}
        - {name: the role is not a superuser, sql: select current_user, expect: value == "shop_app"}
`)
	r, exit, stderr := program.Drill(t, "--config", config)
	if r.Verdict != outcome.VerdictPassed || exit != 0 {
		t.Fatalf("%s, exit %d: %+v\n%s", r.Verdict, exit, r.Failure, stderr)
	}
	for _, s := range r.Stages {
		want := outcome.StagePassed
		if s.Stage == outcome.Migrate { // no release is named
			want = outcome.StageSkipped
		}
		if s.Status != want {
			t.Errorf("stage %s is %s", s.Stage, s.Status)
		}
	}
	if r.Isolation.Network != "none" || r.Isolation.Routes != 0 || r.Isolation.PublishedPorts != 0 || r.Isolation.Outbound == "" {
		t.Errorf("isolation %+v", r.Isolation)
	}
	if len(r.Leftovers) > 0 || r.Times.Restore <= 0 || r.RPOSeconds == nil || len(r.Tables) == 0 {
		t.Errorf("leftovers %q, times %+v, tables %d", r.Leftovers, r.Times, len(r.Tables))
	}
	history, exit, _ := program.Run(t.Context(), t, "history", "--config", config)
	if exit != 0 || !strings.Contains(history, "passed") || !strings.Contains(history, r.RunID) && !strings.Contains(history, "shop.dump") {
		t.Errorf("history, exit %d:\n%s", exit, history)
	}
}

func TestAppFailures(t *testing.T) {
	program.BuildShop(t)
	tests := []struct {
		name, app string
		code      outcome.Code
		says      string
	}{
		{"it cannot log in", "      ready: {http: /healthz}\n      env: {DATABASE_URL: \"postgres://nobody:canary-app-secret@127.0.0.1:5432/shop\"}\n", outcome.AppStartFailed, "nobody"},
		{"it has no such page", "      ready: {http: /nowhere, within: 2s}\n", outcome.AppNotReady, "404"},
		{"its smoke test does not hold", "      ready: {http: /healthz}\n      smoke: [{name: teapot, http: {get: /orders}, expect: status == 418}]\n", outcome.SmokeFailed, "teapot"},
		{"there is no such image", "      image: 127.0.0.1:1/none:1\n", outcome.ImageUnavailable, "127.0.0.1:1/none:1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			app := program.ShopApp + tt.app
			if strings.Contains(tt.app, "image:") {
				app = "    app:\n      port: 8080\n" + tt.app
			}
			r, exit, stderr := program.Drill(t, "--config", program.ShopConfig(t, app))
			if r.Failure == nil || r.Failure.Code != tt.code || r.Failure.Stage != outcome.App || exit != tt.code.Class().ExitCode() {
				t.Fatalf("exit %d, %+v; want %s", exit, r.Failure, tt.code)
			}
			if !strings.Contains(r.Failure.Message, tt.says) {
				t.Errorf("the message does not say %q: %s", tt.says, r.Failure.Message)
			}
			if strings.Contains(stderr+fmt.Sprintf("%+v %+v", r, r.Failure), "canary") {
				t.Errorf("a secret in the output: %s %+v", stderr, r.Failure)
			}
			// An application that ends is told at once, not after the minute that it has to become ready.
			if i := slices.IndexFunc(r.Stages, func(s outcome.StageReport) bool { return s.Stage == outcome.App }); r.Stages[i].Seconds > 45 {
				t.Errorf("took %.1f s", r.Stages[i].Seconds)
			}
		})
	}
}

func TestImageOfAnotherMajor(t *testing.T) {
	t.Parallel()
	config := program.ShopConfig(t, "")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, bytes.Replace(text, []byte(`version: "15"`), []byte(`version: "17"`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	r, exit, _ := program.Drill(t, "--config", config)
	if r.Failure == nil || r.Failure.Code != outcome.ImageWrongMajor || exit != 5 {
		t.Errorf("exit %d, %+v", exit, r.Failure)
	}
}
