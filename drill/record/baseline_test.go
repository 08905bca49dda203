package record

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/outcome"
)

// drifted is a drill that failed as drifted.
func drifted(id, database string, hours float64) outcome.Result {
	r := drill(id, database, outcome.VerdictFailed, hours)
	r.Failure = &outcome.FailureReport{Stage: outcome.Verify, Code: outcome.ContentDrifted, Class: outcome.ClassBackup}
	return r
}

func accept(t *testing.T, h *History, run, database, reason string) {
	t.Helper()
	if err := h.Accept(t.Context(), Acceptance{RunID: run, Database: database, Reason: reason, By: "alice", At: noon}); err != nil {
		t.Fatal(err)
	}
}

// baseline is the run that a backup taken hours after noon is compared with,
// and why that was accepted.
func baseline(t *testing.T, h *History, database string, taken time.Time) (run, accepted string) {
	t.Helper()
	was, accepted, err := h.Baseline(t.Context(), database, taken)
	if err != nil {
		t.Fatal(err)
	}
	if was == nil {
		return "", accepted
	}
	return was.RunID, accepted
}

func TestBaselineIsTheNewestBackupThatPassed(t *testing.T) {
	h := open(t, filepath.Join(t.TempDir(), "history.db"))
	tomorrow := noon.Add(24 * time.Hour)
	expect := func(when, database string, taken time.Time, run, accepted string) {
		t.Helper()
		if gotRun, gotReason := baseline(t, h, database, taken); gotRun != run || gotReason != accepted {
			t.Errorf("%s: %q, %q; want %q, %q", when, gotRun, gotReason, run, accepted)
		}
	}
	expect("nothing on record", "shop", tomorrow, "", "")
	unproved := drill("unproved", "shop", outcome.VerdictUnproved, 0)
	broken := drill("broken", "shop", outcome.VerdictFailed, 0)
	broken.Failure = &outcome.FailureReport{Code: outcome.DumpTruncated}
	tell(t, h, unproved, broken, drifted("early", "shop", 0), drill("other", "crm", outcome.VerdictPassed, 3))
	expect("nothing passed", "shop", tomorrow, "", "")

	first := drill("first", "shop", outcome.VerdictPassed, 1)
	first.Tables = []outcome.Table{{Name: "public.orders", Rows: 7}}
	tell(t, h, first)
	expect("one passed", "shop", tomorrow, "first", "")
	expect("of unknown time", "shop", time.Time{}, "first", "")
	expect("the same backup again", "shop", first.Backup.TakenAt, "first", "")
	expect("an older backup", "shop", first.Backup.TakenAt.Add(-time.Microsecond), "", "")
	if was, _, _ := h.Baseline(t.Context(), "shop", tomorrow); !cmp.Equal(was.Tables, first.Tables) {
		t.Errorf("the content is not kept: %+v", was.Tables)
	}

	tell(t, h, drifted("drifted", "shop", 2))
	expect("drifted is no baseline", "shop", tomorrow, "first", "")
	accept(t, h, "drifted", "shop", "archived 2019")
	expect("until it is accepted", "shop", tomorrow, "drifted", "archived 2019")

	old := drill("old", "shop", outcome.VerdictPassed, 3) // --backup of last week, drilled after it
	old.Backup.TakenAt = noon.Add(-7 * 24 * time.Hour)
	tell(t, h, old)
	expect("an old backup that passes later", "shop", tomorrow, "drifted", "archived 2019")
	expect("is that of backups of its time", "shop", noon.Add(-6*24*time.Hour), "old", "")

	tell(t, h, drill("second", "shop", outcome.VerdictPassed, 4))
	expect("the next pass", "shop", tomorrow, "second", "")
}

