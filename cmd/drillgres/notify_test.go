package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/record/sqlite"
	"github.com/drillgres/drillgres/fixtures/program"
)

// listener records the requests to a receiver, as method, path and a part of the body.
type listener struct {
	*httptest.Server
	mu  sync.Mutex
	got []string
}

func listen(t *testing.T) *listener {
	t.Helper()
	l := &listener{}
	l.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, title, _ := strings.Cut(string(body), `"title":"`)
		title, _, _ = strings.Cut(title, `"`)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.got = append(l.got, strings.TrimSpace(r.URL.Path+" "+title))
	}))
	t.Cleanup(l.Close)
	return l
}

func (l *listener) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	got := l.got
	l.got = nil
	return got
}

// TestNotifyTest sends test messages, one of which cannot be delivered.
func TestNotifyTest(t *testing.T) {
	l := listen(t)
	config := program.WriteConfig(t, "version: 1\ndatabases:\n  shop: {backup: {from: .}, postgres: {version: \"15\"}}\nnotify:\n"+
		"  - {name: ops, webhook: {url: \""+l.URL+"/hook\", secret: s3cret}}\n  - {healthchecks: \""+l.URL+"/ping\"}\n"+
		"  - {name: dead, alertmanager: \"http://127.0.0.1:1/"+"canary-4711\"}\n  - {name: laptop, url: \"${SLACK_URL:-}\"}\n")
	stdout, exit, stderr := programAt(t, morning, nil, "notify", "test", "--config", config, "ops", "healthchecks", "laptop")
	want := "ok   ops           webhook took the message\nok   healthchecks  healthchecks took the message\noff  laptop        its address is empty\n"
	if diff := cmp.Diff(want, stdout); diff != "" || exit != 0 {
		t.Errorf("exit %d: %s%s", exit, stderr, diff)
	}
	if got := strings.Join(l.take(), ", "); got != "/hook TEST drillgres can reach you, /ping/log" && got != "/ping/log, /hook TEST drillgres can reach you" {
		t.Errorf("arrived: %s", got)
	}
	stdout, exit, _ = programAt(t, morning, nil, "notify", "test", "--config", config, "dead")
	if exit != 7 || !strings.HasPrefix(stdout, "WRONG  dead  notify dead: ") || !strings.Contains(stdout, "connection refused") || strings.Contains(stdout, "canary") {
		t.Errorf("exit %d: %s", exit, stdout)
	}
	if _, exit, stderr = programAt(t, morning, nil, "notify", "test", "--config", config, "opps"); exit != 2 || !strings.Contains(stderr, "choose from: ops") {
		t.Errorf("exit %d: %s", exit, stderr)
	}
	without := program.WriteConfig(t, "version: 1\ndatabases:\n  shop: {backup: {from: .}, postgres: {version: \"15\"}}\n")
	if _, exit, stderr = programAt(t, morning, nil, "notify", "test", "--config", without); exit != 2 || !strings.Contains(stderr, "has no receivers") {
		t.Errorf("exit %d: %s", exit, stderr)
	}
}

