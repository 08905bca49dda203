package channel

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/notify"
	"github.com/drillgres/drillgres/drill/outcome"
)

var update = flag.Bool("update", false, "write the golden files")

// chats holds a URL of each kind, and where its messages must arrive.
var chats = map[string]struct{ url, host, path string }{
	"slack":                {"slack://hook:T00-B00-" + canary2 + "@webhook", "hooks.slack.com", "/services/T00/B00/" + canary2},
	"slack, as it shows":   {"https://hooks.slack.com/services/T00/B00/" + canary2, "hooks.slack.com", "/services/T00/B00/" + canary2},
	"slack bot":            {"slack://xoxb:1-2-" + canary2 + "@C0123", "slack.com", "/api/chat.postMessage"},
	"discord":              {"discord://" + canary2 + "@123", "discord.com", "/api/webhooks/123/" + canary2},
	"discord, as it shows": {"https://discord.com/api/webhooks/123/" + canary2, "discord.com", "/api/webhooks/123/" + canary2},
	"teams":                {"https://prod-1.westeurope.logic.azure.com:443/workflows/1/triggers/manual/paths/invoke?sig=" + canary2, "prod-1.westeurope.logic.azure.com", "/workflows/1/triggers/manual/paths/invoke"},
	"telegram":             {"telegram://123:" + canary2 + "@telegram?chats=-100", "api.telegram.org", "/bot123:" + canary2 + "/sendMessage"},
	"mattermost":           {"mattermost://chat.internal/" + canary2 + "/town-square", "chat.internal", "/hooks/" + canary2},
	"ntfy":                 {"ntfy://:" + canary2 + "@ntfy.internal/drills", "ntfy.internal", "/"},
	"gotify":               {"gotify://push.internal/sub/" + canary2, "push.internal", "/sub/message"},
	"matrix":               {"matrix://:" + canary2 + "@matrix.internal?rooms=!a:matrix.internal", "matrix.internal", "/_matrix/client/v3/rooms/!a:matrix.internal/send/m.room.message/20261124-020000-1f2e3d4c-shop-failed"},
	"pagerduty":            {"pagerduty://events.eu.pagerduty.com/" + canary2, "events.eu.pagerduty.com", "/v2/enqueue"},
	"pushover":             {"pushover://:" + canary2 + "@user", "api.pushover.net", "/1/messages.json"},
}

const canary2 = "Canary90817263"

// TestChats checks where each chat gets what, that it is as before, and that an error
// quotes no token.
func TestChats(t *testing.T) {
	for name, c := range chats {
		t.Run(name, func(t *testing.T) {
			if kind, err := Chats().Find(c.url); err != nil || kind.Check(c.url) != nil {
				t.Fatalf("the config refuses it: %v", err)
			}
			rec := record(t, func(w http.ResponseWriter, _ *http.Request, _ int) { _, _ = w.Write([]byte(`{"ok": true}`)) })
			to := rec.target(t, config.Receiver{URL: config.Value(c.url)})
			mustSend(t, to, message(outcome.EventFailed))
			got := rec.all()[0]
			if host, _, _ := strings.Cut(got.host, ":"); host != c.host || got.path != c.path {
				t.Errorf("it arrived at %s%s", got.host, got.path)
			}
			golden(t, name, got.body)

			rec.answer = func(w http.ResponseWriter, r *http.Request, _ int) {
				http.Error(w, r.URL.Path+canary2, http.StatusBadRequest)
			}
			if err := send(t, to, message(outcome.EventFailed), time.Second); err == nil || strings.Contains(err.Error(), canary2) {
				t.Errorf("error: %v", err)
			}
		})
	}
}

