package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/outcome"
)

const twoDatabases = "version: 1\ndatabases:\n  shop: {backup: {from: x}, postgres: {version: 16}}\n  crm: {backup: {from: x}, postgres: {version: 16}}\n"

// TestNotifyProblems checks that each mistake is a problem at its line that does not
// quote an address.
func TestNotifyProblems(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"wrong scheme":        {"notify:\n  - {url: \"slak://hook:" + canary + "@webhook\"}\n", "drillgres.yaml:6: notify[0].url: unsupported scheme slak://: supported are https, slack (did you mean slack://?)"},
		"no scheme":           {"notify:\n  - {url: " + canary + "}\n", "drillgres.yaml:6: notify[0].url: is not a URL: supported are https, slack"},
		"what the chat says":  {"notify:\n  - {url: \"slack://" + canary + "\"}\n", "drillgres.yaml:6: notify[0].url: has no token"},
		"two kinds":           {"notify:\n  - {url: \"https://" + canary + "\", healthchecks: \"https://" + canary + "\", databases: [shop]}\n", "drillgres.yaml:6: notify[0]: has 2 of url, healthchecks, uptime_kuma, sentry_cron, github_issue, webhook, alertmanager (want exactly one)"},
		"no kind":             {"notify:\n  - {name: ops}\n", "drillgres.yaml:6: notify[0]: has 0 of url, healthchecks, uptime_kuma, sentry_cron, github_issue, webhook, alertmanager (want exactly one)"},
		"not http":            {"notify:\n  - {alertmanager: \"ftp://" + canary + "\"}\n", "drillgres.yaml:6: notify[0].alertmanager: is not an https:// or http:// URL"},
		"no host":             {"notify:\n  - webhook: {url: \"https:///" + canary + "\", secret: " + canary + "}\n", "drillgres.yaml:6: notify[0].webhook.url: is not an https:// or http:// URL"},
		"no secret":           {"notify:\n  - webhook: {url: \"https://h/" + canary + "\"}\n", "drillgres.yaml:6: notify[0].webhook.secret: is missing or too short (want the secret that signs the requests)"},
		"unknown event":       {"notify:\n  - {url: \"https://" + canary + "\", on: [failed, parsed]}\n", "drillgres.yaml:6: notify[0].on[1]: \"parsed\" is not one of failed, unproved, over_budget, recovered, warning, passed, digest"},
		"events of an alert":  {"notify:\n  - {alertmanager: \"https://" + canary + "\", on: [failed, recovered]}\n", "drillgres.yaml:6: notify[0].on[1]: recovered has no effect: alertmanager shows problems, and hears of each pass (want some of failed, unproved, over_budget)"},
		"events of a ping":    {"notify:\n  - {healthchecks: \"https://" + canary + "\", on: [failed], databases: [crm]}\n", "drillgres.yaml:6: notify[0].on: has no effect: healthchecks hears of each drill (remove it)"},
		"unknown database":    {"notify:\n  - {url: \"https://" + canary + "\", databases: [shop, wiki]}\n", "drillgres.yaml:6: notify[0].databases[1]: no database \"wiki\" in this file"},
		"one ping for all":    {"notify:\n  - {healthchecks: \"https://" + canary + "\"}\n", "drillgres.yaml:6: notify[0].databases: healthchecks shows one state, but 2 databases would set it (add a receiver for each, with databases: [NAME])"},
		"duplicate name":      {"notify:\n  - {url: \"https://" + canary + "\"}\n  - {url: \"https://" + canary + "\"}\n", "drillgres.yaml:7: notify[1].name: duplicate name \"https\" (give each receiver its own name)"},
		"repository":          {"notify:\n  - github_issue: {repository: acme, token: " + canary + "}\n", "drillgres.yaml:6: notify[0].github_issue.repository: is not a repository (want owner/name)"},
		"no token":            {"notify:\n  - github_issue: {repository: acme/ops}\n", "drillgres.yaml:6: notify[0].github_issue.token: is missing (want a token that may write issues)"},
		"label":               {"notify:\n  - github_issue: {repository: acme/ops, token: " + canary + ", labels: [\"a,b\"]}\n", "drillgres.yaml:6: notify[0].github_issue.labels[0]: is not a label (want 1 to 50 characters, no commas)"},
		"digest":              {"notify:\n  - {url: \"https://x\", on: [digest]}\nalerts: {digest: mondays 8}\n", "drillgres.yaml:7: alerts.digest: \"mondays 8\" is not a weekday and a time (want monday 08:00)"},
		"a digest for nobody": {"notify:\n  - {url: \"https://x\"}\nalerts: {digest: monday 08:00}\n", "drillgres.yaml:7: alerts.digest: no receiver is sent it (add digest to the key on of a receiver)"},
		"unset variable":      {"notify:\n  - {url: \"${SLACK_URL}\"}\n", "drillgres.yaml:6: notify[0].url: environment variable SLACK_URL is not set (set it, or write ${SLACK_URL:-default})"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := reader(testEnv).Parse("drillgres.yaml", []byte(twoDatabases+c.text))
			var problems Errors
			if !errors.As(err, &problems) || len(problems) != 1 || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), canary) {
				t.Error("the address is in the error")
			}
		})
	}
}

