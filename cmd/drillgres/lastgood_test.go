package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/lastgood"
	"github.com/drillgres/drillgres/drill/outcome"
)

// searchAt runs last-good in the morning, without a drill. It returns its report.
func searchAt(t *testing.T, config string, args ...string) (r lastgood.Report, exit int) {
	t.Helper()
	stdout, exit, stderr := programAt(t, morning, nil, append([]string{"last-good", "--config", config, "--format", "json", "--max-drills", "0"}, args...)...)
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || r.ExitCode != exit {
		t.Fatalf("exit %d, %v\n%s%s", exit, err, stdout, stderr)
	}
	return r, exit
}

// nightlyBackups writes four backups of the nights before the morning, and their checksums, to
// the source of a config.
func nightlyBackups(t *testing.T, config string) {
	t.Helper()
	folder := filepath.Join(filepath.Dir(config), "backups")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for night := 1; night <= 4; night++ {
		path, written := filepath.Join(folder, fmt.Sprintf("shop-%d.dump", night)), morning.AddDate(0, 0, night-5)
		err := errors.Join(os.WriteFile(path, []byte("dump"), 0o600), os.Chtimes(path, written, written), os.WriteFile(path+".sha256", []byte("sum"), 0o600))
		if err != nil {
			t.Fatal(err)
		}
	}
}

// ofBackup returns a drill of a backup that failed in a stage, or passed if code is empty.
func ofBackup(b lastgood.Backup, code outcome.Code, stage outcome.Stage) outcome.Result {
	var f *outcome.Failure
	if code != "" {
		f = outcome.Fail(code, "%s", code)
		f.Stage = stage
	}
	r := lastNight(b.Key, b.ModifiedAt.Add(time.Hour), f)
	r.Kind, r.Backup = outcome.KindDrill, outcome.Backup{URI: b.URI, SizeBytes: b.SizeBytes, ModifiedAt: b.ModifiedAt}
	if r.Stages = nil; stage == "" || stage == outcome.App {
		r.Stages = []outcome.StageReport{{Stage: outcome.Verify, Status: outcome.StagePassed}}
	}
	return r
}

// TestLastGoodFromTheHistory asks for the answer that drills on record give: no other drill is
// allowed. The newest of four backups is not on record at first.
func TestLastGoodFromTheHistory(t *testing.T) {
	config := recorded(t)
	nightlyBackups(t, config)
	r, _ := searchAt(t, config)
	if len(r.Backups) != 4 {
		t.Fatalf("not four backups: %+v", r.Backups)
	}
	first, second, third, fourth := r.Backups[3], r.Backups[2], r.Backups[1], r.Backups[0]
	for _, tt := range []struct {
		drills []outcome.Result // that are recorded before the search
		args   []string
		answer lastgood.Answer
		exit   int
		backup string
		open   string
	}{
		{nil, nil, lastgood.Unfinished, 5, "", "shop-4.dump shop-3.dump shop-2.dump shop-1.dump"},
		{
			[]outcome.Result{ofBackup(first, "", ""), ofBackup(second, outcome.SmokeFailed, outcome.App), ofBackup(third, outcome.DumpTruncated, outcome.Inspect)},
			nil, lastgood.Unfinished, 5, "shop-2.dump", "shop-4.dump",
		},
		{[]outcome.Result{ofBackup(fourth, outcome.DumpTruncated, outcome.Inspect)}, nil, lastgood.Found, 0, "shop-2.dump", ""},
		{nil, []string{"--since", "2026-11-22"}, lastgood.None, 3, "", ""},
		{nil, []string{"--since", "74h"}, lastgood.Found, 0, "shop-2.dump", ""},
	} {
		tell(t, config, tt.drills...)
		r, exit := searchAt(t, config, tt.args...)
		key := ""
		if r.Backup != nil {
			key = r.Backup.Key
		}
		if r.Answer != tt.answer || exit != tt.exit || key != tt.backup || strings.Join(r.Open, " ") != tt.open {
			t.Errorf("%d drills, %q: exit %d, %s, %q, open %q", len(tt.drills), tt.args, exit, r.Answer, key, r.Open)
		}
	}
	text, exit, _ := programAt(t, morning, nil, "last-good", "shop", "--config", config, "--max-drills", "0")
	words := strings.Join(strings.Fields(text), " ")
	for _, want := range []string{"FOUND shop go back 3d: shop-2.dump is the newest backup", "smoke_failed in app, after it was restored and verified", "next: drillgres run shop --backup shop-2.dump"} {
		if !strings.Contains(words, want) || exit != 0 {
			t.Errorf("exit %d, and the text does not say %q:\n%s", exit, want, text)
		}
	}
	usageOfLastGood(t, config)
}

// usageOfLastGood checks the messages about flags.
func usageOfLastGood(t *testing.T, config string) {
	t.Helper()
	for _, tt := range []struct{ args, want string }{
		{"--since 2026-12-01", "none of 4 backups was written since 2026-12-01T00:00:00Z; the newest, shop-4.dump, was written 2026-11-23T06:00:00Z"},
		{"--since yesterday", `"yesterday" is neither a date nor a duration`},
		{"--max-drills -1", "-1 is not a number of drills"},
		{"crm", `no database "crm"`},
	} {
		stdout, exit, stderr := programAt(t, morning, nil, append([]string{"last-good", "--config", config}, strings.Fields(tt.args)...)...)
		if exit != 2 || stdout != "" || !strings.Contains(stderr, tt.want) || !strings.Contains(stderr, "hint: ") {
			t.Errorf("%s: exit %d\n%s%s", tt.args, exit, stdout, stderr)
		}
	}
}

// TestLastGoodEndsWithTheMachine checks that a search ends at its first drill if there is no
// container engine.
func TestLastGoodEndsWithTheMachine(t *testing.T) {
	config := recorded(t)
	nightlyBackups(t, config)
	stdout, exit, stderr := programAt(t, time.Now(), map[string]string{"DOCKER_HOST": "tcp://127.0.0.1:1"}, "last-good", "--config", config, "--format", "json")
	var r lastgood.Report
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || exit != 5 || r.Drills != 1 || r.Failure == nil || r.Failure.Code != outcome.EngineUnreachable || r.Backup != nil || len(r.Backups) != 4 {
		t.Errorf("exit %d, %v, %+v\n%s", exit, err, r, stderr)
	}
}

// TestLastGoodWithoutItsHistory checks that a history that does not answer costs only the
// known points.
func TestLastGoodWithoutItsHistory(t *testing.T) {
	config := recorded(t)
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	gone := strings.Replace(string(text), "history.db", `"postgres://drill:canary-secret@127.0.0.1:1/ops?connect_timeout=2"`, 1)
	if err := os.WriteFile(config, []byte(gone), 0o600); err != nil {
		t.Fatal(err)
	}
	nightlyBackups(t, config)
	r, exit := searchAt(t, config)
	if exit != 5 || r.Answer != lastgood.Unfinished || len(r.Findings) != 1 || r.Findings[0].Code != "history_unavailable" || strings.Contains(fmt.Sprint(r), "canary") {
		t.Errorf("exit %d, %+v", exit, r)
	}
}
