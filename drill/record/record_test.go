package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/outcome"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func open(t *testing.T, path string) *History {
	t.Helper()
	h, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func tell(t *testing.T, h *History, results ...outcome.Result) {
	t.Helper()
	for _, r := range results {
		if err := h.Tell(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
}

// drill is a drill that began hours after noon, on a backup taken an hour
// before.
func drill(id, database string, verdict outcome.Verdict, hours float64) outcome.Result {
	began := noon.Add(time.Duration(hours * float64(time.Hour)))
	r := outcome.Result{
		SchemaVersion: 1, RunID: id, Database: database, Verdict: verdict,
		StartedAt: began, FinishedAt: began.Add(time.Minute),
		Backup: outcome.Backup{URI: "file:///b/" + id, TakenAt: began.Add(-time.Hour), ModifiedAt: began.Add(-time.Minute)},
	}
	return r
}

func TestListNewestFirst(t *testing.T) {
	h := open(t, filepath.Join(t.TempDir(), "new", "history.db"))
	tell(t, h,
		drill("a", "shop", outcome.VerdictPassed, 0),
		drill("c", "crm", outcome.VerdictPassed, 2),
		drill("b", "shop", outcome.VerdictFailed, 1),
		drill("d", "shop", outcome.VerdictPassed, 1.0000001),
	)
	cases := map[string]struct {
		filter Filter
		want   string
	}{
		"all":         {Filter{}, "c d b a"},
		"of one":      {Filter{Database: "shop"}, "d b a"},
		"the newest":  {Filter{Limit: 2}, "c d"},
		"since":       {Filter{Since: noon.Add(time.Hour)}, "c d b"},
		"other zone":  {Filter{Since: noon.Add(time.Hour).In(time.FixedZone("", 7200)), Database: "crm"}, "c"},
		"nothing yet": {Filter{Database: "wiki"}, ""},
	}
	for name, c := range cases {
		results, err := h.List(t.Context(), c.filter)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, r := range results {
			ids = append(ids, r.RunID)
		}
		if got := strings.Join(ids, " "); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestResultIsKeptWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.db")
	rpo := 12.5
	want := drill("a", "shop", outcome.VerdictFailed, 0)
	want.Failure = &outcome.FailureReport{Stage: outcome.Inspect, Code: outcome.DumpTruncated, Message: "cut", SQLState: "22P04"}
	want.Stages = []outcome.StageReport{{Stage: outcome.Locate, Status: outcome.StagePassed, Details: map[string]any{"objects": 3.0}}}
	want.Tables = []outcome.Table{{Name: "public.users", Rows: 3}}
	want.RPOSeconds = &rpo
	tell(t, open(t, path), want)
	results, err := open(t, path).List(t.Context(), Filter{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]outcome.Result{want.Normalised()}, results); diff != "" {
		t.Error(diff)
	}
}

func TestTellingAgainReplaces(t *testing.T) {
	h := open(t, filepath.Join(t.TempDir(), "history.db"))
	tell(t, h, drill("a", "shop", outcome.VerdictFailed, 0), drill("a", "shop", outcome.VerdictPassed, 0), drill("a", "crm", outcome.VerdictPassed, 0))
	results, err := h.List(t.Context(), Filter{Database: "shop"})
	if err != nil || len(results) != 1 || results[0].Verdict != outcome.VerdictPassed {
		t.Errorf("got %v, %v", results, err)
	}
	names, err := h.Databases(t.Context())
	if err != nil || !cmp.Equal(names, []string{"crm", "shop"}) {
		t.Errorf("databases: %v, %v", names, err)
	}
}

func TestLastVerified(t *testing.T) {
	interrupted := drill("interrupted", "shop", outcome.VerdictUnproved, 5)
	interrupted.Failure = &outcome.FailureReport{Code: outcome.Interrupted, Class: outcome.ClassSignal}
	older := drill("older", "shop", outcome.VerdictPassed, 3) // --backup of an old one, after the newest had passed
	older.Backup.TakenAt = noon.Add(-48 * time.Hour)
	undated := drill("undated", "wiki", outcome.VerdictPassed, 0)
	undated.Backup.TakenAt, undated.Backup.ModifiedAt = time.Time{}, time.Time{}
	modified := drill("modified", "crm", outcome.VerdictPassed, 0)
	modified.Backup.TakenAt = time.Time{}

	h := open(t, filepath.Join(t.TempDir(), "history.db"))
	tell(t, h, drill("passed", "shop", outcome.VerdictPassed, 0), drill("failed", "shop", outcome.VerdictFailed, 4), interrupted, older, undated, modified)
	cases := map[string]struct {
		run      string
		snapshot time.Time
	}{
		"shop":  {"passed", noon.Add(-time.Hour)},
		"crm":   {"modified", noon.Add(-time.Minute)},
		"wiki":  {},
		"other": {},
	}
	for database, want := range cases {
		v, ok, err := h.LastVerified(t.Context(), database)
		if err != nil {
			t.Fatal(err)
		}
		if ok != (want.run != "") || v.RunID != want.run || !v.Snapshot.Equal(want.snapshot) {
			t.Errorf("%s: got %+v, %v; want %+v", database, v, ok, want)
		}
	}
	if v, _, _ := h.LastVerified(t.Context(), "shop"); v.BackupURI != "file:///b/passed" || !v.Drilled.Equal(noon.Add(time.Minute)) {
		t.Errorf("got %+v", v)
	}
}

func TestInterruptedIsNoFailedRecovery(t *testing.T) {
	r := drill("a", "shop", outcome.Interrupted.Class().Verdict(), 0)
	r.Failure = &outcome.FailureReport{Code: outcome.Interrupted, Class: outcome.ClassSignal}
	r.ExitCode = outcome.ClassSignal.ExitCode()
	h := open(t, filepath.Join(t.TempDir(), "history.db"))
	tell(t, h, r)
	var failed int
	if err := h.db.QueryRow(`select count(*) from restore_drill_log where verdict = 'failed'`).Scan(&failed); err != nil || failed != 0 {
		t.Errorf("%d failed drills on record, %v", failed, err)
	}
	results, err := h.List(t.Context(), Filter{})
	if err != nil || len(results) != 1 || results[0].Verdict != outcome.VerdictUnproved {
		t.Errorf("got %v, %v", results, err)
	}
}

func TestPrivate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a", "b", "with ? and # and %20.db")
	tell(t, open(t, path), drill("a", "shop", outcome.VerdictPassed, 0))
	for name, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() == 0 {
			t.Errorf("%s is empty: the drills were written elsewhere", name)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s: mode %o, want %o", name, got, want)
		}
	}
}

func TestRefusesForeignFiles(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("this is no database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	foreign := statement(t, filepath.Join(dir, "foreign.db"), "create table bookmarks (url text)")
	newer := statement(t, filepath.Join(dir, "newer.db"), fmt.Sprintf("pragma application_id = %d; pragma user_version = 99", application))
	damaged := filepath.Join(dir, "damaged.db")
	damage(t, damaged)
	for path, want := range map[string]string{
		text: "not a SQLite database", foreign: "another program", newer: "newer drillgres", damaged: "damaged", dir: "is a directory",
	} {
		before, _ := os.ReadFile(path)
		h, err := Open(t.Context(), path)
		if err == nil {
			_ = h.Close()
			t.Errorf("%s was opened", path)
			continue
		}
		if !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("got %v; want %q and the path", err, want)
		}
		if after, _ := os.ReadFile(path); string(before) != string(after) {
			t.Errorf("%s was changed", path)
		}
	}
}

func statement(t *testing.T, path, query string) string {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec(query)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// damage makes a history whose table of tables is no longer readable.
func damage(t *testing.T, path string) {
	t.Helper()
	h, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copy(data[100:], strings.Repeat("\xff", 400))
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

const children, perChild = 3, 10

// TestManyProcesses lets several processes make and write one history.
func TestManyProcesses(t *testing.T) {
	if path := os.Getenv("DRILLGRES_TEST_HISTORY"); path != "" {
		writeAsChild(t, path)
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "history.db")
	var wg sync.WaitGroup
	for i := range children {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, self, "-test.run=^TestManyProcesses$")
			cmd.Env = append(os.Environ(), "DRILLGRES_TEST_HISTORY="+path, fmt.Sprintf("DRILLGRES_TEST_CHILD=%d", i))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("process %d: %v\n%s", i, err, out)
			}
		})
	}
	wg.Wait()
	results, err := open(t, path).List(t.Context(), Filter{})
	if err != nil || len(results) != children*perChild {
		t.Errorf("%d drills on record, want %d: %v", len(results), children*perChild, err)
	}
}

func writeAsChild(t *testing.T, path string) {
	h := open(t, path)
	for i := range perChild {
		tell(t, h, drill(fmt.Sprintf("%s-%d", os.Getenv("DRILLGRES_TEST_CHILD"), i), "shop", outcome.VerdictPassed, float64(i)))
	}
}
