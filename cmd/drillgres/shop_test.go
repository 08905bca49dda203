package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/images"
	"github.com/drillgres/drillgres/fixtures/shop"
)

// shopImage is the sample application's, which fixtures/shop/app/build makes.
const shopImage = "drillgres-fixture/shop:1.0"

var (
	shopOnce  sync.Once
	shopSmall []byte
)

// shopDump is a backup of a small sample shop, made once for all tests.
func shopDump(t *testing.T) []byte {
	t.Helper()
	image := images.Postgres(t, "15")
	shopOnce.Do(func() {
		path := filepath.Join(t.TempDir(), "shop.dump")
		b := shop.Backup{Image: image, Scale: 0.02, Format: "custom", Compress: "none"}
		if err := b.Make(t.Context(), path); err != nil {
			t.Error(err)
			return
		}
		shopSmall, _ = os.ReadFile(path)
	})
	if len(shopSmall) == 0 {
		t.Fatal("no backup of the sample shop")
	}
	return shopSmall
}

// localConfig is a config beside a directory that holds the small shop's
// backup; more is what it says about the database besides.
func localConfig(t *testing.T, more string) string {
	t.Helper()
	path := writeConfig(t, fmt.Sprintf("version: 1\ndatabases:\n  shop:\n    backup: {from: ./backups}\n    postgres: {version: \"15\", image: %q}\n%s",
		images.Postgres(t, "15"), more))
	folder := filepath.Join(filepath.Dir(path), "backups")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "shop.dump"), shopDump(t), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func buildShop(t *testing.T) {
	t.Helper()
	images.NeedEngine(t)
	if out, err := exec.CommandContext(t.Context(), "../../fixtures/shop/app/build").CombinedOutput(); err != nil {
		t.Fatalf("build the sample application: %v\n%s", err, out)
	}
}

const shopApp = `    app:
      image: ` + shopImage + `
      role: shop_app
      port: 8080
`

func TestShopPasses(t *testing.T) {
	buildShop(t)
	config := localConfig(t, shopApp+`
      ready: {http: /healthz, within: 30s}
      smoke:
        - {name: newest orders are served, http: {get: "/orders?limit=5"}, expect: status == 200 && len(json) == 5}
        - {name: an order can be placed, http: {post: /orders, body: '{"user_id": 1, "items": [{"product_id": 1, "quantity": 2}]}'}, expect: status == 201}
        - {name: self test, command: [/shop, selftest]}
        - {name: the role reads, sql: select count(*) from public.orders, expect: value > 0}
        - {name: the role is no superuser, sql: select current_user, expect: value == "shop_app"}
`)
	r, exit, stderr := drilled(t, "--config", config)
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
	history, exit, _ := program(t.Context(), "history", "--config", config)
	if exit != 0 || !strings.Contains(history, "passed") || !strings.Contains(history, r.RunID) && !strings.Contains(history, "shop.dump") {
		t.Errorf("history, exit %d:\n%s", exit, history)
	}
}

func TestAppFailures(t *testing.T) {
	buildShop(t)
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
			app := shopApp + tt.app
			if strings.Contains(tt.app, "image:") {
				app = "    app:\n      port: 8080\n" + tt.app
			}
			began := time.Now()
			r, exit, stderr := drilled(t, "--config", localConfig(t, app))
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
			if took := time.Since(began); took > 45*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

func TestImageOfAnotherMajor(t *testing.T) {
	config := localConfig(t, "")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, bytes.Replace(text, []byte(`version: "15"`), []byte(`version: "17"`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	r, exit, _ := drilled(t, "--config", config)
	if r.Failure == nil || r.Failure.Code != outcome.ImageWrongMajor || exit != 5 {
		t.Errorf("exit %d, %+v", exit, r.Failure)
	}
}