// TestNotifyDefaults checks names, events and the defaults of alerts.
func TestNotifyDefaults(t *testing.T) {
	cfg := parse(t, twoDatabases+`
notify:
  - {url: "slack://hook:T-B-X@webhook"}
  - {name: pager, url: "https://x/y", on: [failed, digest], databases: [shop]}
  - {healthchecks: "https://hc-ping.com/x", databases: [shop]}
  - {github_issue: {repository: acme/ops, token: t0ken}}
  - {name: laptop, url: "${SLACK_URL:-}"}
alerts: {digest: Sunday 23:59, remind: 0s}
`+"")
	var got []string
	for _, r := range cfg.Notify {
		got = append(got, fmt.Sprint(r, " ", r.Hears(outcome.EventFailed), r.Hears(outcome.EventUnproved), r.Hears(outcome.EventPassed), r.Covers("crm"), r.Covers("")))
	}
	want := []string{
		"slack (url) true true false true true", "pager (url) true false false false true", "healthchecks (healthchecks) true true false false true",
		"github_issue (github_issue) true true false true true", "laptop (off) true true false true true",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if day, at, ok := cfg.Alerts.DigestTime(); !ok || day.String() != "Sunday" || at.String() != "23h59m0s" {
		t.Errorf("digest %s %s %t", day, at, ok)
	}
	if cfg.Alerts.Remind != 0 || cfg.Alerts.UnprovedAfter != 2 || cfg.Notify[3].GitHubIssue.Labels[0] != "restore-drill" {
		t.Errorf("%+v", cfg.Alerts)
	}
	if printed := fmt.Sprintf("%v %+v %#v", cfg.Notify, cfg.Notify, cfg.Notify); strings.Contains(printed, "hc-ping") || strings.Contains(printed, "T-B-X") {
		t.Errorf("an address is printed: %s", printed)
	}
}

// TestNotifyOfAnInvalidConfig reads receivers from configs that are invalid elsewhere.
func TestNotifyOfAnInvalidConfig(t *testing.T) {
	const receivers = "notify:\n  - {name: ops, url: \"slack://hook:T-B-X@webhook\"}\n\n# a comment\n  - {name: unset, url: \"${UNSET}\"}\n  - {name: wrong, url: \"slak://x\"}\n  - {healthchecks: \"https://hc-ping.com/x\", databases: [shop]}\n"
	for name, c := range map[string]struct{ before, after, want, history string }{
		"a wrong key":       {"version: 1\ndatabases:\n  shop: {bakup: {from: x}}\n", "", "ops healthchecks | shop | 24h0m0s 2", "/.drillgres/history.db"},
		"an unset variable": {"version: 1\ndatabases:\n  shop: {backup: {from: \"${UNSET}\"}, postgres: {version: 16}}\n", "record: {history: x.db}\nalerts: {remind: 1h}\n", "ops healthchecks | shop | 1h0m0s 2", "/x.db"},
		"no YAML":           {"version: 1\ndatabases: {shop: {backup: {from: x}\n", "record: {history: x}\n", "ops healthchecks |  | 24h0m0s 2", ""},
		"no name":           {"version: 1\ndatabases:\n  shop: {}\n  my shop: {}\n  \"crm\\nX: y\": {}\n", "alerts: {remind: never, unproved_after: 5}\nrecord: {history: \"${UNSET}\"}\n", "ops healthchecks | shop | 24h0m0s 2", ""},
	} {
		file := filepath.Join(t.TempDir(), "drillgres.yaml")
		if err := os.WriteFile(file, []byte(c.before+receivers+c.after), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := reader(testEnv).Load(file); err == nil {
			t.Errorf("%s: the config is valid", name)
		}
		cfg := reader(testEnv).Notify(file)
		var names []string
		for _, r := range cfg.Notify {
			names = append(names, r.Name)
		}
		got := fmt.Sprintf("%s | %s | %s %d", strings.Join(names, " "), strings.Join(cfg.Names(), " "), time.Duration(cfg.Alerts.Remind), cfg.Alerts.UnprovedAfter)
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if history := strings.TrimPrefix(cfg.Record.History.Reveal(), filepath.Dir(file)); history != c.history {
			t.Errorf("%s: the history is %q, want %q", name, history, c.history)
		}
	}
	if cfg := reader(testEnv).Notify("/none"); len(cfg.Notify) != 0 {
		t.Error("receivers of no file")
	}
}
