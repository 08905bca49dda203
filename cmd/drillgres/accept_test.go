package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/record/sqlite"
	"github.com/drillgres/drillgres/fixtures/program"
)

// recorded returns a config whose history contains these drills, one hour apart.
func recorded(t *testing.T, drills ...outcome.Result) (config string) {
	t.Helper()
	config = program.WriteConfig(t, "version: 1\ndatabases:\n  shop: {backup: {from: ./backups}, postgres: {version: \"15\"}}\nrecord: {history: history.db}\n")
	store, err := sqlite.Open(t.Context(), filepath.Join(filepath.Dir(config), "history.db"))
	if err != nil {
		t.Fatal(err)
	}
	h := record.New(store, "history.db")
	defer h.Close()
	for i, r := range drills {
		r.StartedAt = time.Date(2026, 11, 23, i, 0, 0, 0, time.UTC)
		r.Backup.TakenAt = r.StartedAt
		if err := h.Tell(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	return config
}

func ended(id, database string, code outcome.Code) outcome.Result {
	r := outcome.Result{RunID: id, Database: database, Verdict: outcome.VerdictPassed}
	if code != "" {
		f := outcome.Fail(code, "it failed")
		r.Verdict, r.ExitCode, r.Failure = f.Class().Verdict(), f.Class().ExitCode(), f.Report()
	}
	return r
}

// TestAcceptRefuses checks that accept refuses every run that did not fail with
// content_drifted, and names those that did.
func TestAcceptRefuses(t *testing.T) {
	config := recorded(t,
		ended("20261123-000000-aa", "shop", ""), ended("20261123-010000-bb", "shop", outcome.DumpTruncated),
		ended("20261123-020000-cc", "shop", outcome.ContentDrifted), ended("20261123-030000-dd", "shop", outcome.EngineUnreachable),
		ended("20261123-040000-ee", "shop", outcome.ContentDrifted), ended("20261123-040000-ee", "crm", outcome.ContentDrifted),
	)
	for _, c := range []struct {
		args     []string
		err      string
		hint     string
		accepted string
	}{
		{[]string{"20261123-00"}, "run 20261123-000000-aa of shop passed", "drillgres history", ""},
		{[]string{"20261123-01"}, "failed with dump_truncated: only content_drifted can be accepted", "drillgres explain dump_truncated", ""},
		{[]string{"20261123-03"}, "failed with engine_unreachable", "drillgres explain engine_unreachable", ""},
		{[]string{"nosuch"}, `no recorded run begins with "nosuch"`, "20261123-040000-ee of crm, 20261123-040000-ee of shop, 20261123-020000-cc of shop", ""},
		{[]string{"2026"}, `"2026" matches 6 drills`, "enter the whole run id", ""},
		{[]string{"20261123-040000-ee"}, "matches 2 drills", "--database", ""},
		{[]string{"20261123-040000-ee", "--database", "wiki"}, "no recorded run", "none of its runs", ""},
		{[]string{"20261123-04", "--database", "crm"}, "", "", "accepted: run 20261123-040000-ee of crm; the next drill is compared with it"},
		{[]string{"20261123-040000-ee", "--database", "shop"}, "", "", "accepted: run 20261123-040000-ee of shop"},
		{[]string{"20261123-02"}, "", "", "but the next drill is compared with run 20261123-040000-ee, of a newer backup"},
	} {
		args := append([]string{"accept", "--config", config, "--reason", "meant"}, c.args...)
		stdout, exit, stderr := runProgram(t.Context(), args...)
		if c.accepted != "" {
			if exit != 0 || !strings.Contains(stdout, c.accepted) {
				t.Errorf("%q: exit %d, %s%s", c.args, exit, stdout, stderr)
			}
			continue
		}
		complaint, hint, _ := strings.Cut(stderr, "hint: ")
		if exit != 2 || stdout != "" || !strings.Contains(complaint, c.err) || !strings.Contains(hint, c.hint) {
			t.Errorf("%q: exit %d, %s%s", c.args, exit, stdout, stderr)
		}
	}
}

// TestAcceptIsKept checks that the history shows who accepted what, when and why, and that
// the last reason replaces earlier ones.
func TestAcceptIsKept(t *testing.T) {
	t.Setenv("GITHUB_TRIGGERING_ACTOR", "octocat")
	config := recorded(t, ended("first", "shop", ""), ended("second", "shop", outcome.ContentDrifted))
	for _, reason := range []string{"a mistake", "  orders of 2019 are archived\n"} {
		if _, exit, stderr := runProgram(t.Context(), "accept", "second", "--reason", reason, "--config", config); exit != 0 {
			t.Fatalf("exit %d: %s", exit, stderr)
		}
	}
	text, _, _ := runProgram(t.Context(), "history", "--config", config)
	for _, want := range []string{"failed, accepted", "by octocat", "orders of 2019 are archived", "second"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the history:\n%s", want, text)
		}
	}
	if strings.Contains(text, "mistake") || strings.Contains(text, "passed, accepted") {
		t.Errorf("the history:\n%s", text)
	}
	var past historyDocument
	document, _, _ := runProgram(t.Context(), "history", "--config", config, "--format", "json")
	if err := json.Unmarshal([]byte(document), &past); err != nil || len(past.Accepted) != 1 {
		t.Fatalf("%v in %s", err, document)
	}
	if since := time.Since(past.Accepted[0].At); since < 0 || since > time.Hour {
		t.Errorf("accepted at %s", past.Accepted[0].At)
	}
	past.Accepted[0].At = time.Time{}
	want := record.Acceptance{RunID: "second", Database: "shop", Reason: "orders of 2019 are archived", By: "octocat"}
	if diff := cmp.Diff(want, past.Accepted[0]); diff != "" {
		t.Errorf("accepted (-want +got):\n%s", diff)
	}
}

func TestAcceptRefusesABackupSelectedByKey(t *testing.T) {
	drill := ended("20261123-020000-cc", "shop", outcome.ContentDrifted)
	drill.Backup.Chosen = outcome.ChosenKey
	config := recorded(t, drill)
	_, exit, stderr := runProgram(t.Context(), "accept", "20261123-02", "--reason", "meant", "--config", config)
	if exit != 2 || !strings.Contains(stderr, "selected with --backup") || !strings.Contains(stderr, "hint: ") {
		t.Errorf("exit %d: %s", exit, stderr)
	}
}
