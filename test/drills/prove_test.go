package drills

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/prove"
	"github.com/drillgres/drillgres/fixtures/images"
	"github.com/drillgres/drillgres/fixtures/program"
	"github.com/drillgres/drillgres/fixtures/shop"
)

// proved proves the drill of a config's only database.
func proved(t *testing.T, config string) (r prove.Report, exit int) {
	t.Helper()
	stdout, exit, stderr := program.Run(t.Context(), t, "prove", "--format", "json", "--progress", "plain", "--config", config)
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatalf("exit %d, no report in %q; stderr:\n%s", exit, stdout, stderr)
	}
	if strings.Contains(stdout+stderr, "canary") {
		t.Errorf("a secret in the output:\n%s\n%s", stdout, stderr)
	}
	if r.ExitCode != exit || r.Held != (exit == 0) || len(r.Leftovers)+len(r.TellErrors) > 0 {
		t.Errorf("exit %d, and the report says %d, held %t, left %q, not told %q", exit, r.ExitCode, r.Held, r.Leftovers, r.TellErrors)
	}
	noCopyLeft(t, config)
	return r, exit
}

// noCopyLeft wants no sandbox, and no copy of production's data on the disk.
func noCopyLeft(t *testing.T, config string) {
	t.Helper()
	program.CheckNothingLeft(t, config)
	if files := program.WorkFiles(t, program.WorkRoot(config)); len(files) > 0 {
		t.Errorf("left in the work directory: %q", files)
	}
}

// codes are what the drills of the copies ended in, by control.
func codes(r prove.Report) map[string]outcome.Code {
	got := map[string]outcome.Code{}
	for _, c := range r.Controls {
		got[c.Control] = c.Code
		if c.Status != prove.Held {
			got[c.Control] = outcome.Code(c.Status)
		}
	}
	return got
}

var whole = flag.Bool("drills", false, "also run the variants of a drill that make test omits")

// TestProve is the negative control of the sample shop's drill: every broken
// copy goes red with the code that its damage deserves, unless the config lets
// the drill overlook it, which must be told.
func TestProve(t *testing.T) {
	custom := map[string]outcome.Code{
		"cut_half": outcome.DumpTruncated, "cut_end": outcome.DumpTruncated, "flipped": outcome.DumpCorrupt,
		"emptied": outcome.BackupEmpty, "wrong_object": outcome.NotADump, "rows_removed": outcome.ContentDrifted,
		"sequence_back": outcome.SequenceBehind, "newer_major": outcome.DumpTooNew,
	}
	t.Run("custom", func(t *testing.T) {
		t.Parallel()
		config := program.ShopConfig(t, "")
		r, exit := proved(t, config)
		if diff := cmp.Diff(custom, codes(r)); diff != "" || exit != 0 {
			t.Errorf("exit %d, %+v (-want +got):\n%s", exit, r.Failure, diff)
		}
		history, _, _ := program.Run(t.Context(), t, "history", "--format", "json", "--config", config)
		var past struct{ Drills []outcome.Result }
		if err := json.Unmarshal([]byte(history), &past); err != nil || len(past.Drills) != 1 || past.Drills[0].RunID != r.Intact.RunID {
			t.Errorf("the history does not hold the intact drill alone: %v\n%s", err, history)
		}
	})
	if !*whole {
		return
	}
	t.Run("nothing guards the rows", func(t *testing.T) {
		t.Parallel()
		r, exit := proved(t, program.ShopConfig(t, "    verify: {drift: {rows: off, size: off}}\n"))
		want := map[string]outcome.Code{}
		for control, code := range custom {
			want[control] = code
		}
		want["rows_removed"] = outcome.Code(prove.NotHeld)
		if diff := cmp.Diff(want, codes(r)); diff != "" || exit != 1 {
			t.Errorf("exit %d (-want +got):\n%s", exit, diff)
		}
		if f := r.Failure; f == nil || f.Code != outcome.ControlFailed || !strings.Contains(f.Hint, "verify.tables.public.events.min_rows") {
			t.Errorf("%+v does not say which table to guard", f)
		}
	})
	t.Run("gzip", func(t *testing.T) {
		t.Parallel()
		r, exit := proved(t, gzipConfig(t, "    verify: {drift: {rows: off}, tables: {public.events: {min_rows: 1}}}\n"))
		want := map[string]outcome.Code{
			"cut_half": outcome.StreamTruncated, "cut_end": outcome.StreamTruncated, "cut_inside": outcome.DumpTruncated,
			"flipped": outcome.StreamCorrupt, "emptied": outcome.BackupEmpty, "wrong_object": outcome.NotADump,
			"rows_removed": outcome.RowsMissing, "sequence_back": outcome.SequenceBehind, "newer_major": outcome.VersionSkew,
		}
		if diff := cmp.Diff(want, codes(r)); diff != "" || exit != 0 {
			t.Errorf("exit %d, %+v (-want +got):\n%s", exit, r.Failure, diff)
		}
	})
}

