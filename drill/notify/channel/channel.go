// Package channel delivers messages: to chat and mail, to dead man's switches, to GitHub's
// issues, to Alertmanager and to webhooks. Each file is one kind of receiver.
package channel

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/notify"
)

// Options hold what comes from the process.
type Options struct {
	Version     string // of drillgres
	Environment string // of Sentry; empty: production
}

// Targets returns the receivers of a config that have an address. The others are off.
func Targets(receivers []config.Receiver, o Options) ([]notify.Target, error) {
	targets := make([]notify.Target, 0, len(receivers))
	for _, r := range receivers {
		to, err := open(r, newClient(o.Version, secretsOf(r)))
		if err != nil {
			return nil, fmt.Errorf("notify %s: %w", r.Name, err)
		}
		targets = append(targets, notify.Target{Receiver: r, To: to})
	}
	return targets, nil
}

func open(r config.Receiver, c *client) (notify.Receiver, error) {
	switch r.Kind() {
	case config.KindURL:
		return openChat(r.URL.Reveal(), c)
	case config.KindHealthchecks:
		return openHealthchecks(r.Healthchecks.Reveal(), c), nil
	case config.KindUptimeKuma:
		return openUptimeKuma(r.UptimeKuma.Reveal(), c), nil
	case config.KindSentryCron:
		return sentryCron{c, r.SentryCron.Reveal()}, nil
	case config.KindGitHubIssue:
		return newGitHubIssue(c, *r.GitHubIssue), nil
	case config.KindWebhook:
		return webhook{c, r.Webhook.URL.Reveal(), r.Webhook.Secret.Reveal(), time.Now}, nil
	case config.KindAlertmanager:
		return alertmanager{c, strings.TrimRight(r.Alertmanager.Reveal(), "/")}, nil
	}
	return nil, nil
}

// secretsOf returns what an answer of a receiver may quote of its address, besides the
// address itself.
func secretsOf(r config.Receiver) (secrets []string) {
	var values []config.Value
	values = append(values, r.URL, r.Healthchecks, r.UptimeKuma, r.SentryCron, r.Alertmanager)
	if r.Webhook != nil {
		values = append(values, r.Webhook.URL, r.Webhook.Secret)
	}
	if r.GitHubIssue != nil {
		values = append(values, r.GitHubIssue.Token)
	}
	for _, v := range values {
		secrets = append(secrets, partsOf(v.Reveal())...)
	}
	return secrets
}

// keyedByHost are the schemes of URLs whose host may be a key or a topic instead.
var keyedByHost = []string{"pagerduty", "pushover", "ntfy"}

// partsOf returns a text and, if it is a URL, its parts that are long enough for a token.
func partsOf(text string) (parts []string) {
	const shortest = 8
	parts = append(parts, text)
	u, err := url.Parse(text)
	if err != nil {
		return parts
	}
	pieces := strings.Split(u.Path, "/")
	password, _ := u.User.Password()
	pieces = append(pieces, u.User.Username(), password)
	if u.User != nil { // as it is sent: the header of HTTP, and the logins of SMTP
		user := u.User.Username()
		for _, login := range []string{user + ":" + password, "\x00" + user + "\x00" + password, password} {
			parts = append(parts, base64.StdEncoding.EncodeToString([]byte(login)))
		}
	}
	if key := strings.Trim(u.Path, "/") == "" || u.Scheme == "pushover"; key && slices.Contains(keyedByHost, u.Scheme) {
		pieces = append(pieces, u.Hostname())
	}
	for _, values := range u.Query() {
		pieces = append(pieces, values...)
	}
	for _, piece := range pieces {
		// Slack's tokens are written with hyphens and used as parts of a path.
		for _, part := range append(strings.FieldsFunc(piece, func(r rune) bool { return r == '-' || r == ':' }), piece) {
			if len(part) >= shortest {
				parts = append(parts, part)
			}
		}
	}
	return parts
}
