package config

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

func environment(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := vars[name]
		return value, ok
	}
}

var testEnv = environment(map[string]string{"SMOKE_TOKEN": "canary-4711-token", "EMPTY": ""})

func TestInvalid(t *testing.T) {
	files, err := filepath.Glob("testdata/invalid/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			cfg, err := reader(testEnv).Load(file)
			var problems Errors
			if cfg != nil || !errors.As(err, &problems) {
				t.Fatalf("got %v, %v; want Errors", cfg, err)
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".golden", err.Error()+"\n")
		})
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (run with -update if this is intended):\n%s", path, diff)
	}
}

func TestValid(t *testing.T) {
	cfg, err := reader(testEnv).Load("testdata/valid/shop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	shop := cfg.Database("shop")
	got := map[string]any{
		"evidence":     fmt.Sprint(cfg.Evidence.To, " ", cfg.Evidence.Sign.File, " ", cfg.Evidence.Lock, " ", cfg.Evidence.Controls),
		"name":         shop.Name,
		"from":         string(shop.Backup.From),
		"max_age":      shop.Backup.MaxAge.String(),
		"unverified":   shop.MaxUnverified.String(),
		"min_size":     shop.Backup.MinSize.String(),
		"path_style":   *shop.Backup.S3.PathStyle,
		"setting":      shop.Postgres.Settings["max_connections"],
		"sql":          strings.Contains(shop.Verify.Queries[0].SQL, "'${'"),
		"image":        string(shop.App.Image),
		"escaped":      shop.App.Env["SHELL_LINE"].Reveal(),
		"header":       shop.App.Smoke[0].HTTP.Headers["Authorization"].Reveal(),
		"short method": shop.App.Smoke[0].HTTP.Method + " " + shop.App.Smoke[0].HTTP.Path,
		"long method":  shop.App.Smoke[2].HTTP.Method + " " + shop.App.Smoke[2].HTTP.Path,
		"history":      cfg.Record.History.String(),
	}
	want := map[string]any{
		"evidence":     "testdata/valid/evidence testdata/valid/evidence.key governance [{soc2:A1.2 7d} {nis2:4.2.6 90d}]",
		"name":         "shop",
		"from":         "s3://acme-backups/prod/",
		"max_age":      "26h",
		"min_size":     "1MiB",
		"path_style":   true,
		"setting":      "50",
		"sql":          true,
		"image":        "ghcr.io/acme/shop:1.42",
		"escaped":      "echo ${HOME}",
		"header":       "Bearer canary-4711-token",
		"short method": "GET /orders?limit=5",
		"long method":  "PUT /orders/1",
		"unverified":   "7d",
		"history":      filepath.Join("testdata", "valid", ".drillgres", "history.db"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDefaults(t *testing.T) {
	cfg := parse(t, `
version: 1
databases:
  shop:
    backup: {from: backups}
    postgres: {version: 16}
    app:
      image: shop
      port: 80
      ready: {http: /}
      smoke:
        - {name: a, http: {get: /}}
        - {name: b, command: [x]}
`)
	shop := cfg.Databases["shop"]
	got := []string{
		string(shop.Postgres.Image), shop.Postgres.ShmSize.String(), shop.Restore.Profile, shop.Restore.Timeout.String(),
		shop.Restore.Roles, shop.App.Ready.Within.String(), shop.App.Ready.Expect.Source,
		shop.App.Smoke[0].Within.String(), shop.App.Smoke[0].Expect.Source, shop.App.Smoke[1].Expect.Source,
		filepath.ToSlash(cfg.Record.History.String()),
	}
	want := []string{
		"postgres:16", "1GiB", "rehearsal", "2h", "create", "1m", "status >= 200 && status < 300",
		"30s", "status >= 200 && status < 300", "exit == 0", ".drillgres/history.db",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, e := range []Expr{shop.App.Ready.Expect, shop.App.Smoke[0].Expect} {
		for status, want := range map[int]bool{199: false, 200: true, 299: true, 302: false} {
			if got, err := e.Eval(map[string]any{"status": status}); got != want || err != nil {
				t.Errorf("%s with status %d: %v, %v", e.Source, status, got, err)
			}
		}
	}
	if got, err := shop.App.Smoke[1].Expect.Eval(map[string]any{"exit": 1}); got || err != nil {
		t.Errorf("exit 1: %v, %v", got, err)
	}
	if *shop.Backup.S3.PathStyle {
		t.Error("path style without an endpoint")
	}
}

func TestMergeKeys(t *testing.T) {
	cfg, err := reader(testEnv).Load("testdata/valid/merged.yaml")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, name := range cfg.Names() {
		db := cfg.Databases[name]
		got[name] = []string{db.Name, string(db.Backup.From), db.Backup.MaxAge.String(), db.Postgres.Version, db.Postgres.Owner}
	}
	want := map[string][]string{
		"shop": {"shop", "testdata/valid/backups", "36h", "16", ""},
		"crm":  {"crm", "testdata/valid/backups", "36h", "16", "crm"},
		"wiki": {"wiki", "testdata/valid/backups", "14d", "16", ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLoadWithoutFile(t *testing.T) {
	_, err := reader(testEnv).Load(filepath.Join(t.TempDir(), "drillgres.yaml"))
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	var problems Errors
	if errors.As(err, &problems) {
		t.Error("a missing file is reported as an invalid one")
	}
}

func TestTooLarge(t *testing.T) {
	_, err := reader(testEnv).Parse("big.yaml", make([]byte, maxFile+1))
	if err == nil || err.Error() != "big.yaml: is larger than 1MiB" {
		t.Errorf("got %v", err)
	}
}

func parse(t *testing.T, text string) *Config {
	t.Helper()
	cfg, err := reader(testEnv).Parse("drillgres.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestLine(t *testing.T) {
	cfg, err := reader(testEnv).Parse("drillgres.yaml", []byte(`version: 1
databases:
  shop:
    backup: {from: ./backups}
    postgres: {version: "15"}
    verify:
      tables:
        public.users: {min_rows: 1}
        public."Order Items": {min_rows: 1}
      queries:
        - {name: a, sql: select 1, expect: value == 1}
        - name: b
          sql: select 1
          expect: value == 1
`))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		keys []any
		want int
	}{
		{[]any{"databases", "shop"}, 3},
		{[]any{"databases", "shop", "verify", "tables", "public.users", "newest"}, 8},
		{[]any{"databases", "shop", "verify", "tables", `public."Order Items"`, "newest"}, 9},
		{[]any{"databases", "shop", "verify", "tables", `public."a.b[7]"`}, 7},
		{[]any{"nowhere"}, 0},
		{[]any{"databases", "shop", "verify", "tables", "public.users"}, 8},
		{[]any{"databases", "shop", "verify", "tables", `public."Order Items"`}, 9},
		{[]any{"databases", "shop", "verify", "queries", 1}, 12},
		{[]any{"databases", "shop", "verify", "queries", 7}, 10},
		{[]any{"databases", "shop", "app", "ready"}, 3},
		{nil, 0},
	}
	for _, tt := range tests {
		path := Path(tt.keys...)
		if got := cfg.Line(path); got != tt.want {
			t.Errorf("Line(%q) = %d, want %d", path, got, tt.want)
		}
	}
}