// TestBaselineOfUndatedBackups falls back on the file's date, then on the drill's.
func TestBaselineOfUndatedBackups(t *testing.T) {
	h := open(t, filepath.Join(t.TempDir(), "history.db"))
	modified := drill("modified", "shop", outcome.VerdictPassed, 0)
	modified.Backup.TakenAt = time.Time{}
	undated := drill("undated", "shop", outcome.VerdictPassed, 0)
	undated.Backup.TakenAt, undated.Backup.ModifiedAt = time.Time{}, time.Time{}
	tell(t, h, undated, modified)
	if run, _ := baseline(t, h, "shop", noon.Add(-time.Second)); run != "modified" {
		t.Errorf("by the file's date: %q", run)
	}
	if run, _ := baseline(t, h, "shop", noon); run != "undated" {
		t.Errorf("by the drill's: %q", run)
	}
}

func TestAccept(t *testing.T) {
	h := open(t, filepath.Join(t.TempDir(), "history.db"))
	tell(t, h, drill("passed", "shop", outcome.VerdictPassed, 0), drifted("a", "shop", 1), drifted("a", "crm", 1), drill("a", "wiki", outcome.VerdictUnproved, 1))
	accept(t, h, "a", "shop", "first reason")
	accept(t, h, "a", "shop", "second reason; with 'quotes'")
	for _, c := range [][2]string{{"passed", "shop"}, {"a", "wiki"}, {"none", "shop"}} {
		if err := h.Accept(t.Context(), Acceptance{RunID: c[0], Database: c[1], Reason: "r", At: noon}); !errors.Is(err, ErrNotDrifted) {
			t.Errorf("%v: %v", c, err)
		}
	}
	got, err := h.Acceptances(t.Context(), "")
	want := []Acceptance{{RunID: "a", Database: "shop", Reason: "second reason; with 'quotes'", By: "alice", At: noon}}
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	if got, err := h.Acceptances(t.Context(), "crm"); err != nil || len(got) != 0 {
		t.Errorf("of crm: %+v, %v", got, err)
	}
	// A run that is told again as something else is no longer what was accepted.
	tell(t, h, drill("a", "shop", outcome.VerdictUnproved, 1))
	if run, _ := baseline(t, h, "shop", time.Time{}); run != "passed" {
		t.Errorf("an unproved run is the baseline: %q", run)
	}
}

func TestListByRunAndCode(t *testing.T) {
	h := open(t, filepath.Join(t.TempDir(), "history.db"))
	tell(t, h, drifted("2026-a%", "shop", 0), drifted("2026-b", "shop", 1), drill("2026-bb", "shop", outcome.VerdictPassed, 2))
	for name, c := range map[string]struct {
		filter Filter
		want   string
	}{
		"beginning":     {Filter{Run: "2026-b"}, "2026-bb 2026-b"},
		"no wildcards":  {Filter{Run: "%"}, ""},
		"taken exactly": {Filter{Run: "2026-a%"}, "2026-a%"},
		"code":          {Filter{Code: outcome.ContentDrifted}, "2026-b 2026-a%"},
	} {
		results, err := h.List(t.Context(), c.filter)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, r := range results {
			ids = append(ids, r.RunID)
		}
		if got := strings.Join(ids, " "); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestUpgradesAFileOfTheFirstVersion opens a history that drillgres 0.1 wrote,
// twice: its drills are there, one is a baseline, and new ones can be accepted.
func TestUpgradesAFileOfTheFirstVersion(t *testing.T) {
	first, err := os.ReadFile(filepath.Join("testdata", "v1.db"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "history.db")
	if err := os.WriteFile(path, first, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		h := open(t, path)
		results, err := h.List(t.Context(), Filter{})
		if err != nil || len(results) < 2 || results[len(results)-1].RunID != "first" || results[len(results)-1].Tables[0].Rows != 1000 {
			t.Fatalf("%+v, %v", results, err)
		}
		tell(t, h, drifted("third", "shop", 48))
		accept(t, h, "third", "shop", "meant")
	}
	h := open(t, path)
	if run, reason := baseline(t, h, "shop", time.Time{}); run != "third" || reason != "meant" {
		t.Errorf("%q, %q", run, reason)
	}
	if run, _ := baseline(t, h, "shop", noon.Add(-24*time.Hour)); run != "first" {
		t.Errorf("of the old file: %q", run)
	}
}
