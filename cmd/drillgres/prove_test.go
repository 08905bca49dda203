package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/prove"
	"github.com/drillgres/drillgres/fixtures/images"
	"github.com/drillgres/drillgres/fixtures/shop"
)

// proved proves the drill of a config's only database.
func proved(t *testing.T, config string) (r prove.Report, exit int) {
	t.Helper()
	stdout, exit, stderr := program(t.Context(), "prove", "--format", "json", "--progress", "plain", "--config", config)
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
	nothingLeft(t, config)
	if files := filesLeft(t, workRootOf(config)); len(files) > 0 {
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
		config := localConfig(t, "")
		r, exit := proved(t, config)
		if diff := cmp.Diff(custom, codes(r)); diff != "" || exit != 0 {
			t.Errorf("exit %d, %+v (-want +got):\n%s", exit, r.Failure, diff)
		}
		history, _, _ := program(t.Context(), "history", "--format", "json", "--config", config)
		var past pastDrills
		if err := json.Unmarshal([]byte(history), &past); err != nil || len(past.Drills) != 1 || past.Drills[0].RunID != r.Intact.RunID {
			t.Errorf("the history does not hold the intact drill alone: %v\n%s", err, history)
		}
	})
	t.Run("nothing guards the rows", func(t *testing.T) {
		t.Parallel()
		r, exit := proved(t, localConfig(t, "    verify: {drift: {rows: off, size: off}}\n"))
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

// gzipConfig is like localConfig, but its backup is what pg_dump | gzip leaves.
func gzipConfig(t *testing.T, more string) string {
	t.Helper()
	config := localConfig(t, more)
	folder := filepath.Join(filepath.Dir(config), "backups")
	b := shop.Backup{Image: images.Postgres(t, "15"), Scale: 0.02, Format: "plain", Compress: "gzip"}
	err := firstOf(os.Remove(filepath.Join(folder, "shop.dump")), b.Make(t.Context(), filepath.Join(folder, "shop.sql.gz")))
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// TestProveNeedsAGreenBackup breaks no copies of a backup that is broken itself.
func TestProveNeedsAGreenBackup(t *testing.T) {
	config := localConfig(t, "")
	backup := filepath.Join(filepath.Dir(config), "backups", "shop.dump")
	if err := os.Truncate(backup, 100_000); err != nil {
		t.Fatal(err)
	}
	r, exit := proved(t, config)
	if exit != 3 || r.Failure == nil || r.Failure.Code != outcome.DumpTruncated || len(r.Controls) != 0 {
		t.Errorf("exit %d, %+v, %d controls", exit, r.Failure, len(r.Controls))
	}
}

// TestProveInterrupted ends while a copy is drilled in its sandbox.
func TestProveInterrupted(t *testing.T) {
	config := localConfig(t, "")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var stdout bytes.Buffer
	stderr := &trigger{on: "control=wrong_object", fired: make(chan struct{})} // the last one that needs no sandbox
	exit := make(chan int, 1)
	go func() {
		exit <- run(ctx, []string{"prove", "--format", "json", "--progress", "plain", "--config", config}, strings.NewReader(""), &stdout, stderr, os.LookupEnv)
	}()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for sandboxed := false; !sandboxed; {
		select {
		case <-stderr.fired:
			<-tick.C
			sandboxed = len(left(t, config)) > 0
		case <-ctx.Done():
			t.Fatalf("no copy came to its sandbox; stderr:\n%s", &stderr.Buffer)
		}
	}
	cancel()
	ended := <-exit
	var r prove.Report
	if err := json.Unmarshal(stdout.Bytes(), &r); err != nil {
		t.Fatalf("exit %d, no report: %v\n%s", ended, err, &stderr.Buffer)
	}
	if ended != 130 || r.Held || r.Failure == nil || r.Failure.Code != outcome.Interrupted {
		t.Errorf("exit %d, held %t, %+v", ended, r.Held, r.Failure)
	}
	i := slices.IndexFunc(r.Controls, func(p prove.Proof) bool { return p.Control == "rows_removed" })
	if i < 0 || r.Controls[i].Status != prove.NotReached || r.Controls[0].Status != prove.Held {
		t.Errorf("controls: %s", fmt.Sprint(codes(r)))
	}
	noCopyLeft(t, config)
}

// trigger tells when a text has been written.
type trigger struct {
	bytes.Buffer
	on    string
	fired chan struct{}
}

func (w *trigger) Write(p []byte) (int, error) {
	n, err := w.Buffer.Write(p)
	if bytes.Contains(p, []byte(w.on)) {
		close(w.fired)
	}
	return n, err
}
