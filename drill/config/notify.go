package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/place"
)

// Receiver is one place that is notified of drills and checks: exactly one of url,
// healthchecks, uptime_kuma, sentry_cron, github_issue, webhook and alertmanager. One
// whose URL is empty, such as ${SLACK_URL:-}, is off.
type Receiver struct {
	// Name in messages and in the history. Default: its kind.
	Name string `yaml:"name"`
	// Events that it is notified of: failed, unproved, over_budget, recovered, warning, passed, digest. Default: the first five. Of github_issue and alertmanager: the problems that open an issue or an alert, some of the first three.
	On []string `yaml:"on"`
	// Databases that it is notified of. Default: all.
	Databases []string `yaml:"databases"`
	// Chat or mail, such as slack://hook:T-B-X@webhook, discord://token@id, smtp://user:password@host:587/?from=a@b&to=c@d, or the https:// address that Slack, Discord or Teams shows. It is never printed.
	URL Value `yaml:"url"`
	// Ping URL of Healthchecks: start, success, and fail with the end of the report. Drills only.
	Healthchecks Value `yaml:"healthchecks"`
	// Push URL of Uptime Kuma: up or down, with the recovery time as ping. Drills only.
	UptimeKuma Value `yaml:"uptime_kuma"`
	// Check-in URL of a Sentry cron monitor, https://host/api/PROJECT/cron/SLUG/KEY/. Drills only.
	SentryCron Value `yaml:"sentry_cron"`
	// One issue for each database: opened, updated, closed and reopened.
	GitHubIssue *GitHubIssue `yaml:"github_issue"`
	// The JSON result, signed.
	Webhook *Webhook `yaml:"webhook"`
	// Address of an Alertmanager, such as https://alerts.internal. Its alert ends by itself if the next drill does not renew it.
	Alertmanager Value `yaml:"alertmanager"`
}

// GitHubIssue is a repository whose issues show how the databases stand.
type GitHubIssue struct {
	// Repository, as owner/name.
	Repository string `yaml:"repository" jsonschema:"required"`
	// Token that may write issues of the repository.
	Token Value `yaml:"token" jsonschema:"required"`
	// Labels of the issues. The first one is how they are found again. Default: [restore-drill].
	Labels []string `yaml:"labels"`
	// Address of the API of GitHub Enterprise, such as https://github.internal/api/v3. Default: https://api.github.com.
	API Text `yaml:"api"`
}

// Webhook is an address that receives results.
type Webhook struct {
	// Address that receives a POST request. It is never printed.
	URL Value `yaml:"url" jsonschema:"required"`
	// Secret that signs each request with HMAC-SHA256.
	Secret Value `yaml:"secret" jsonschema:"required"`
}

// Alerts says when receivers are notified.
type Alerts struct {
	// When the same problem is sent again. 0 is never. Default: 24h.
	Remind Duration `yaml:"remind"`
	// After how many unproved drills in a row they count as failed. 0 is never. Default: 2.
	UnprovedAfter int `yaml:"unproved_after"`
	// Weekday and time of the weekly digest, such as monday 08:00, in the time zone of the machine that drills. The first run after it sends it. Default: no digest.
	Digest string `yaml:"digest"`
}

// The defaults of alerts.
const (
	defaultRemind        = Duration(24 * time.Hour)
	defaultUnprovedAfter = 2
	defaultLabel         = "restore-drill"
)

// DigestTime returns the weekday and the time of day of the digest, or false if none is
// sent.
func (a Alerts) DigestTime() (day time.Weekday, at time.Duration, ok bool) {
	day, at, err := parseDigest(a.Digest)
	return day, at, err == nil
}

func parseDigest(text string) (day time.Weekday, at time.Duration, err error) {
	name, clock, _ := strings.Cut(strings.ToLower(text), " ")
	for d := time.Sunday; d <= time.Saturday; d++ {
		if name != strings.ToLower(d.String()) {
			continue
		}
		t, err := time.Parse("15:04", clock)
		return d, time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, err
	}
	return 0, 0, errors.New("no weekday")
}

