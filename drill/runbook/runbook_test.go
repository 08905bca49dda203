package runbook_test

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/runbook"
	"github.com/drillgres/drillgres/drill/wiring"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const canary = "canary-of-the-runbook"

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// drilled returns two verified drills of a backup.
func drilled(b outcome.Backup, extensions map[string]string) []outcome.Result {
	var past []outcome.Result
	for i := range 2 {
		rpo := float64(3*3600 + 60*i)
		b.Chosen, b.SHA256 = outcome.ChosenLatest, "ab12cd"
		past = append(past, outcome.Result{
			RunID: []string{"20261123-020000-00c0ffee", "20261122-020000-0badcafe"}[i], Verdict: outcome.VerdictPassed, StartedAt: noon.Add(time.Duration(-10-24*i) * time.Hour),
			Backup: b, Postgres: outcome.Postgres{Image: "postgres:16", Version: "16.11", Profile: "rehearsal", Extensions: extensions},
			Stages: []outcome.StageReport{
				{Stage: outcome.Provision, Status: outcome.StagePassed, Details: map[string]any{"owner": "shop_owner"}},
				{Stage: outcome.App, Status: outcome.StageSkipped, Reason: "no app in the config"},
			},
			Tables:     []outcome.Table{{Name: "public.orders", Rows: 8121004, Bytes: 3 << 30}, {Name: `public."odd|name"`, Rows: 3, Bytes: 8192}},
			Integrity:  outcome.Integrity{Level: "standard", NotProved: []string{"rows against indexes", "that the values are production's"}},
			Times:      outcome.Times{Fetch: 61, Restore: 312, Total: 480, Recovery: 379},
			RPOSeconds: &rpo,
		})
	}
	return past
}

var cases = []struct {
	name, backup, more string
	past               []outcome.Result
}{
	{
		"plain_gzip_s3", `from: s3://acme-backups/prod/shop/
      match: "shop-*.sql.gz"
      max_age: 26h
      s3: {endpoint: "https://minio.internal:9000"}`,
		`verify:
      tables: {public.orders: {min_rows: 1000000, newest: {column: created_at, within: 26h}}}
      queries: [{name: every paid order has a payment, sql: "select count(*) from orders where paid", expect: "value > 0"}]`,
		drilled(outcome.Backup{URI: "s3://acme-backups/prod/shop/shop-2026-11-23.sql.gz", SizeBytes: 4 << 30, Format: "plain", Layers: []string{"gzip"}, PgDumpVersion: "16.11", ServerVersion: "16.11"}, map[string]string{"pg_trgm": "1.6", "plpgsql": "1.0", "postgis": "3.5.0"}),
	},
	{
		"custom_age_directory", `from: /srv/backups
      keys: [{age: {file: keys/backup.txt}}, {openssl: {passphrase: "${OPENSSL_PASS}"}}]
      retention: {keep: 30d}`,
		"restore: {after: [\"delete from sessions\"]}\n    budget: {restore: 30m}",
		drilled(outcome.Backup{URI: "file:///srv/backups/shop's.dump.age", Database: "shop", SizeBytes: 9 << 20, Format: "custom", Layers: []string{"age"}, Key: "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"}, nil),
	},
	{
		"set_with_globals", `from: sftp://backup@vault.internal:2222/srv/pg
      match: "shop-*.dump"
      globals: "globals-*.sql"
      sftp: {key_file: /etc/drillgres/id_ed25519}`, "",
		drilled(outcome.Backup{
			URI: "sftp://vault.internal:2222/srv/pg/shop-2026-11-23.dump", Database: "shop", SizeBytes: 9 << 20, Format: "custom",
			Parts: []outcome.Part{{URI: "sftp://vault.internal:2222/srv/pg/globals-2026-11-23.sql", Role: "globals", SizeBytes: 900}, {URI: "sftp://vault.internal:2222/srv/pg/shop-2026-11-23.dump", Role: "dump", SizeBytes: 9 << 20}},
		}, nil),
	},
	{
		"cluster", "from: gs://acme-pg/cluster\n      producer: pg_dumpall\n      database: shop", "",
		drilled(outcome.Backup{URI: "gs://acme-pg/cluster/all-2026-11-23.sql.zst", Database: "shop", SizeBytes: 9 << 20, Format: "cluster", Layers: []string{"zstd"}}, nil),
	},
	{
		"restic", `command: {run: [restic, dump, latest, "/shop backup.dump"], env: {RESTIC_PASSWORD: "${RESTIC_PASSWORD}", RESTIC_REPOSITORY: "s3:https://acme/restic"}, name: shop.dump}`, "", nil,
	},
}