// TestCheckIsTold checks a source that is empty, for two days, and then has a backup.
func TestCheckIsTold(t *testing.T) {
	l := listen(t)
	config := program.WriteConfig(t, "version: 1\ndatabases:\n  shop: {backup: {from: ./backups}, postgres: {version: \"15\"}}\n"+
		"record: {history: history.db}\nnotify:\n  - {webhook: {url: \""+l.URL+"\", secret: s3cret}}\n  - {healthchecks: \""+l.URL+"/ping\"}\n")
	folder := filepath.Join(filepath.Dir(config), "backups")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	history := filepath.Join(filepath.Dir(config), "history.db")
	check := func(after time.Duration, exit int, want ...string) {
		t.Helper()
		stdout, got, stderr := programAt(t, morning.Add(after), map[string]string{"BUILD_URL": "https://ci.example/1"}, "check", "--config", config)
		if got != exit {
			t.Errorf("exit %d, want %d: %s%s", got, exit, stdout, stderr)
		}
		if diff := cmp.Diff(want, l.take()); diff != "" { // no ping: a check is not a drill
			t.Error(diff)
		}
	}
	check(0, 3, "/ FAILED shop: backup_missing (check)")
	check(0, 3, "/ FAILED shop: backup_missing (check)") // nothing is known of the first one
	if _, err := os.Stat(history); err == nil {
		t.Error("a check creates the history, whose owner may be another user than the one who drills")
	}
	emptyHistory(t, history)
	check(0, 3, "/ FAILED shop: backup_missing (check)")
	check(time.Hour, 3)
	check(24*time.Hour, 3, "/ STILL FAILED shop: backup_missing (check)")
	if err := os.WriteFile(filepath.Join(folder, "shop.sql"), []byte("--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version 15.18\n-- Dumped by pg_dump version 15.18\n\nSET x = 1;\n\n--\n-- PostgreSQL database dump complete\n--\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	check(48*time.Hour, 0, "/ RECOVERED shop (check)")
	check(72*time.Hour, 0)
	l.Close()
	if err := os.Remove(filepath.Join(folder, "shop.sql")); err != nil {
		t.Fatal(err)
	}
}

// emptyHistory creates a history without drills.
func emptyHistory(t *testing.T, path string) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	h := record.New(store, "history.db")
	defer h.Close()
	if err := h.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestBrokenConfigIsTold runs with configs that are invalid, and on a machine without an
// engine.
func TestBrokenConfigIsTold(t *testing.T) {
	l := listen(t)
	receivers := "notify:\n  - {webhook: {url: \"" + l.URL + "\", secret: s3cret}}\n  - {healthchecks: \"" + l.URL + "/ping\"}\n"
	run := func(text string, args ...string) (exit int, stderr string, got []string) {
		config := filepath.Join(t.TempDir(), "drillgres.yaml")
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, exit, stderr = programAt(t, morning, map[string]string{"DOCKER_HOST": "unix:///nowhere/docker.sock", "HOME": t.TempDir()}, append(args, "--config", config)...)
		got = l.take()
		slices.Sort(got)
		return exit, stderr, got
	}
	const sound = "version: 1\nwork: {dir: work}\nrecord: {history: history.db}\ndatabases:\n  shop: {backup: {from: .}, postgres: {version: \"15\"}}\n"
	for name, c := range map[string]struct {
		text, command string
		exit          int
		want          []string
		stderr        string
	}{
		"a wrong key":        {"version: 1\ndatabases:\n  shop: {bakup: x}\n" + receivers, "run", 2, []string{"/ UNPROVED shop: config_invalid", "/ping/fail"}, "bakup"},
		"a duplicate key":    {sound + "work: {}\n" + receivers, "run", 2, []string{"/ UNPROVED shop: config_invalid", "/ping/fail"}, "duplicate key"},
		"two databases":      {"version: 2\ndatabases:\n  shop: {}\n  crm: {}\n" + strings.ReplaceAll(receivers, "/ping\"", "/ping\", databases: [shop]"), "run", 2, []string{"/ UNPROVED crm, shop: config_invalid", "/ping/fail"}, "version 2"},
		"a check":            {"version: 2\ndatabases: {shop: {}}\n" + receivers, "check", 2, []string{"/ UNPROVED shop: config_invalid (check)"}, "version 2"},
		"a release":          {"version: 2\ndatabases: {shop: {}}\n" + receivers, "gate", 2, []string{"/ UNPROVED shop: config_invalid (release: unknown)"}, "version 2"},
		"no YAML":            {"version: {\n" + receivers, "run", 2, []string{"/ UNPROVED all databases: config_invalid", "/ping/fail"}, "YAML"},
		"nobody can be told": {"version: 2\nnotify:\n  - {url: \"${UNSET}\"}\n", "run", 2, nil, "warning: nobody was told of this"},
		"no receivers":       {"version: 2\n", "run", 2, nil, ""},
		"another command":    {"version: 2\n" + receivers, "history", 2, nil, ""},
		"an unknown name":    {sound + receivers, "run shopold", 2, []string{"/ UNPROVED drillgres: config_invalid"}, "choose from: shop"},
		"no migrations": {
			strings.Replace(sound, "\"15\"}}", "\"15\"}, app: {image: a, candidate: b}, migrate: {sql: none/*.sql}}", 1) + receivers, "run", 2,
			[]string{"/ UNPROVED shop: config_invalid", "/ping/fail"},
			"none/*.sql",
		},
		"no release":        {sound + receivers, "gate", 2, []string{"/ UNPROVED shop: config_invalid (release: unknown)"}, "has no app"},
		"no engine":         {sound + receivers, "run", 5, []string{"/ UNPROVED shop: engine_unreachable", "/ping/fail", "/ping/start"}, ""},
		"no work directory": {strings.Replace(sound, "work}", "drillgres.yaml/w}", 1) + receivers, "run", 5, []string{"/ UNPROVED shop: work_dir_unusable", "/ping/fail"}, "work.dir"},
		"a foreign history": {strings.Replace(sound, "history.db", ".", 1) + receivers, "run", 2, []string{"/ UNPROVED shop: config_invalid", "/ping/fail"}, "record.history"},
	} {
		t.Run(name, func(t *testing.T) {
			exit, stderr, got := run(c.text, strings.Fields(c.command)...)
			if exit != c.exit || !strings.Contains(stderr, c.stderr) || c.stderr == "" && strings.Contains(stderr, "nobody") {
				t.Errorf("exit %d, want %d: %s", exit, c.exit, stderr)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestBrokenConfigIsRemembered runs every hour with a config that is invalid, and has a
// history.
func TestBrokenConfigIsRemembered(t *testing.T) {
	l := listen(t)
	config := program.WriteConfig(t, "version: 2\ndatabases: {shop: {}}\nrecord: {history: history.db}\nalerts: {unproved_after: 0}\nnotify:\n  - {webhook: {url: \""+l.URL+"\", secret: s3cret}}\n")
	emptyHistory(t, filepath.Join(filepath.Dir(config), "history.db"))
	for hour := range 24 {
		if _, exit, stderr := programAt(t, morning.Add(time.Duration(hour)*time.Hour), nil, "run", "--config", config); exit != 2 {
			t.Errorf("exit %d: %s", exit, stderr)
		}
	}
	if diff := cmp.Diff([]string{"/ UNPROVED shop: config_invalid", "/ STILL UNPROVED shop: config_invalid"}, l.take()); diff != "" {
		t.Error(diff)
	}
}
