package channel

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/notify"
	"github.com/drillgres/drillgres/drill/outcome"
)

const canary = "canary-90817263"

// received is a request as it arrived.
type received struct {
	method, host, path string
	query              url.Values
	header             http.Header
	body               string
}

// recorder is a server that records what arrives and answers as told.
type recorder struct {
	*httptest.Server
	mu       sync.Mutex
	requests []received
	answer   func(w http.ResponseWriter, r *http.Request, n int) // n counts from 1; nil: 200
}

func record(t *testing.T, answer func(w http.ResponseWriter, r *http.Request, n int)) *recorder {
	t.Helper()
	rec := &recorder{answer: answer}
	handle := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		rec.mu.Lock()
		rec.requests = append(rec.requests, received{r.Method, r.Host, r.URL.Path, r.URL.Query(), r.Header, string(body)})
		n := len(rec.requests)
		rec.mu.Unlock()
		if rec.answer != nil {
			rec.answer(w, r, n)
		}
	})
	rec.Server = httptest.NewTLSServer(handle)
	t.Cleanup(rec.Close)
	return rec
}

func (r *recorder) all() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.requests)
}

// target returns the receiver of a config whose requests all arrive at the recorder,
// whatever their host.
func (r *recorder) target(t *testing.T, receiver config.Receiver) notify.Target {
	t.Helper()
	targets, err := Targets([]config.Receiver{receiver}, Options{Version: "1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	c := clientOf(targets[0].To)
	c.pause, c.attempt = 10*time.Millisecond, 2*time.Second
	c.http.Transport = &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, r.Listener.Addr().String())
		},
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // of this test's own server
	}
	return targets[0]
}

func clientOf(r notify.Receiver) *client {
	switch r := r.(type) {
	case healthchecks:
		return r.client
	case uptimeKuma:
		return r.client
	case sentryCron:
		return r.client
	case githubIssue:
		return r.client
	case webhook:
		return r.client
	case alertmanager:
		return r.client
	case slack:
		return r.client
	case mattermost:
		return r.client
	case discord:
		return r.client
	case teams:
		return r.client
	case telegram:
		return r.client
	case ntfy:
		return r.client
	case gotify:
		return r.client
	case matrix:
		return r.client
	case pagerDuty:
		return r.client
	case pushover:
		return r.client
	case mailbox:
		return r.client
	}
	panic(fmt.Sprintf("%T", r))
}

var night = time.Date(2026, 11, 24, 2, 5, 0, 0, time.UTC)

// hostile is text that would be formatted, linked or a mention, if it was not escaped.
const hostile = "<!channel> @everyone *bold* _it_ `x` ```y``` [a](http://evil.example) <b>&amp; #1 ~s~ \\n"

// message returns one about a failed drill, whose texts are hostile.
func message(event outcome.Event) notify.Message {
	r := outcome.Result{SchemaVersion: 1, Kind: outcome.KindDrill, RunID: "20261124-020000-1f2e3d4c", Database: "shop", Verdict: outcome.VerdictFailed}
	r.Times.Total = 12.5
	m := notify.Message{
		Event: event, RunID: r.RunID, Database: "shop", Kind: outcome.KindDrill, At: night, Next: night.Add(30 * time.Hour),
		Title: "RECOVERED shop", Meaning: "the backup restores", Link: "https://ci.example/runs/1?a=1&b=2", Result: &r, Report: "PASSED  shop\n", Recovery: 42.5,
		Facts: []notify.Fact{{Label: "real RPO", Text: "2h 5m"}, {Label: "backup", Text: "s3://acme/shop_*.dump"}},
	}
	if event.IsProblem() {
		m.Title, m.Meaning, m.Code = "FAILED shop: dump_truncated", "the backup cannot be relied on: dump_truncated in inspect", outcome.DumpTruncated
		m.Cause, m.Hint, m.Recovery = "the dump ends early "+hostile, "look at the backup job", 0
		m.Report = "FAILED  shop\n" + strings.Repeat("a line of the report ☃\n", 1000)
	}
	return m
}

func send(t *testing.T, to notify.Target, m notify.Message, within time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	return to.To.Tell(ctx, m)
}

