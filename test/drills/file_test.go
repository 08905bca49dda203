package drills

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/images"
	"github.com/drillgres/drillgres/fixtures/program"
)

// TestRunFile drills backups without a config: a file, an object and standard input.
func TestRunFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "shop-2026-11-28.dump")
	if err := os.WriteFile(file, program.ShopDump(t), 0o600); err != nil {
		t.Fatal(err)
	}
	image := "--image=" + images.Postgres(t, "15")
	t.Run("file", func(t *testing.T) {
		stdout, exit, stderr := program.Run(t.Context(), t, "run", file, image, "--output", filepath.Join(dir, "result.json"))
		if exit != outcome.ExitPassed || !strings.HasSuffix(stdout, "\n\nnext: drillgres init "+file+" "+strings.Replace(image, "=", " ", 1)+"\n") {
			t.Fatalf("exit %d\n%s\n%s", exit, stdout, stderr)
		}
		content, err := os.ReadFile(filepath.Join(dir, "result.json"))
		if err != nil {
			t.Fatal(err)
		}
		checkFileResult(t, content)
	})
	t.Run("standard input", func(t *testing.T) {
		cmd := exec.CommandContext(t.Context(), program.Binary(t), "run", "-", image, "--format", "json", "--history", filepath.Join(dir, "history.db"))
		cmd.Stdin = bytes.NewReader(program.ShopDump(t))
		content, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v\n%s", err, content)
		}
		checkFileResult(t, content)
		if _, err := os.Stat(filepath.Join(dir, "history.db")); err != nil {
			t.Errorf("the drill was not recorded: %v", err)
		}
	})
	t.Run("object", func(t *testing.T) {
		s := program.NewStore(t)
		s.Put(t, bucket, "prod/shop.dump", program.ShopDump(t))
		s.Put(t, bucket, "prod/shop.dump.newer", []byte("another backup"))
		content, exit, stderr := program.Run(t.Context(), t, "run", "s3://"+bucket+"/prod/shop.dump", image, "--s3-endpoint", s.Endpoint, "--format", "json")
		if exit != outcome.ExitPassed {
			t.Fatalf("exit %d\n%s\n%s", exit, content, stderr)
		}
		checkFileResult(t, []byte(content))
	})
	t.Run("no bucket", func(t *testing.T) {
		s := program.NewStore(t)
		_, exit, stderr := program.Run(t.Context(), t, "init", "s3://nowhere/prod/", "--s3-endpoint", s.Endpoint)
		if exit != outcome.SourceNotFound.Class().ExitCode() || !strings.Contains(stderr, "correct the name of the bucket") {
			t.Errorf("exit %d\n%s", exit, stderr)
		}
	})
}

// checkFileResult checks the result of a drill of the shop's dump without a config.
func checkFileResult(t *testing.T, content []byte) {
	t.Helper()
	var r outcome.Result
	if err := json.Unmarshal(content, &r); err != nil {
		t.Fatalf("%v in %s", err, content)
	}
	assumed := slices.ContainsFunc(r.Findings, func(f outcome.Finding) bool { return f.Code == "major_assumed" })
	if r.Verdict != outcome.VerdictPassed || r.Database != "shop" || r.Backup.Chosen != outcome.ChosenFile || !assumed || len(r.Tables) == 0 || len(r.Leftovers) > 0 {
		t.Errorf("%s %q, chosen as %q, findings %+v, %d tables", r.Verdict, r.Database, r.Backup.Chosen, r.Findings, len(r.Tables))
	}
}
