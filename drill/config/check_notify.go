package config

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/words"
)

var receiverName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 _.-]{0,62}$`)

func (l *loader) checkNotify(top *path, c *Config) {
	list := top.key("notify")
	used := map[string]bool{}
	for i := range c.Notify {
		at, r := list.at(i), &c.Notify[i]
		kind := l.checkReceiverKind(at)
		l.checkReceiver(at, r, kind, c)
		name := cmp.Or(r.Name, r.defaultName(kind))
		switch {
		case kind == "":
		case r.Name != "" && !receiverName.MatchString(r.Name):
			l.invalid(at.key("name"), "is not a name (want letters, digits, spaces, _, . and -; at most 63)")
		case used[name]:
			l.invalid(at.key("name"), "duplicate name %s (give each receiver its own name)", quoted(name))
		}
		used[name] = true
	}
	l.checkAlerts(top.key("alerts"), c)
}

// checkReceiverKind returns the only kind that the file gives to a receiver, or an empty
// string.
func (l *loader) checkReceiverKind(at *path) string {
	var all, given []string
	for _, k := range receiverKinds {
		all = append(all, k.kind)
		if l.given(at.key(k.kind)) {
			given = append(given, k.kind)
		}
	}
	if len(given) != 1 {
		l.invalid(at, "has %d of %s (want exactly one)", len(given), strings.Join(all, ", "))
		return ""
	}
	return given[0]
}

func (l *loader) checkReceiver(at *path, r *Receiver, kind string, c *Config) {
	key := at.key(kind)
	switch kind {
	case KindURL:
		if text := r.URL.Reveal(); text != "" {
			l.checkChat(key, text)
		}
	case KindGitHubIssue:
		l.checkGitHubIssue(key, r.GitHubIssue)
	case KindWebhook:
		if w := r.Webhook; w != nil {
			l.checkAddress(key.key("url"), w.URL)
			if w.URL != "" && len(w.Secret) < redact.Shortest {
				l.invalid(key.key("secret"), "is missing or too short (want the secret that signs the requests)")
			}
		}
	case KindHealthchecks:
		l.checkAddress(key, r.Healthchecks)
	case KindUptimeKuma:
		l.checkAddress(key, r.UptimeKuma)
	case KindSentryCron:
		l.checkAddress(key, r.SentryCron)
	case KindAlertmanager:
		l.checkAddress(key, r.Alertmanager)
	}
	l.checkOn(at.key("on"), r.On, kind)
	covered := 0
	for i, name := range r.Databases {
		if _, ok := c.Databases[name]; !ok && len(c.Databases) > 0 {
			l.invalid(at.key("databases").at(i), "no database %s in this file", quoted(name))
		}
	}
	for name := range c.Databases {
		if r.Covers(name) {
			covered++
		}
	}
	if isPing(kind) && covered > 1 {
		l.invalid(at.key("databases"), "%s shows one state, but %s would set it (add a receiver for each, with databases: [NAME])", kind, words.Count(covered, "database"))
	}
}

func (l *loader) checkChat(key *path, text string) {
	kind, err := l.Chats.Find(text)
	if err == nil && kind.Check != nil {
		err = kind.Check(text)
	}
	switch {
	case hasControl(text):
		l.invalid(key, "contains a control character")
	case err != nil:
		l.invalid(key, "%v", err)
	}
}

func (l *loader) checkOn(at *path, on []string, kind string) {
	if !l.given(at) {
		return
	}
	if isPing(kind) {
		l.invalid(at, "has no effect: %s hears of each drill (remove it)", kind)
		return
	}
	var known []string
	for _, e := range outcome.Events {
		if e.IsProblem() || !keepsState(kind) {
			known = append(known, string(e))
		}
	}
	if len(on) == 0 {
		l.invalid(at, "is empty (want some of %s)", strings.Join(known, ", "))
	}
	for i, e := range on {
		switch {
		case slices.Contains(known, e):
		case keepsState(kind) && slices.Contains(outcome.Events, outcome.Event(e)):
			l.invalid(at.at(i), "%s has no effect: %s shows problems, and hears of each pass (want some of %s)", e, kind, strings.Join(known, ", "))
		default:
			l.invalid(at.at(i), "%s is not one of %s", quoted(e), strings.Join(known, ", "))
		}
	}
}

// checkAddress checks the http:// or https:// URL of a receiver, without quoting it.
func (l *loader) checkAddress(at *path, v Value) {
	if v == "" {
		return // it is off
	}
	u, err := url.Parse(v.Reveal())
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		l.invalid(at, "is not an https:// or http:// URL")
	}
}

var repositoryName = regexp.MustCompile(`^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$`)

func (l *loader) checkGitHubIssue(at *path, g *GitHubIssue) {
	if g == nil {
		return
	}
	if !repositoryName.MatchString(g.Repository) {
		l.invalid(at.key("repository"), "is not a repository (want owner/name)")
	}
	if !l.given(at.key("token")) {
		l.invalid(at.key("token"), "is missing (want a token that may write issues)")
	}
	for i, label := range g.Labels {
		if strings.TrimSpace(label) == "" || strings.ContainsRune(label, ',') || hasControl(label) || len(label) > 50 {
			l.invalid(at.key("labels").at(i), "is not a label (want 1 to 50 characters, no commas)")
		}
	}
	if g.API != "" {
		l.checkAddress(at.key("api"), Value(g.API))
	}
}

func (l *loader) checkAlerts(at *path, c *Config) {
	if n := c.Alerts.UnprovedAfter; n < 0 {
		l.invalid(at.key("unproved_after"), "%d is negative", n)
	}
	if !l.given(at.key("digest")) {
		return
	}
	if _, _, err := parseDigest(c.Alerts.Digest); err != nil {
		l.invalid(at.key("digest"), "%s is not a weekday and a time (want monday 08:00)", quoted(c.Alerts.Digest))
		return
	}
	if !slices.ContainsFunc(c.Notify, func(r Receiver) bool { return r.Hears(outcome.EventDigest) }) {
		l.invalid(at.key("digest"), "no receiver is sent it (add digest to the key on of a receiver)")
	}
}
