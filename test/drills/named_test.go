package drills

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/images"
	"github.com/drillgres/drillgres/fixtures/program"
)

// TestNamedByHand: a name that does not exist is a mistake of usage, and what a
// file is worth says nothing about the database's backup.
func TestNamedByHand(t *testing.T) {
	t.Parallel()
	images.NeedEngine(t)
	config := program.DumpConfig(t, "", "record: {history: history.db}\n", []byte("-- PostgreSQL database dump\n"))
	file := filepath.Join(t.TempDir(), "laptop.dump")
	if err := os.WriteFile(file, []byte("-- PostgreSQL database dump\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		backup string
		chosen outcome.Chosen
		code   outcome.Code
		exit   int
	}{
		{"gone.dump", outcome.ChosenKey, outcome.ConfigInvalid, 2},
		{filepath.Join(t.TempDir(), "gone.dump"), outcome.ChosenFile, outcome.ConfigInvalid, 2},
		{file, outcome.ChosenFile, outcome.DumpTruncated, 3},
		{"shop.dump", outcome.ChosenLatest, outcome.DumpTruncated, 3},
		{"latest", outcome.ChosenLatest, outcome.DumpTruncated, 3},
	} {
		r, exit, stderr := program.Drill(t, "--config", config, "--backup", c.backup)
		if r.Failure == nil || r.Failure.Code != c.code || exit != c.exit || r.Backup.Chosen != c.chosen || r.Kind != outcome.KindDrill || r.Failure.Hint == "" {
			t.Errorf("%s: exit %d, chosen as %q, %+v\n%s", c.backup, exit, r.Backup.Chosen, r.Failure, stderr)
		}
	}
	history, _, _ := program.Run(t.Context(), t, "history", "--config", config)
	if !strings.Contains(history, "last 2  ") {
		t.Errorf("the trend counts what was named by hand:\n%s", history)
	}
	if strings.Contains(history, "config_invalid") || strings.Count(history, "failed, ad hoc") != 1 {
		t.Errorf("a name that does not exist is recorded, or the file is not shown as ad hoc:\n%s", history)
	}
}
