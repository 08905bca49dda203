package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/origin"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/record/sqlite"
)

// programAt runs drillgres at a given time, in a given environment.
func programAt(t *testing.T, now time.Time, environment map[string]string, args ...string) (stdout string, exit int, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	e := edges{
		stdin: strings.NewReader(""), stdout: &out, stderr: &errs, now: func() time.Time { return now },
		getenv: func(name string) (string, bool) { v, ok := environment[name]; return v, ok },
	}
	root := newRoot(e)
	root.SetArgs(args)
	exit = execute(t.Context(), e, root)
	return out.String(), exit, errs.String()
}

var morning = time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)

// historyOf opens the history in the directory of a config.
func historyOf(t *testing.T, config string) *record.History {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(filepath.Dir(config), "history.db"))
	if err != nil {
		t.Fatal(err)
	}
	h := record.New(store, "history.db")
	t.Cleanup(func() { _ = h.Close() })
	return h
}

// tell records drills in the history of a config.
func tell(t *testing.T, config string, drills ...outcome.Result) {
	t.Helper()
	h := historyOf(t, config)
	for _, r := range drills {
		if err := h.Tell(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
}

// lastNight returns a drill that ended at that time, of a backup taken one hour before.
func lastNight(id string, ended time.Time, f *outcome.Failure) outcome.Result {
	r := outcome.Result{
		SchemaVersion: 1, RunID: id, Database: "shop", Verdict: outcome.VerdictPassed, StartedAt: ended.Add(-10 * time.Minute), FinishedAt: ended,
		Backup: outcome.Backup{URI: "file:///backups/shop.dump", Format: "plain", ModifiedAt: ended.Add(-time.Hour), TakenAt: ended.Add(-time.Hour)},
		Stages: []outcome.StageReport{{Stage: outcome.App, Status: outcome.StagePassed}},
	}
	if f != nil {
		r.Verdict, r.ExitCode, r.Failure = f.Class().Verdict(), f.Class().ExitCode(), f.Report()
	}
	return r
}

// answered is the expected answer of a gate that restores nothing.
type answered struct {
	decision outcome.Decision
	code     outcome.Code
	exit     int
	on       string
}

// askGate asks the gate for an answer from the history, a time after the morning, and
// checks the recorded question.
func askGate(t *testing.T, config string, after time.Duration) answered {
	t.Helper()
	ci := map[string]string{"GITHUB_SHA": "9f2c1ab", "GITHUB_ACTOR": "alice"}
	stdout, exit, stderr := programAt(t, morning.Add(after), ci, "gate", "--config", config,
		"--require-drill", "24h", "--max-backup-age", "30d", "--candidate", "shop:2", "--format", "json")
	var r outcome.Result
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || r.ExitCode != exit {
		t.Fatalf("exit %d, %v\n%s\n%s", exit, err, stdout, stderr)
	}
	want := outcome.Gate{
		Decision: r.Gate.Decision, Why: r.Gate.Why, RestsOn: r.Gate.RestsOn,
		Candidate: "shop:2", Commit: "9f2c1ab", AskedBy: "alice", RequireDrill: 86400, MaxBackupAge: 30 * 86400,
	}
	if diff := cmp.Diff(want, *r.Gate); diff != "" || r.Verdict != outcome.VerdictUnproved {
		t.Errorf("verdict %s\n%s", r.Verdict, diff)
	}
	return answered{r.Gate.Decision, outcome.Code(failureCode(r.Failure)), exit, r.Gate.RestsOn}
}

// TestGateAnswersFromTheHistory asks at several times after a drill. The gate's own answers
// are recorded, and do not count as a newer drill.
func TestGateAnswersFromTheHistory(t *testing.T) {
	config := recorded(t)
	failed := outcome.Fail(outcome.SmokeFailed, "status 500")
	failed.Stage = outcome.App
	const hour = time.Hour
	missing := answered{outcome.Unknown, outcome.DrillMissing, 5, ""}
	for _, tt := range []struct {
		drill outcome.Result // that ends before the question
		after time.Duration
		want  answered
	}{
		{lastNight("night", morning, nil), -hour, missing}, // the drill is from the future
		{outcome.Result{}, 23 * hour, answered{outcome.Go, "", 0, "night"}},
		{outcome.Result{}, 24*hour + time.Minute, missing}, // one hour after its own go
		{outcome.Result{}, 46 * hour, missing},
		{lastNight("second", morning.Add(48*hour), nil), 49 * hour, answered{outcome.Go, "", 0, "second"}},
		{lastNight("third", morning.Add(50*hour), failed), 51 * hour, answered{outcome.NoGo, outcome.SmokeFailed, 4, "third"}},
		{lastNight("fourth", morning.Add(52*hour), nil), 53 * hour, answered{outcome.Go, "", 0, "fourth"}},
	} {
		if tt.drill.RunID != "" {
			tell(t, config, tt.drill)
		}
		if got := askGate(t, config, tt.after); got != tt.want {
			t.Errorf("after %s: got %+v, want %+v", tt.after, got, tt.want)
		}
	}
	onlyDrillsCount(t, config, "fourth")
}

// onlyDrillsCount checks that no answer of a gate counts as a drill.
func onlyDrillsCount(t *testing.T, config, last string) {
	t.Helper()
	h := historyOf(t, config)
	v, ok, err := h.LastVerified(t.Context(), "shop", time.Now())
	if err != nil || !ok || v.RunID != last {
		t.Errorf("last verified by %+v, %v", v, err)
	}
	if was, err := h.Earlier(t.Context(), "shop", time.Time{}, 1); err != nil || len(was.Backups) != 1 || was.Backups[0].RunID != last {
		t.Errorf("baseline %+v, %v", was, err)
	}
	history, _, _ := programAt(t, morning.Add(54*time.Hour), nil, "history", "--config", config)
	for _, want := range []string{"gate go", "gate no-go", "gate unknown", "last 4  "} {
		if !strings.Contains(history, want) {
			t.Errorf("the history does not show %s:\n%s", want, history)
		}
	}
}

func TestGateRefusesAnOldBackupInTheHistory(t *testing.T) {
	config := recorded(t)
	drill := lastNight("night", morning, nil)
	drill.Backup.ModifiedAt = morning.Add(-25 * time.Hour)
	tell(t, config, drill)
	stdout, exit, _ := programAt(t, morning.Add(2*time.Hour), nil, "gate", "--config", config, "--require-drill", "24h")
	if exit != 3 || !strings.HasPrefix(stdout, "NO-GO  shop  no backup is younger than 26h (backup_stale)") {
		t.Errorf("exit %d\n%s", exit, stdout)
	}
}

// TestAnAnswerIsNotABaseline checks that an answer which repeats content_drifted cannot be
// accepted.
func TestAnAnswerIsNotABaseline(t *testing.T) {
	config := recorded(t)
	drift := outcome.Fail(outcome.ContentDrifted, "rows are gone")
	drift.Stage = outcome.Verify
	tell(t, config, lastNight("night", morning, drift))
	stdout, exit, _ := programAt(t, morning.Add(time.Hour), nil, "gate", "--config", config, "--require-drill", "24h", "--format", "json")
	var r outcome.Result
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || exit != 3 || r.Gate.Decision != outcome.NoGo {
		t.Fatalf("exit %d, %v\n%s", exit, err, stdout)
	}
	_, exit, stderr := programAt(t, morning, nil, "accept", r.RunID, "--reason", "meant", "--config", config)
	if exit != 2 || !strings.Contains(stderr, "is not a drill: it is an answer of a gate") {
		t.Errorf("exit %d: %s", exit, stderr)
	}
}

// TestGateAnswersWithoutAWorkDirectory checks that the answer is then unknown for each
// database, and is recorded.
func TestGateAnswersWithoutAWorkDirectory(t *testing.T) {
	config := recorded(t)
	text := `version: 1
databases:
  crm: {backup: {from: ./backups}, postgres: {version: "15"}, app: {image: "shop:1", candidate: "shop:2"}, migrate: {command: [migrate]}}
  shop: {backup: {from: ./backups}, postgres: {version: "15"}, app: {image: "shop:1", candidate: "shop:2"}, migrate: {command: [migrate]}}
record: {history: history.db}
work: {dir: history.db}
`
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	stdout, exit, stderr := programAt(t, morning, nil, "gate", "--config", config)
	if exit != 5 || !strings.HasPrefix(stdout, "UNKNOWN  2 databases: crm unknown, shop unknown\n\nUNKNOWN  crm  ") {
		t.Errorf("exit %d\n%s\n%s", exit, stdout, stderr)
	}
	history, _, _ := programAt(t, morning, nil, "history", "--config", config)
	if strings.Count(history, "unproved, gate unknown") != 2 {
		t.Errorf("the history does not show it:\n%s", history)
	}
}

func TestCommitAndActorOfCISystems(t *testing.T) {
	for _, tt := range []struct {
		environment map[string]string
		commit, by  string
	}{
		{map[string]string{"GITHUB_SHA": "a1", "GITHUB_ACTOR": "ann"}, "a1", "ann"},
		{map[string]string{"CI_COMMIT_SHA": "b2", "GITLAB_USER_LOGIN": "bob"}, "b2", "bob"},
		{map[string]string{"BUILDKITE_COMMIT": "c3", "BUILDKITE_BUILD_CREATOR": "cat"}, "c3", "cat"},
		{map[string]string{"CIRCLE_SHA1": "d4", "CIRCLE_USERNAME": "dan"}, "d4", "dan"},
		{map[string]string{"GIT_COMMIT": "e5", "GITHUB_SHA": ""}, "e5", origin.Actor(func(string) (string, bool) { return "", false })},
	} {
		e := edges{getenv: func(name string) (string, bool) { v, ok := tt.environment[name]; return v, ok }}
		if origin.Commit(e.getenv) != tt.commit || origin.Actor(e.getenv) != tt.by {
			t.Errorf("%v: commit %q by %q", tt.environment, origin.Commit(e.getenv), origin.Actor(e.getenv))
		}
		q := gateOptions{commit: "mine"}.release(e).Question(&config.Database{})
		if q.Commit != "mine" || q.AskedBy != tt.by {
			t.Errorf("%+v", q)
		}
	}
}