// The kinds of receiver, as their keys in the config.
const (
	KindURL          = "url"
	KindHealthchecks = "healthchecks"
	KindUptimeKuma   = "uptime_kuma"
	KindSentryCron   = "sentry_cron"
	KindGitHubIssue  = "github_issue"
	KindWebhook      = "webhook"
	KindAlertmanager = "alertmanager"
)

// receiverKinds holds each kind with its address in a Receiver, which is nil if the kind
// is not given.
var receiverKinds = []struct {
	kind    string
	address func(*Receiver) *Value
}{
	{KindURL, func(r *Receiver) *Value { return &r.URL }},
	{KindHealthchecks, func(r *Receiver) *Value { return &r.Healthchecks }},
	{KindUptimeKuma, func(r *Receiver) *Value { return &r.UptimeKuma }},
	{KindSentryCron, func(r *Receiver) *Value { return &r.SentryCron }},
	{KindGitHubIssue, func(r *Receiver) *Value {
		if r.GitHubIssue == nil {
			return nil
		}
		return &r.GitHubIssue.Token
	}},
	{KindWebhook, func(r *Receiver) *Value {
		if r.Webhook == nil {
			return nil
		}
		return &r.Webhook.URL
	}},
	{KindAlertmanager, func(r *Receiver) *Value { return &r.Alertmanager }},
}

// Kind returns the kind of a receiver. It is empty if the receiver is off.
func (r *Receiver) Kind() string {
	for _, k := range receiverKinds {
		if address := k.address(r); address != nil && *address != "" {
			return k.kind
		}
	}
	return ""
}

// Hears reports whether a receiver is told of an event.
func (r *Receiver) Hears(e outcome.Event) bool {
	if len(r.On) == 0 {
		return e.IsProblem() || e == outcome.EventRecovered || e == outcome.EventWarning
	}
	return slices.Contains(r.On, string(e))
}

// Covers reports whether a receiver is told of a database.
func (r *Receiver) Covers(database string) bool {
	return database == "" || len(r.Databases) == 0 || slices.Contains(r.Databases, database)
}

// isPing reports whether a kind of receiver has one state, which each drill sets.
func isPing(kind string) bool {
	return kind == KindHealthchecks || kind == KindUptimeKuma || kind == KindSentryCron
}

// keepsState reports whether a kind of receiver shows how a database stands, until it is
// told that it is well.
func keepsState(kind string) bool { return kind == KindGitHubIssue || kind == KindAlertmanager }

// defaultName returns the name of a receiver that has none.
func (r *Receiver) defaultName(kind string) string {
	if scheme := place.Scheme(r.URL.Reveal()); kind == KindURL && scheme != "" {
		return scheme
	}
	return kind
}

// setNotifyDefaults sets the defaults of notify and alerts.
func (l *loader) setNotifyDefaults(top *path, c *Config) {
	alerts := top.key("alerts")
	if !l.given(alerts.key("remind")) {
		c.Alerts.Remind = defaultRemind
	}
	if !l.given(alerts.key("unproved_after")) {
		c.Alerts.UnprovedAfter = defaultUnprovedAfter
	}
	for i := range c.Notify {
		r := &c.Notify[i]
		for _, k := range receiverKinds {
			if l.given(top.key("notify").at(i).key(k.kind)) {
				or(&r.Name, r.defaultName(k.kind))
			}
		}
		if r.GitHubIssue != nil && len(r.GitHubIssue.Labels) == 0 {
			r.GitHubIssue.Labels = []string{defaultLabel}
		}
	}
}

// String describes a receiver without its address.
func (r Receiver) String() string { return fmt.Sprintf("%s (%s)", r.Name, cmp.Or(r.Kind(), "off")) }
