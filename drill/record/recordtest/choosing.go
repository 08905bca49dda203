package recordtest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
)

func findsLastVerified(t *testing.T, open Opener) {
	interrupted := Drill("interrupted", "shop", outcome.VerdictUnproved, 5)
	interrupted.Failure = &outcome.FailureReport{Code: outcome.Interrupted, Class: outcome.ClassSignal}
	older := Drill("older", "shop", outcome.VerdictPassed, 3) // an older backup, drilled after the newest had passed
	older.Backup.TakenAt = Noon.Add(-48 * time.Hour)
	undated := Drill("undated", "wiki", outcome.VerdictPassed, 0)
	undated.Backup.TakenAt, undated.Backup.ModifiedAt = time.Time{}, time.Time{}
	modified := Drill("modified", "crm", outcome.VerdictPassed, 0)
	modified.Backup.TakenAt = time.Time{}

	release := Drill("release", "blog", outcome.VerdictFailed, 1) // whose backup was verified all the same
	release.Failure = &outcome.FailureReport{Code: outcome.CandidateUnhealthy, Class: outcome.ClassApp, Stage: outcome.Migrate}

	h := open(t)
	Tell(t, h, Drill("passed", "shop", outcome.VerdictPassed, 0), Drill("failed", "shop", outcome.VerdictFailed, 4), interrupted, older, undated, modified)
	Tell(t, h, Drill("right", "ahead", outcome.VerdictPassed, 0), Drill("ahead", "ahead", outcome.VerdictPassed, 365*24))
	Tell(t, h, Drill("before", "blog", outcome.VerdictPassed, 0), release)
	for database, want := range map[string]struct {
		run      string
		snapshot time.Time
	}{
		"shop":  {"passed", Noon.Add(-time.Hour)},
		"crm":   {"modified", Noon.Add(-time.Minute)},
		"blog":  {"release", Noon},
		"wiki":  {"undated", time.Time{}}, // verified, of unknown age
		"ahead": {"right", Noon.Add(-time.Hour)},
		"other": {},
	} {
		v, ok, err := h.LastVerified(t.Context(), database, Noon.Add(6*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if ok != (want.run != "") || v.RunID != want.run || !v.Snapshot.Equal(want.snapshot) {
			t.Errorf("%s: got %+v, %v; want %+v", database, v, ok, want)
		}
	}
	if v, _, _ := h.LastVerified(t.Context(), "shop", Noon.Add(6*time.Hour)); v.BackupURI != "file:///b/passed" || !v.Drilled.Equal(Noon.Add(time.Minute)) {
		t.Errorf("got %+v", v)
	}
}

func choosesBaseline(t *testing.T, open Opener) {
	h := open(t)
	tomorrow := Noon.Add(24 * time.Hour)
	expect := func(when string, taken time.Time, run, accepted string) {
		t.Helper()
		if gotRun, gotReason := Baseline(t, h, "shop", taken); gotRun != run || gotReason != accepted {
			t.Errorf("%s: %q, %q; want %q, %q", when, gotRun, gotReason, run, accepted)
		}
	}
	expect("nothing on record", tomorrow, "", "")
	broken := Drill("broken", "shop", outcome.VerdictFailed, 0)
	broken.Failure = &outcome.FailureReport{Code: outcome.DumpTruncated}
	Tell(t, h, Drill("unproved", "shop", outcome.VerdictUnproved, 0), broken, Drifted("early", "shop", 0), Drill("other", "crm", outcome.VerdictPassed, 3))
	expect("nothing passed", tomorrow, "", "")

	first := Drill("first", "shop", outcome.VerdictPassed, 1)
	first.Tables = []outcome.Table{{Name: "public.orders", Rows: 7}}
	Tell(t, h, first)
	expect("one passed", tomorrow, "first", "")
	expect("of unknown time", time.Time{}, "first", "")
	expect("the same backup again", first.Backup.TakenAt, "first", "")
	expect("an older backup", first.Backup.TakenAt.Add(-time.Microsecond), "", "")
	if was, _ := h.Earlier(t.Context(), "shop", tomorrow, 1); !cmp.Equal(was.Backups[0].Tables, first.Tables) {
		t.Errorf("the content is lost: %+v", was.Backups[0].Tables)
	}

	Tell(t, h, Drifted("drifted", "shop", 2))
	expect("a drifted drill is not a baseline", tomorrow, "first", "")
	Accept(t, h, "drifted", "shop", "archived 2019", Noon)
	expect("until it is accepted", tomorrow, "drifted", "archived 2019")

	old := Drill("old", "shop", outcome.VerdictPassed, 3) // last week's backup, drilled after it
	old.Backup.TakenAt = Noon.Add(-7 * 24 * time.Hour)
	Tell(t, h, old)
	expect("an old backup that passes later", tomorrow, "drifted", "archived 2019")
	expect("is that of backups of its time", Noon.Add(-6*24*time.Hour), "old", "")

	Tell(t, h, Drill("second", "shop", outcome.VerdictPassed, 4))
	expect("the next pass", tomorrow, "second", "")
	again := Drill("again", "shop", outcome.VerdictPassed, 5)
	again.Backup = Drill("second", "shop", outcome.VerdictPassed, 4).Backup
	Tell(t, h, again)
	expect("of drills of one backup the newest", tomorrow, "again", "")

	for _, c := range []struct {
		window, drills int
		runs           []string
	}{{1, 5, []string{"again"}}, {3, 5, []string{"again", "drifted", "first"}}, {10, 5, []string{"again", "drifted", "first", "old"}}} {
		earlier, err := h.Earlier(t.Context(), "shop", tomorrow, c.window)
		var runs []string
		for _, r := range earlier.Backups {
			runs = append(runs, r.RunID)
		}
		if err != nil || earlier.Drills != c.drills || !slices.Equal(runs, c.runs) {
			t.Errorf("window %d: runs %q of %d, %v; want %q of %d", c.window, runs, earlier.Drills, err, c.runs, c.drills)
		}
	}
}

// Baseline returns the run that a backup taken at taken is compared with, and why
// that run was accepted.
func Baseline(t testing.TB, h *record.History, database string, taken time.Time) (run, accepted string) {
	t.Helper()
	was, err := h.Earlier(t.Context(), database, taken, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(was.Backups) == 0 {
		return "", was.Accepted
	}
	return was.Backups[0].RunID, was.Accepted
}

// choosesUndated falls back to the file's date, then to the drill's.
func choosesUndated(t *testing.T, open Opener) {
	h := open(t)
	modified := Drill("modified", "shop", outcome.VerdictPassed, 0)
	modified.Backup.TakenAt = time.Time{}
	undated := Drill("undated", "shop", outcome.VerdictPassed, 0)
	undated.Backup.TakenAt, undated.Backup.ModifiedAt = time.Time{}, time.Time{}
	Tell(t, h, undated, modified)
	if run, _ := Baseline(t, h, "shop", Noon.Add(-time.Second)); run != "modified" {
		t.Errorf("by the file's date: %q", run)
	}
	if run, _ := Baseline(t, h, "shop", Noon); run != "undated" {
		t.Errorf("by the drill's: %q", run)
	}
}

func keepsAcceptances(t *testing.T, open Opener) {
	h := open(t)
	Tell(t, h, Drill("passed", "shop", outcome.VerdictPassed, 0), Drifted("a", "shop", 1), Drifted("a", "crm", 1), Drifted("b", "crm", 1), Drill("a", "wiki", outcome.VerdictUnproved, 1))
	Accept(t, h, "a", "shop", "first reason", Noon)
	Accept(t, open(t), "a", "shop", "second reason", Noon.Add(time.Second))
	Accept(t, h, "a", "shop", "by a clock that is behind", Noon.Add(-time.Second))
	Accept(t, h, "b", "crm", "intended", Noon.Add(-time.Hour))
	for _, c := range [][2]string{{"passed", "shop"}, {"a", "wiki"}, {"none", "shop"}} {
		if err := h.Accept(t.Context(), record.Acceptance{RunID: c[0], Database: c[1], Reason: "r", At: Noon}); !errors.Is(err, record.ErrNotDrifted) {
			t.Errorf("%v: %v", c, err)
		}
	}
	shop := record.Acceptance{RunID: "a", Database: "shop", Reason: "second reason", By: "alice", At: Noon.Add(time.Second)}
	crm := record.Acceptance{RunID: "b", Database: "crm", Reason: "intended", By: "alice", At: Noon.Add(-time.Hour)}
	for database, want := range map[string][]record.Acceptance{"": {shop, crm}, "shop": {shop}, "crm": {crm}, "wiki": {}} {
		got, err := h.Acceptances(t.Context(), database)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("of %q: %v\n%s", database, err, diff)
		}
	}
}
