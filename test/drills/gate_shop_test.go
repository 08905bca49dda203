package drills

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/images"
	"github.com/drillgres/drillgres/fixtures/program"
	"github.com/drillgres/drillgres/fixtures/shop"
)

// gateShop is a directory with the sample shop's own configs, a backup that is
// large enough for them, and the images of its candidates.
func gateShop(t *testing.T) (dir string) {
	t.Helper()
	image := images.Postgres(t, "15")
	t.Setenv("POSTGRES_IMAGE_PREFIX", strings.TrimSuffix(image, ":15"))
	program.BuildShop(t, "1.0", "candidate-good", "candidate-locks", "candidate-drops", "candidate-renames")
	dir = t.TempDir()
	for _, name := range []string{"drillgres.yaml", "files.yaml"} {
		text, err := os.ReadFile(filepath.Join("../../fixtures/shop", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "backups"), 0o700); err != nil {
		t.Fatal(err)
	}
	b := shop.Backup{Image: image, Scale: 0.5, Format: "custom", Compress: "none"}
	if err := b.Make(t.Context(), filepath.Join(dir, "backups", "shop-today.dump")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestGateOfTheShop asks of four candidates whether they may go out.
func TestGateOfTheShop(t *testing.T) {
	dir := gateShop(t)
	for _, tt := range []struct {
		candidate, config string
		flags             []string
		want              outcome.Decision
		code              outcome.Code
		exit              int
		why               string
	}{
		{"candidate-good", "drillgres.yaml", nil, outcome.Go, "", 0, "candidate and today's release run on the new schema"},
		{"candidate-locks", "files.yaml", []string{"--migrations", "../../fixtures/shop/migrations/*.sql"}, outcome.NoGo, outcome.MigrationOverBudget, 6, "than allowed"},
		{"candidate-drops", "drillgres.yaml", nil, outcome.NoGo, outcome.MigrationDropsData, 4, "drop values that production holds"},
		{"candidate-renames", "drillgres.yaml", nil, outcome.NoGo, outcome.CurrentBreaks, 4, "a rollback of the code would fail"},
	} {
		t.Run(tt.candidate, func(t *testing.T) {
			image := "drillgres-fixture/shop:" + tt.candidate
			r, exit, stderr := gated(t, append([]string{"--config", filepath.Join(dir, tt.config), "--candidate", image, "--commit", "c0ffee"}, tt.flags...)...)
			code := outcome.Code("")
			if r.Failure != nil {
				code = r.Failure.Code
			}
			if r.Gate.Decision != tt.want || code != tt.code || exit != tt.exit || !strings.Contains(r.Gate.Why, tt.why) {
				t.Errorf("%s, exit %d, %+v: %s\n%s", r.Gate.Decision, exit, r.Failure, r.Gate.Why, stderr)
			}
			if g := r.Gate; g.Candidate != image || !strings.HasPrefix(g.CandidateDigest, "sha256:") || g.Commit != "c0ffee" || g.AskedBy == "" || g.MaxBackupAge != 26*3600 {
				t.Errorf("recorded %+v", g)
			}
			if len(r.Leftovers) > 0 {
				t.Errorf("left %q", r.Leftovers)
			}
		})
	}
	history, _, _ := program.Run(t.Context(), t, "history", "--config", filepath.Join(dir, "drillgres.yaml"))
	if strings.Count(history, "gate no-go") != 3 || strings.Count(history, "gate go") != 1 {
		t.Errorf("the history does not show the answers:\n%s", history)
	}
}

// TestGateMissesAnImageAtOnce: not after the restore.
func TestGateMissesAnImageAtOnce(t *testing.T) {
	t.Parallel()
	program.BuildShop(t)
	config := program.ShopConfig(t, program.ShopApp+"    migrate: {command: [migrate, up]}\n")
	r, exit, _ := gated(t, "--config", config, "--candidate", "127.0.0.1:1/none:1")
	if r.Gate.Decision != outcome.Unknown || exit != 5 || r.Failure == nil || r.Failure.Code != outcome.ImageUnavailable {
		t.Errorf("exit %d, %+v, %+v", exit, r.Gate, r.Failure)
	}
	if r.Stages[0].Status != outcome.StageNotReached || r.Backup.URI != "" {
		t.Errorf("it located a backup first: %+v", r.Stages[0])
	}
}

// TestGateRefusesAnOldBackup: the age is held in the very run, whatever the
// config allows, and the run is not a failed drill of the database.
func TestGateRefusesAnOldBackup(t *testing.T) {
	t.Parallel()
	program.BuildShop(t)
	config := program.ShopConfig(t, program.ShopApp+"    migrate: {command: [migrate, up]}\n")
	r, exit, _ := gated(t, "--config", config, "--candidate", program.ShopImage, "--max-backup-age", "1ms")
	if r.Gate.Decision != outcome.NoGo || exit != 3 || r.Failure == nil || r.Failure.Code != outcome.BackupStale || r.Kind != outcome.KindAnswer {
		t.Errorf("exit %d, %+v, %+v", exit, r.Gate, r.Failure)
	}
}

// gated runs the gate of one database and gives its result.
func gated(t *testing.T, args ...string) (r outcome.Result, exit int, stderr string) {
	t.Helper()
	stdout, exit, stderr := program.Run(t.Context(), t, append([]string{"gate", "--format", "json", "--progress", "none"}, args...)...)
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || r.Gate == nil {
		t.Fatalf("drillgres gate %s: exit %d, no answer in %q; stderr:\n%s", strings.Join(args, " "), exit, stdout, stderr)
	}
	return r, exit, stderr
}
