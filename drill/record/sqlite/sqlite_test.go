package sqlite

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

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/record/recordtest"
)

func TestConformance(t *testing.T) {
	recordtest.Run(t, func(t *testing.T) recordtest.Opener {
		path := filepath.Join(t.TempDir(), "new", "history.db")
		return func(t testing.TB) *record.History { return open(t, path) }
	})
}

func open(t testing.TB, path string) *record.History {
	t.Helper()
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return record.New(s, path)
}

func TestPrivate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a", "b", "with ? and # and %20.db")
	recordtest.Tell(t, open(t, path), recordtest.Drill("a", "shop", outcome.VerdictPassed, 0))
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
	if err := os.WriteFile(text, []byte(strings.Repeat("this is not a database\n", 100)), 0o600); err != nil {
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

// damage creates a history whose schema table is not readable.
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

// TestUnusableFilesAreOpenedLater checks that a file that cannot be used now is not an
// invalid config: the drill is carried out, and may be recorded after all.
func TestUnusableFilesAreOpenedLater(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "history.db")
	recordtest.Tell(t, open(t, path), recordtest.Drill("a", "shop", outcome.VerdictPassed, 0))
	db, err := sql.Open("sqlite", path+"?_txlock=exclusive")
	if err != nil {
		t.Fatal(err)
	}
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &Store{path: path, busy: 20 * time.Millisecond}
	t.Cleanup(func() { _ = s.Close() })
	h := record.New(s, path)
	if _, err := h.Entries(t.Context(), record.Filter{}); outcome.AsFailure(err).Code != outcome.HistoryUnavailable || !strings.Contains(err.Error(), "has locked it") {
		t.Errorf("locked: %v", err)
	}
	if err := errors.Join(tx.Rollback(), db.Close()); err != nil {
		t.Fatal(err)
	}
	if entries, err := h.Entries(t.Context(), record.Filter{}); err != nil || len(entries) != 1 {
		t.Errorf("unlocked: %v, %v", entries, err)
	}

	damaged := filepath.Join(dir, "damaged.db")
	damage(t, damaged)
	if _, err := kindOpen(t.Context(), t, damaged).Entries(t.Context(), record.Filter{}); outcome.AsFailure(err).Code != outcome.HistoryUnavailable {
		t.Errorf("damaged: %v", err)
	}
	foreign := statement(t, filepath.Join(dir, "foreign.db"), "create table bookmarks (url text)")
	for _, wrong := range []string{dir, foreign, filepath.Join(foreign, "history.db")} {
		if _, err := Kind.Open(t.Context(), config.Record{History: config.History(wrong)}); outcome.AsFailure(err).Code != outcome.ConfigInvalid {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

func kindOpen(ctx context.Context, t *testing.T, path string) *record.History {
	t.Helper()
	s, err := Kind.Open(ctx, config.Record{History: config.History(path)})
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return record.New(s, path)
}

// TestReadersNeedNoWriteAccess opens a history as a user who may only read it.
func TestReadersNeedNoWriteAccess(t *testing.T) {
	if path := os.Getenv("DRILLGRES_TEST_READER"); path != "" {
		readOnly(t, path)
		return
	}
	dir, err := os.MkdirTemp("", "drillgres-reader-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path, program := filepath.Join(dir, "history.db"), filepath.Join(dir, "reader")
	recordtest.Tell(t, open(t, path), recordtest.Drill("a", "shop", outcome.VerdictPassed, 0))
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := os.ReadFile(self)
	if err == nil {
		err = os.WriteFile(program, binary, 0o755)
	}
	if err = errors.Join(err, os.Chmod(path, 0o444), os.Chmod(dir, 0o555)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "-test.run=^TestReadersNeedNoWriteAccess$")
	cmd.Env = append(os.Environ(), "DRILLGRES_TEST_READER="+path)
	cmd.Dir = dir
	if asNobody(cmd); os.Geteuid() == 0 && cmd.SysProcAttr == nil {
		t.Skip("root may write everything")
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func readOnly(t *testing.T, path string) {
	h := kindOpen(t.Context(), t, path)
	entries, err := h.Entries(t.Context(), record.Filter{})
	if err != nil || len(entries) != 1 || entries[0].RunID != "a" {
		t.Errorf("%+v, %v", entries, err)
	}
	if err := h.Check(t.Context()); outcome.AsFailure(err).Code != outcome.HistoryUnavailable || !strings.Contains(err.Error(), "not write it") {
		t.Errorf("check: %v", err)
	}
	if err := h.Tell(t.Context(), recordtest.Drill("b", "shop", outcome.VerdictPassed, 1)); outcome.AsFailure(err).Code != outcome.HistoryUnavailable {
		t.Errorf("tell: %v", err)
	}
}

const children, perChild = 3, 10

// TestManyProcesses lets several processes create and write one history.
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
	results, err := open(t, path).List(t.Context(), record.Filter{})
	if err != nil || len(results) != children*perChild {
		t.Errorf("%d recorded drills, want %d: %v", len(results), children*perChild, err)
	}
}

func writeAsChild(t *testing.T, path string) {
	h := open(t, path)
	for i := range perChild {
		recordtest.Tell(t, h, recordtest.Drill(fmt.Sprintf("%s-%d", os.Getenv("DRILLGRES_TEST_CHILD"), i), "shop", outcome.VerdictPassed, float64(i)))
	}
}

// TestUpgradesAFileOfTheFirstVersion opens a history that drillgres 0.1 wrote,
// twice: it has its drills, one is a baseline, and new ones can be accepted.
func TestUpgradesAFileOfTheFirstVersion(t *testing.T) {
	first, err := os.ReadFile(filepath.Join("testdata", "v1.db"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "history.db")
	if err := os.WriteFile(path, first, 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		h := open(t, path)
		results, err := h.List(t.Context(), record.Filter{})
		if err != nil || len(results) < 2 || results[len(results)-1].RunID != "first" || results[len(results)-1].Tables[0].Rows != 1000 {
			t.Fatalf("%+v, %v", results, err)
		}
		recordtest.Tell(t, h, recordtest.Drifted("third", "shop", 48))
		recordtest.Accept(t, h, "third", "shop", "intended", recordtest.Noon.Add(time.Duration(i)*time.Second))
	}
	h := open(t, path)
	entries, err := h.Entries(t.Context(), record.Filter{Run: "first"})
	if err != nil || len(entries) != 1 || entries[0].Chosen != outcome.ChosenLatest {
		t.Errorf("entries of the old file: %+v, %v", entries, err)
	}
	if run, reason := recordtest.Baseline(t, h, "shop", time.Time{}); run != "third" || reason != "intended" {
		t.Errorf("%q, %q", run, reason)
	}
	if run, _ := recordtest.Baseline(t, h, "shop", recordtest.Noon.Add(-24*time.Hour)); run != "first" {
		t.Errorf("of the old file: %q", run)
	}
}

// TestUpgradesAFileOfTheSecondVersion checks that answers and drills are
// distinguished, although their rows have no kind.
func TestUpgradesAFileOfTheSecondVersion(t *testing.T) {
	second, err := os.ReadFile(filepath.Join("testdata", "v2.db"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "history.db")
	if err := os.WriteFile(path, second, 0o600); err != nil {
		t.Fatal(err)
	}
	h := open(t, path)
	entries, err := h.Entries(t.Context(), record.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.RunID+" "+string(e.Kind)+" "+string(e.Chosen))
	}
	if want := "lost drill latest, answer answer latest, first drill latest"; strings.Join(got, ", ") != want {
		t.Errorf("%q", got)
	}
	results, err := h.Results(t.Context(), entries)
	if err != nil || results[1].Kind != outcome.KindAnswer || results[2].Kind != outcome.KindDrill {
		t.Errorf("%+v, %v", results, err)
	}
	if v, ok, err := h.LastVerified(t.Context(), "shop", recordtest.Noon.AddDate(1, 0, 0)); err != nil || !ok || v.RunID != "first" {
		t.Errorf("%+v, %t, %v", v, ok, err)
	}
}