// TestKeysAreHidden checks keys that are the host of a URL, and logins as they are sent, in
// an answer that quotes them.
func TestKeysAreHidden(t *testing.T) {
	const login = "dXNlcjpzM2NyZXQtd29yZA==" // user:s3cret-word
	for text, quoted := range map[string]string{
		"pagerduty://0123456789abcdef":              "0123456789abcdef",
		"pushover://:apptokenapptoken@userkeyuser1": "userkeyuser1 apptokenapptoken",
		"ntfy://sEcretTopic99":                      "sEcretTopic99",
		"ntfy://user:s3cret-word@ntfy.internal/ops": login,
		"https://user:s3cret-word@alerts.internal":  login,
	} {
		rec := record(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
			http.Error(w, "invalid: "+quoted, http.StatusBadRequest)
		})
		receiver := config.Receiver{URL: config.Value(text)}
		if strings.HasPrefix(text, "https") {
			receiver = config.Receiver{Alertmanager: config.Value(text)}
		}
		err := send(t, rec.target(t, receiver), message(outcome.EventFailed), time.Second)
		if err == nil || strings.Trim(strings.TrimPrefix(err.Error(), "it answered 400 Bad Request: invalid:"), " ") != strings.TrimSpace(strings.Repeat("REDACTED ", len(strings.Fields(quoted)))) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// golden compares a body with the file of its name.
func golden(t *testing.T, name, body string) {
	t.Helper()
	var pretty bytes.Buffer
	if json.Indent(&pretty, []byte(body), "", "  ") != nil {
		pretty.Reset()
		pretty.WriteString(body)
	}
	file := filepath.Join("testdata", strings.ReplaceAll(strings.ReplaceAll(name, ",", ""), " ", "_")+".golden")
	if *update {
		if err := os.WriteFile(file, pretty.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), pretty.String()); diff != "" {
		t.Errorf("%s (run with -update if this is intended):\n%s", file, diff)
	}
}

// TestLimits sends texts that are far too long, and whose every character is escaped.
func TestLimits(t *testing.T) {
	long := message(outcome.EventFailed)
	for _, text := range []*string{&long.Title, &long.Meaning, &long.Cause, &long.Hint} {
		*text = strings.Repeat("*<&☃", 5000)
	}
	for i := range 20 {
		long.Facts = append(long.Facts, notify.Fact{Label: fmt.Sprint("fact ", i), Text: strings.Repeat("<&_☃", 1000)})
	}
	sent := func(name string) map[string]any {
		t.Helper()
		rec := record(t, nil)
		mustSend(t, rec.target(t, config.Receiver{URL: config.Value(chats[name].url)}), long)
		body := rec.all()[0].body
		var document map[string]any
		if !utf8.ValidString(body) || json.Unmarshal([]byte(body), &document) != nil {
			t.Errorf("%s: not valid: %.300s", name, body)
		}
		return document
	}
	within := func(what string, value any, most int) {
		t.Helper()
		if n := len([]rune(value.(string))); n > most || n == 0 {
			t.Errorf("%s has %d characters, the limit is %d", what, n, most)
		}
	}
	at := func(node any, keys ...any) any {
		for _, k := range keys {
			switch k := k.(type) {
			case string:
				node = node.(map[string]any)[k]
			case int:
				node = node.([]any)[k]
			}
		}
		return node
	}
	slack := sent("slack")
	within("Slack's header", at(slack, "blocks", 0, "text", "text"), 150)
	within("Slack's section", at(slack, "blocks", 1, "text", "text"), 3000)
	discord := sent("discord")
	within("Discord's title", at(discord, "embeds", 0, "title"), 256)
	within("Discord's description", at(discord, "embeds", 0, "description"), 4096)
	within("Telegram's text", at(sent("telegram"), "text"), 4096)
	within("PagerDuty's summary", at(sent("pagerduty"), "payload", "summary"), 1024)
	within("Mattermost's text", at(sent("mattermost"), "text"), 16383)
	ntfy := sent("ntfy")
	if n := len(at(ntfy, "message").(string)); n > 4096 {
		t.Errorf("ntfy's message has %d bytes", n)
	}
	card, _ := json.Marshal(sent("teams"))
	if len(card) > 28<<10 {
		t.Errorf("Teams' card has %d bytes", len(card))
	}
}

// TestLongDigest sends a digest of many databases: the last ones are dropped, and named.
func TestLongDigest(t *testing.T) {
	for _, name := range []string{"slack", "discord", "telegram", "teams"} {
		m := notify.Message{Event: outcome.EventDigest, Title: "WEEKLY", Meaning: "How the backups stand, the worst first."}
		for i := range 500 {
			m.Facts = append(m.Facts, notify.Fact{Label: fmt.Sprintf("customer_%03d_prod", i), Text: "real RPO 26h 5m, recovery takes 12m30s, last drill passed on 2026-11-24 02:00 UTC"})
		}
		rec := record(t, nil)
		mustSend(t, rec.target(t, config.Receiver{URL: config.Value(chats[name].url)}), m)
		body := rec.all()[0].body
		longest := map[string]int{"slack": 3300, "discord": 4500, "telegram": 4300, "teams": 28 << 10}[name]
		if len([]rune(body)) > longest || !strings.Contains(body, "customer") || !strings.Contains(body, "real RPO 26h 5m, recovery takes 12m") || !strings.Contains(body, "more") || !strings.Contains(body, "drillgres history") {
			t.Errorf("%s: %d characters, which end in %q", name, len([]rune(body)), body[max(0, len(body)-300):])
		}
	}
}

// TestPagerDutyResolves checks that a recovery ends the incident that a failure began.
func TestPagerDutyResolves(t *testing.T) {
	rec := record(t, nil)
	to := rec.target(t, config.Receiver{URL: config.Value(chats["pagerduty"].url)})
	mustSend(t, to, message(outcome.EventFailed))
	mustSend(t, to, message(outcome.EventRecovered))
	if err := to.To.(notify.Resolver).Resolve(t.Context(), message(outcome.EventPassed)); err != nil {
		t.Fatal(err)
	}
	var keys []string
	for i, action := range []string{"trigger", "resolve", "resolve"} {
		var d struct {
			Action string `json:"event_action"`
			Key    string `json:"dedup_key"`
		}
		if err := json.Unmarshal([]byte(rec.all()[i].body), &d); err != nil || d.Action != action {
			t.Errorf("%v: %s", err, rec.all()[i].body)
		}
		keys = append(keys, d.Key)
	}
	if keys[0] != keys[1] || keys[0] != keys[2] || keys[0] != "drillgres/shop/drill" || len(rec.all()) != 3 {
		t.Errorf("keys %q", keys)
	}
}

// TestPagerDutyOfNoDatabase checks that a run of which no database is known has an incident
// of its own, because no drill would resolve it, and that a digest has none.
func TestPagerDutyOfNoDatabase(t *testing.T) {
	rec := record(t, nil)
	to := rec.target(t, config.Receiver{URL: config.Value(chats["pagerduty"].url)})
	for _, event := range []outcome.Event{outcome.EventUnproved, outcome.EventDigest} {
		m := message(event)
		m.Database = ""
		mustSend(t, to, m)
	}
	var d struct {
		Action string `json:"event_action"`
		Key    string `json:"dedup_key"`
	}
	if err := json.Unmarshal([]byte(rec.all()[0].body), &d); err != nil || d.Action != "trigger" || d.Key != "drillgres/run/20261124-020000-1f2e3d4c" || len(rec.all()) != 1 {
		t.Errorf("%v, %d requests: %+v", err, len(rec.all()), d)
	}
}

// TestPagerDutyWarns checks that warnings have an incident of their own, which ends once a
// check has none.
func TestPagerDutyWarns(t *testing.T) {
	rec := record(t, nil)
	to := rec.target(t, config.Receiver{URL: config.Value(chats["pagerduty"].url)})
	m := message(outcome.EventWarning)
	m.Kind, m.Result = outcome.KindCheck, &outcome.Result{Findings: []outcome.Finding{{Code: "bucket_public"}}}
	mustSend(t, to, m)
	m.Event = outcome.EventRecovered // from another problem
	mustSend(t, to, m)
	m.Event, m.Result = outcome.EventPassed, &outcome.Result{}
	mustSend(t, to, m)
	var got []string
	for _, r := range rec.all() {
		var d struct {
			Action  string                    `json:"event_action"`
			Key     string                    `json:"dedup_key"`
			Payload struct{ Severity string } `json:"payload"`
		}
		_ = json.Unmarshal([]byte(r.body), &d)
		got = append(got, d.Action+" "+d.Key+" "+d.Payload.Severity)
	}
	want := []string{"resolve drillgres/shop/check warning", "trigger drillgres/shop/check/warning warning", "resolve drillgres/shop/check info", "resolve drillgres/shop/check info", "resolve drillgres/shop/check/warning info"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestPagerDutyKeepsTheIncident checks that neither a backup that was named by hand nor an
// answer to a release ends the incident of the newest backup.
func TestPagerDutyKeepsTheIncident(t *testing.T) {
	rec := record(t, nil)
	to := rec.target(t, config.Receiver{URL: config.Value(chats["pagerduty"].url)})
	to.On = []string{"failed", "recovered", "passed"}
	n := &notify.Notifier{Targets: []notify.Target{to}, Now: func() time.Time { return night }}
	r := outcome.Result{Kind: outcome.KindDrill, RunID: "a", Database: "shop", Verdict: outcome.VerdictPassed}
	byHand, rehearsal, answer := r, r, r
	byHand.Backup.Chosen = outcome.ChosenKey
	rehearsal.Gate = &outcome.Gate{Decision: outcome.Go}
	answer.Kind, answer.Verdict, answer.Gate = outcome.KindAnswer, outcome.VerdictUnproved, rehearsal.Gate
	for _, aside := range []outcome.Result{byHand, rehearsal, answer} {
		if err := n.Tell(t.Context(), aside); err != nil || len(rec.all()) > 0 {
			t.Fatalf("%v, %v", err, rec.all())
		}
	}
	if err := n.Tell(t.Context(), r); err != nil || len(rec.all()) != 1 || !strings.Contains(rec.all()[0].body, `"resolve"`) {
		t.Errorf("%v, %v", err, rec.all())
	}
}

// TestPagerDutyHosts checks the three ways to write a key.
func TestPagerDutyHosts(t *testing.T) {
	for text, want := range map[string]string{
		"pagerduty://key": "https://events.pagerduty.com/v2/enqueue", "pagerduty:///key": "https://events.pagerduty.com/v2/enqueue",
		"pagerduty://events.eu.pagerduty.com/key": "https://events.eu.pagerduty.com/v2/enqueue",
	} {
		to, err := openChat(text, newClient("", nil))
		if p, ok := to.(pagerDuty); err != nil || !ok || p.url != want || p.key != "key" {
			t.Errorf("%s: %+v, %v", text, to, err)
		}
	}
}

// TestEachChat checks that a chat or a room that is gone does not silence the others.
func TestEachChat(t *testing.T) {
	for text, gone := range map[string]string{
		"telegram://123:" + canary2 + "@telegram?chats=-100, @ops":             `"chat_id":"-100"`,
		"matrix://:" + canary2 + "@matrix.internal?rooms=!gone:m.org,!b:m.org": "/rooms/!gone:m.org/",
	} {
		rec := record(t, nil)
		rec.answer = func(w http.ResponseWriter, r *http.Request, n int) {
			if strings.Contains(rec.all()[n-1].body+r.URL.Path, gone) {
				http.Error(w, "bot was kicked "+canary2, http.StatusForbidden)
			}
		}
		err := send(t, rec.target(t, config.Receiver{URL: config.Value(text)}), message(outcome.EventFailed), 5*time.Second)
		if err == nil || !strings.HasPrefix(err.Error(), "1 of 2: it answered 403 Forbidden: bot was kicked REDACTED") || len(rec.all()) != 2 {
			t.Errorf("%s: %d requests, %v", text, len(rec.all()), err)
		}
	}
}

// TestSlackBotRefused checks that Slack's errors are seen, which come with status 200.
func TestSlackBotRefused(t *testing.T) {
	rec := record(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		_, _ = w.Write([]byte(`{"ok":false,"error":"channel_not_found"}`))
	})
	err := send(t, rec.target(t, config.Receiver{URL: config.Value(chats["slack bot"].url)}), message(outcome.EventFailed), time.Second)
	if err == nil || !strings.Contains(err.Error(), "channel_not_found") {
		t.Error(err)
	}
}

// TestChatURLs checks what the config says about URLs that cannot be used, without
// quoting them.
func TestChatURLs(t *testing.T) {
	for text, want := range map[string]string{
		"slack://" + canary2:                               "has no token (want slack://hook:T-B-X@webhook",
		"discord://123":                                    "has no token or id",
		"telegram://1:" + canary2 + "@telegram":            "has no token or chats",
		"https://example.com/" + canary2:                   "is not a webhook of Slack, Discord or Teams (for another address, use the key webhook)",
		"https://notdiscord.com/api/webhooks/1/" + canary2: "is not a webhook of Slack, Discord or Teams",
		"https://acme.webhook.office.com/" + canary2:       "which Microsoft has retired",
		"smtp://user:" + canary2 + "@h/?from=a@b":          "has no host, from or to",
		"smtp://user:" + canary2 + "@h/?from=a&to=c@d":     "has a from or to that is not an address",
		"smtp://u:" + canary2 + "/x@h/":                    "percent-encode",
		"matrix://u:" + canary2 + "@h?rooms=!a":            "has no access token or rooms",
		"ntfy://h/a/b":                                     "has no topic",
		"gotify://h":                                       "has no host or token",
		"pushover://x":                                     "has no token or user",
		"mattermost://h":                                   "has no host or token",
	} {
		kind, err := Chats().Find(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := kind.Check(text); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), canary2) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