// gzipConfig is program.ShopConfig with the backup that pg_dump | gzip leaves.
func gzipConfig(t *testing.T, more string) string {
	t.Helper()
	config := program.ShopConfig(t, more)
	folder := filepath.Join(filepath.Dir(config), "backups")
	b := shop.Backup{Image: images.Postgres(t, "15"), Scale: 0.02, Format: "plain", Compress: "gzip"}
	err := errors.Join(os.Remove(filepath.Join(folder, "shop.dump")), b.Make(t.Context(), filepath.Join(folder, "shop.sql.gz")))
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// TestProveNeedsAGreenBackup breaks no copies of a backup that is broken itself.
func TestProveNeedsAGreenBackup(t *testing.T) {
	t.Parallel()
	config := program.ShopConfig(t, "")
	backup := filepath.Join(filepath.Dir(config), "backups", "shop.dump")
	if err := os.Truncate(backup, 100_000); err != nil {
		t.Fatal(err)
	}
	r, exit := proved(t, config)
	if exit != 3 || r.Failure == nil || r.Failure.Code != outcome.DumpTruncated || len(r.Controls) != 0 {
		t.Errorf("exit %d, %+v, %d controls", exit, r.Failure, len(r.Controls))
	}
}

// TestProveInterrupted interrupts prove while a copy is drilled in its sandbox.
func TestProveInterrupted(t *testing.T) {
	t.Parallel()
	config := program.ShopConfig(t, "")
	p := program.StartCommand(t, config, "prove")
	p.WaitForStderr(t, "control=wrong_object") // the last one that needs no sandbox
	p.Eventually(t, func() string { return strings.Join(program.Leftovers(t, config), " ") })
	if err := p.Cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	var r prove.Report
	exit := p.Decode(t, 2*time.Minute, &r)
	if exit != 130 || r.Held || r.Failure == nil || r.Failure.Code != outcome.Interrupted {
		t.Errorf("exit %d, held %t, %+v", exit, r.Held, r.Failure)
	}
	i := slices.IndexFunc(r.Controls, func(p prove.Proof) bool { return p.Control == "rows_removed" })
	if i < 0 || r.Controls[i].Status != prove.NotReached || r.Controls[0].Status != prove.Held {
		t.Errorf("controls: %v", codes(r))
	}
	noCopyLeft(t, config)
}

// TestProveTellsNobody checks that copies which are broken on purpose alert nobody, and do
// not trip the dead man's switch. The drill of the intact backup tells nobody either: it is
// part of the experiment.
func TestProveTellsNobody(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		t.Errorf("%s was told of a copy", r.URL.Path)
	}))
	defer server.Close()
	config := program.DumpConfig(t, "", fmt.Sprintf("notify:\n  - {webhook: {url: %q, secret: s3cret}}\n  - {healthchecks: %q}\n", server.URL+"/hook", server.URL+"/ping"), program.ShopDump(t))
	if r, exit := proved(t, config); len(r.Controls) == 0 || exit != 0 {
		t.Errorf("exit %d, %d controls", exit, len(r.Controls))
	}
}