func mustSend(t *testing.T, to notify.Target, m notify.Message) {
	t.Helper()
	if err := send(t, to, m, 10*time.Second); err != nil {
		t.Fatal(err)
	}
}

// TestRetries checks what is tried again, and how often.
func TestRetries(t *testing.T) {
	status := func(codes ...int) func(http.ResponseWriter, *http.Request, int) {
		return func(w http.ResponseWriter, _ *http.Request, n int) {
			if code := codes[min(n, len(codes))-1]; code == 0 {
				panic(http.ErrAbortHandler) // it closes the connection
			} else {
				http.Error(w, "the reason, and "+canary, code)
			}
		}
	}
	for name, c := range map[string]struct {
		answer   func(http.ResponseWriter, *http.Request, int)
		requests int
		err      string
	}{
		"it works":             {status(200), 1, ""},
		"an error that passes": {status(503, 500, 200), 3, ""},
		"it closes early":      {status(0, 200), 2, ""},
		"it took the message and closes early": {func(w http.ResponseWriter, _ *http.Request, _ int) {
			w.Header().Set("Content-Length", "10")
			_, _ = w.Write([]byte("ok"))
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, 1, ""},
		"not found": {status(404), 1, "it answered 404 Not Found: the reason, and REDACTED"},
		"too many, a moment": {func(w http.ResponseWriter, r *http.Request, n int) {
			w.Header().Set("Retry-After", "0")
			status(429, 200)(w, r, n)
		}, 2, ""},
		"too many, for an hour": {func(w http.ResponseWriter, r *http.Request, n int) {
			w.Header().Set("Retry-After", "3600")
			status(429)(w, r, n)
		}, 1, "it answered 429 Too Many Requests: the reason, and REDACTED, and no time is left for another attempt"},
		"another host": {func(w http.ResponseWriter, r *http.Request, _ int) {
			http.Redirect(w, r, "https://other.example/"+canary, http.StatusTemporaryRedirect)
		}, 1, "it redirects to https://other.example, which is not followed (correct the address)"},
		"a later time as a date": {func(w http.ResponseWriter, r *http.Request, n int) {
			w.Header().Set("Retry-After", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
			status(503)(w, r, n)
		}, 1, "no time is left"},
	} {
		t.Run(name, func(t *testing.T) {
			rec := record(t, c.answer)
			to := rec.target(t, config.Receiver{Webhook: &config.Webhook{URL: "https://hooks.internal/" + canary, Secret: "s3cret"}})
			err := send(t, to, message(outcome.EventFailed), 3*time.Second)
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) || len(rec.all()) != c.requests {
				t.Errorf("%d requests, %v; want %d, %q", len(rec.all()), err, c.requests, c.err)
			}
			if err != nil && strings.Contains(err.Error(), canary) {
				t.Errorf("a secret is in %v", err)
			}
		})
	}
}

// TestHangs checks that a server that does not answer is given up at the deadline.
func TestHangs(t *testing.T) {
	release := make(chan struct{})
	rec := record(t, func(http.ResponseWriter, *http.Request, int) { <-release })
	defer close(release)
	to := rec.target(t, config.Receiver{Healthchecks: "https://hc.internal/" + canary})
	began := time.Now()
	err := send(t, to, message(outcome.EventFailed), time.Second)
	if took := time.Since(began); err == nil || took > 3*time.Second || strings.Contains(err.Error(), canary) || !strings.Contains(err.Error(), "did not answer in time") {
		t.Errorf("after %s: %v", took, err)
	}
}

// TestNobodyListens checks the error of an address without a server.
func TestNobodyListens(t *testing.T) {
	targets, err := Targets([]config.Receiver{{Alertmanager: "http://user:" + canary + "@127.0.0.1:1/" + canary}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	clientOf(targets[0].To).pause = time.Millisecond
	if err := send(t, targets[0], message(outcome.EventFailed), 500*time.Millisecond); err == nil || strings.Contains(err.Error(), canary) || !strings.Contains(err.Error(), "connection refused") {
		t.Error(err)
	}
}

func TestWebhook(t *testing.T) {
	rec := record(t, nil)
	mustSend(t, rec.target(t, config.Receiver{Webhook: &config.Webhook{URL: "https://h/x", Secret: "s3cret"}}), message(outcome.EventFailed))
	r := rec.all()[0]
	if want := "sha256=" + signature("s3cret", r.header.Get("Drillgres-Timestamp"), []byte(r.body)); r.header.Get("Drillgres-Signature") != want {
		t.Errorf("signature %q, want %q", r.header.Get("Drillgres-Signature"), want)
	}
	var d delivery
	if err := json.Unmarshal([]byte(r.body), &d); err != nil || d.Event != outcome.EventFailed || d.Result.RunID != d.RunID || d.RunID != "20261124-020000-1f2e3d4c" {
		t.Errorf("%v: %s", err, r.body)
	}
	if r.header.Get("Idempotency-Key") != "20261124-020000-1f2e3d4c/shop/failed" || r.header.Get("User-Agent") != "drillgres/1.2.3" {
		t.Errorf("headers %v", r.header)
	}
}

// TestSignature compares a signature with that of another program:
//
//	printf '1764000000.{}' | openssl dgst -sha256 -hmac s3cret
func TestSignature(t *testing.T) {
	const want = "6850ae36adb3d514d560e4f72b01d4ed2cd2e5702a042a7728aa7c2d94d2d1cb"
	if got := signature("s3cret", "1764000000", []byte("{}")); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestHealthchecks(t *testing.T) {
	rec := record(t, nil)
	to := rec.target(t, config.Receiver{Healthchecks: "https://hc-ping.com/key/slug?create=1"})
	if err := to.To.(notify.Starter).Start(t.Context(), message(outcome.EventPassed)); err != nil {
		t.Fatal(err)
	}
	mustSend(t, to, message(outcome.EventPassed))
	mustSend(t, to, message(outcome.EventFailed))
	mustSend(t, to, message(outcome.EventUnproved))
	if err := to.To.(notify.Tester).Test(t.Context(), message(outcome.EventPassed)); err != nil {
		t.Fatal(err)
	}
	var paths []string
	rid := rec.all()[0].query.Get("rid")
	for _, r := range rec.all() {
		paths = append(paths, r.path)
		if r.query.Get("rid") != rid || r.query.Get("create") != "1" || len(rid) != 36 {
			t.Errorf("query %v", r.query)
		}
	}
	if got := strings.Join(paths, " "); got != "/key/slug/start /key/slug /key/slug/fail /key/slug/fail /key/slug/log" {
		t.Errorf("paths %s", got)
	}
	body := rec.all()[2].body
	if len(body) > 10_000 || len(body) < 9_900 || !utf8.ValidString(body) || !strings.HasPrefix(body, "FAILED shop: dump_truncated\n") || !strings.HasSuffix(body, "a line of the report ☃\n") {
		t.Errorf("a body of %d bytes: %.200s", len(body), body)
	}
}

func TestUptimeKuma(t *testing.T) {
	rec := record(t, nil)
	to := rec.target(t, config.Receiver{UptimeKuma: "https://kuma.internal/api/push/TOKEN?status=up&msg=OK&ping="})
	mustSend(t, to, message(outcome.EventPassed))
	mustSend(t, to, message(outcome.EventFailed))
	for i, want := range []string{"msg=RECOVERED+shop&ping=42500&status=up", "msg=FAILED+shop%3A+dump_truncated&ping=&status=down"} {
		if r := rec.all()[i]; r.method != "GET" || r.path != "/api/push/TOKEN" || r.query.Encode() != want {
			t.Errorf("%s %s %s", r.method, r.path, r.query.Encode())
		}
	}
}

// TestLostPings checks that a ping which a service answers with 200 and does not record is
// not delivered.
func TestLostPings(t *testing.T) {
	for name, c := range map[string]struct {
		to       config.Receiver
		answer   string // the first one; the second one is OK
		requests int
		err      string
	}{
		"no check":     {config.Receiver{Healthchecks: "https://hc-ping.com/" + canary}, "OK (not found)", 1, "it recorded no ping: OK (not found) (correct the address)"},
		"any reason":   {config.Receiver{Healthchecks: "https://hc-ping.com/" + canary}, "OK (" + canary + ")", 1, "it recorded no ping: OK (REDACTED) (correct the address)"},
		"too many":     {config.Receiver{Healthchecks: "https://hc-ping.com/" + canary}, "OK (rate limited)", 2, ""},
		"it works":     {config.Receiver{Healthchecks: "https://hc-ping.com/" + canary}, "OK", 1, ""},
		"no monitor":   {config.Receiver{UptimeKuma: "https://kuma.internal/api/push/" + canary}, `{"ok": false, "msg": "Monitor not found"}`, 1, `it refused the push: {"ok": false, "msg": "Monitor not found"}`},
		"it is pushed": {config.Receiver{UptimeKuma: "https://kuma.internal/api/push/" + canary}, `{"ok":true}`, 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			rec := record(t, func(w http.ResponseWriter, _ *http.Request, n int) {
				_, _ = io.WriteString(w, []string{c.answer, "OK"}[min(n, 2)-1])
			})
			err := send(t, rec.target(t, c.to), message(outcome.EventFailed), 3*time.Second)
			if text := fmt.Sprint(err); (err == nil) != (c.err == "") || err != nil && text != c.err || len(rec.all()) != c.requests {
				t.Errorf("%d requests, %v; want %d, %q", len(rec.all()), err, c.requests, c.err)
			}
		})
	}
	rec := record(t, func(w http.ResponseWriter, _ *http.Request, _ int) { _, _ = io.WriteString(w, "OK (not found)") })
	if rec.target(t, config.Receiver{Healthchecks: "https://hc-ping.com/x"}).To.(notify.Tester).Test(t.Context(), message(outcome.EventPassed)) == nil {
		t.Error("notify test succeeds")
	}
}

func TestSentryCron(t *testing.T) {
	rec := record(t, nil)
	to := rec.target(t, config.Receiver{SentryCron: "https://sentry.internal/api/1/cron/drill/KEY/"})
	if err := to.To.(notify.Starter).Start(t.Context(), notify.Message{RunID: "20261124-020000-1f2e3d4c", Database: "shop"}); err != nil {
		t.Fatal(err)
	}
	mustSend(t, to, message(outcome.EventPassed))
	mustSend(t, to, message(outcome.EventUnproved))
	if got := rec.all()[1].query.Get("duration"); got != "12.500" {
		t.Errorf("a duration of %s, want 12.5 seconds", got)
	}
	id := rec.all()[0].query.Get("check_in_id")
	for i, want := range []string{"in_progress", "ok", "error"} {
		r := rec.all()[i]
		if r.query.Get("status") != want || r.query.Get("check_in_id") != id || r.query.Get("environment") != "production" || r.path != "/api/1/cron/drill/KEY/" {
			t.Errorf("%s %v", r.path, r.query)
		}
	}
}

func TestAlertmanager(t *testing.T) {
	rec := record(t, nil)
	to := rec.target(t, config.Receiver{Alertmanager: "https://user:pass@alerts.internal/am/"})
	mustSend(t, to, message(outcome.EventFailed))
	mustSend(t, to, message(outcome.EventPassed))
	var first, second []alert
	for i, into := range []*[]alert{&first, &second} {
		r := rec.all()[i]
		if err := json.Unmarshal([]byte(r.body), into); err != nil || r.path != "/am/api/v2/alerts" || r.header.Get("Authorization") == "" {
			t.Fatalf("%v, %s: %s", err, r.path, r.body)
		}
	}
	if !first[0].StartsAt.Equal(night) || !first[0].EndsAt.Equal(night.Add(30*time.Hour)) || first[0].Annotations["code"] != "dump_truncated" || first[0].Labels["database"] != "shop" {
		t.Errorf("%+v", first)
	}
	if !second[0].EndsAt.Equal(night) || !second[0].StartsAt.IsZero() || fmt.Sprint(first[0].Labels) != fmt.Sprint(second[0].Labels) {
		t.Errorf("%+v does not end %+v", second, first)
	}
}
