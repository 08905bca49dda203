package channel

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/drillgres/drillgres/drill/notify"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/redact"
)

// healthchecks pings Healthchecks, hosted or self-hosted: a dead man's switch, which alerts
// also if no drill starts.
type healthchecks struct {
	client *client
	url    string
}

func openHealthchecks(address string, c *client) healthchecks {
	c.refusal = lostPing
	return healthchecks{c, strings.TrimRight(address, "/")}
}

// lostPing returns an error if the service answered 200 and recorded no ping: the hosted one
// answers "OK (not found)" for an address of no check, and "OK (rate limited)".
func lostPing(body []byte) error {
	text := redact.OneLine(string(body))
	if !strings.HasPrefix(text, "OK (") {
		return nil
	}
	err := fmt.Errorf("it recorded no ping%s", quotedBody(body))
	if strings.Contains(text, "rate limited") {
		return err
	}
	return fmt.Errorf("%w (correct the address)%w", err, hidden{errFinal})
}

// Wants reports whether a result is that of a drill. A check must not silence the switch.
func (healthchecks) Wants(kind outcome.Kind) bool { return kind == outcome.KindDrill }

// Start reports that a drill starts.
func (h healthchecks) Start(ctx context.Context, m notify.Message) error {
	return h.ping(ctx, m, "/start", m.Title)
}

// Tell reports how a drill ended, with the end of its report.
func (h healthchecks) Tell(ctx context.Context, m notify.Message) error {
	if m.Event == outcome.EventPassed {
		return h.ping(ctx, m, "", report(m))
	}
	return h.ping(ctx, m, "/fail", report(m))
}

// Test logs a line, which changes no state.
func (h healthchecks) Test(ctx context.Context, m notify.Message) error {
	return h.ping(ctx, m, "/log", m.Report)
}

func (h healthchecks) ping(ctx context.Context, m notify.Message, action, body string) error {
	u, err := url.Parse(h.url)
	if err != nil {
		return h.client.clean(err)
	}
	u = u.JoinPath(action)
	query := u.Query()
	query.Set("rid", runUUID(m))
	u.RawQuery = query.Encode()
	_, err = h.client.do(ctx, request{http.MethodPost, u.String(), map[string]string{"Content-Type": "text/plain; charset=utf-8"}, []byte(body)})
	return err
}

// longestLog is what a self-hosted Healthchecks keeps of a body by default, in bytes.
const longestLog = 10_000

// report returns the title of a message and the end of its report.
func report(m notify.Message) string {
	head := m.Title + "\n\n"
	if m.Link != "" {
		head += m.Link + "\n\n"
	}
	return head + tail(m.Report, longestLog-len(head))
}

// tail returns the end of a text, at most n bytes of it.
func tail(text string, n int) string {
	const cut = "…\n"
	if len(text) <= n {
		return text
	}
	text = text[len(text)-max(n-len(cut), 0):]
	for len(text) > 0 && !utf8.RuneStart(text[0]) {
		text = text[1:]
	}
	if _, whole, found := strings.Cut(text, "\n"); found {
		text = whole
	}
	return cut + text
}

// runUUID returns the id of a drill as a UUID of version 8, with which a receiver pairs
// its start and its end.
func runUUID(m notify.Message) string {
	sum := sha256.Sum256([]byte(m.RunID + "\x00" + m.Database))
	b := sum[:16]
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