// TestRunbooks compares whole pages.
func TestRunbooks(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			config := "version: 1\ndatabases:\n  shop:\n    postgres: {version: \"16\", settings: {max_connections: \"300\", shared_preload_libraries: pg_cron}}\n    backup:\n      " + c.backup + "\n    " + c.more + "\n"
			cfg, err := wiring.ConfigReader(func(string) (string, bool) { return canary, true }).Parse("/etc/drillgres/drillgres.yaml", []byte(config))
			if err != nil {
				t.Fatal(err)
			}
			var page bytes.Buffer
			r := runbook.Runbook{Config: cfg, Database: cfg.Database("shop"), Past: c.past, At: noon, Version: "1.2.3"}
			if err := r.Write(&page); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", c.name+".md")
			if *update {
				if err := os.WriteFile(path, page.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), page.String()); diff != "" {
				t.Errorf("%s: run with -update if this is right:\n%s", path, diff)
			}
			if strings.Contains(page.String(), canary) {
				t.Error("a secret of the environment is on the page")
			}
		})
	}
}

// TestTheCommandsRun runs the commands of a page that fetch and open a backup.
func TestTheCommandsRun(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	const content = "--\n-- PostgreSQL database dump\n"
	folder := filepath.Join(t.TempDir(), "back ups")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	stored := filepath.Join(folder, "shop's 1.sql.gz.gz")
	if err := os.WriteFile(stored, zipped(t, zipped(t, []byte(content))), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, backup := range map[string]string{
		"directory": fmt.Sprintf("from: %q", folder),
		"command":   "command: {run: [cat, \"shop's 1.sql.gz.gz\"], name: shop.gz}",
	} {
		t.Run(name, func(t *testing.T) {
			config := "version: 1\ndatabases:\n  shop:\n    postgres: {version: \"16\"}\n    backup: {" + backup + "}\n"
			cfg, err := wiring.ConfigReader(func(string) (string, bool) { return "", false }).Parse(filepath.Join(folder, "drillgres.yaml"), []byte(config))
			if err != nil {
				t.Fatal(err)
			}
			last := outcome.Backup{URI: "file://" + stored, Format: "plain", Layers: []string{"gzip", "gzip"}}
			if name == "command" {
				last.URI = "command:shop.gz"
			}
			var page bytes.Buffer
			if err := (runbook.Runbook{Config: cfg, Database: cfg.Database("shop"), Past: drilled(last, nil), At: noon}).Write(&page); err != nil {
				t.Fatal(err)
			}
			_, byHand, _ := strings.Cut(page.String(), "### 1. Fetch")
			byHand, _, _ = strings.Cut(byHand, "### 3. Restore")
			script := ""
			for i, part := range strings.Split(byHand, "```") {
				if i%2 == 1 {
					script += strings.TrimPrefix(part, "sh\n")
				}
			}
			broken := exec.CommandContext(t.Context(), bash)
			broken.Dir, broken.Stdin = t.TempDir(), strings.NewReader(strings.Replace(script, "umask 077", "false", 1))
			out, _ := broken.CombinedOutput() // its exit code is that of the last block
			if got, _ := os.ReadFile(filepath.Join(broken.Dir, "restore.sql")); len(got) > 0 {
				t.Errorf("lines that were pasted after an error ran:\n%s", out)
			}
			cmd := exec.CommandContext(t.Context(), bash) // as if it were pasted
			cmd.Dir, cmd.Stdin = t.TempDir(), strings.NewReader(script)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s\n%s", err, script, out)
			}
			if got, err := os.ReadFile(filepath.Join(cmd.Dir, "restore.sql")); err != nil || string(got) != content {
				t.Errorf("%q, %v\n%s", got, err, script)
			}
		})
	}
}

func zipped(t *testing.T, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
