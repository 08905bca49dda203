package serve_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/fleet"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/record/recordtest"
	"github.com/drillgres/drillgres/drill/record/sqlite"
	"github.com/drillgres/drillgres/drill/serve"
)

const (
	run     = "20261123-020000-00c0ffee"
	hostile = `a/../<b>"x`
)

// start serves a small history.
func start(t *testing.T, g serve.Guard) *httptest.Server {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "history.db"))
	if err != nil {
		t.Fatal(err)
	}
	return startOn(t, store, g)
}

func startOn(t *testing.T, store record.Store, g serve.Guard) *httptest.Server {
	t.Helper()
	h := record.New(store, "history.db")
	t.Cleanup(func() { _ = h.Close() })
	if _, broken := store.(brokenStore); !broken {
		recordtest.Tell(t, h, recordtest.Drill(run, "shop", outcome.VerdictPassed, -3), recordtest.Drill(run, "crm", outcome.VerdictFailed, -3), recordtest.Drill("x"+hostile, hostile, outcome.VerdictPassed, -2))
	}
	site := &serve.Site{
		History: h, Targets: map[string]fleet.Targets{"shop": {Age: 26 * time.Hour}, "crm": {}}, Days: 90,
		Now: func() time.Time { return recordtest.Noon }, Log: slog.New(slog.DiscardHandler),
	}
	more := map[string]http.Handler{"GET /metrics": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "up 1\n") })}
	g.Now, g.Log = site.Now, site.Log
	server := httptest.NewServer(g.Protect(site.Handler(more)))
	t.Cleanup(server.Close)
	return server
}

// reply is what a request returned.
type reply struct {
	Status     string
	StatusCode int
	Header     http.Header
	Length     int64
}

// ask sends a request, as prepare changes it, and returns the reply and its body.
func ask(t *testing.T, server *httptest.Server, method, path string, prepare func(*http.Request)) (reply, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if prepare != nil {
		prepare(r)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{response.Status, response.StatusCode, response.Header, response.ContentLength}, string(body)
}

func TestPages(t *testing.T) {
	server := start(t, serve.Guard{})
	longQuery := "?" + strings.Repeat("a", 99)
	for path, want := range map[string]struct {
		status int
		kind   string
		text   string
	}{
		"/":                                      {200, "text/html; charset=utf-8", "2 databases: 1 failed, 1 verified"},
		"/databases/shop":                        {200, "text/html; charset=utf-8", `href="/drills/` + run + `"`},
		"/databases/" + url.PathEscape(hostile):  {200, "text/html; charset=utf-8", "&lt;b&gt;"},
		"/drills/" + run:                         {200, "text/html; charset=utf-8", `href="/databases/crm"`},
		"/drills/" + url.PathEscape("x"+hostile): {200, "text/html; charset=utf-8", "&lt;b&gt;"},
		"/badges/shop.svg":                       {200, "image/svg+xml", "shop: verified 2h 59m ago"},
		"/badges/crm.svg":                        {200, "image/svg+xml", "crm: FAILED"},
		"/api/databases":                         {200, "application/json", `"state": "verified"`},
		"/api/drills/" + run:                     {200, "application/json", `"database": "crm"`},
		"/healthz":                               {200, "text/plain; charset=utf-8", "ok\n"},
		"/metrics":                               {200, "text/plain; charset=utf-8", "up 1"},
		"/databases/none":                        {404, "text/html; charset=utf-8", "There is no such page"},
		"/databases/":                            {404, "text/html; charset=utf-8", "There is no such page"},
		"/drills/" + run[:8]:                     {404, "text/html; charset=utf-8", "There is no such page"},
		"/badges/shop.png":                       {404, "text/html; charset=utf-8", "There is no such page"},
		"/badges/shop":                           {404, "text/html; charset=utf-8", "There is no such page"},
		"/favicon.ico":                           {404, "text/html; charset=utf-8", "There is no such page"},
		"/databases/..%2f..%2fetc%2fpasswd":      {404, "text/html; charset=utf-8", "There is no such page"},
		"/%3Cscript%3Ealert(1)%3C/script%3E":     {404, "text/html; charset=utf-8", "There is no such page"},
		"/drills/" + run + "?x=<script>alert(1)": {200, "text/html; charset=utf-8", run},
		"/databases/shop" + longQuery:            {200, "text/html; charset=utf-8", "shop"},
	} {
		response, body := ask(t, server, http.MethodGet, path, nil)
		if response.StatusCode != want.status || response.Header.Get("Content-Type") != want.kind || !strings.Contains(body, want.text) || strings.Contains(body, "<script") || strings.Contains(body, "<b>\"") {
			t.Errorf("%s: %s %s, without %q:\n%.2000s", path, response.Status, response.Header.Get("Content-Type"), want.text, body)
		}
		for name, value := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer"} {
			if response.Header.Get(name) != value {
				t.Errorf("%s: %s is %q", path, name, response.Header.Get(name))
			}
		}
		if policy := response.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none';") || !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("%s: the policy is %q", path, policy)
		}
		if response.Header.Get("Cache-Control") == "" && path != "/metrics" {
			t.Errorf("%s: nothing says how long it may be kept", path)
		}
	}
}

// TestManyReaders reads every kind of page at once; the race detector judges it.
func TestManyReaders(t *testing.T) {
	server := start(t, serve.Guard{})
	var readers sync.WaitGroup
	for range 8 {
		for _, path := range []string{"/", "/databases/shop", "/drills/" + run, "/badges/shop.svg", "/api/databases", "/healthz"} {
			readers.Go(func() {
				if reply, _ := ask(t, server, http.MethodGet, path, nil); reply.StatusCode != 200 {
					t.Errorf("%s: %s", path, reply.Status)
				}
			})
		}
	}
	readers.Wait()
}

func TestMethods(t *testing.T) {
	server := start(t, serve.Guard{})
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, "BREW"} {
		response, _ := ask(t, server, method, "/", nil)
		if response.StatusCode != http.StatusMethodNotAllowed || response.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %s, %q", method, response.Status, response.Header)
		}
	}
	got, body := ask(t, server, http.MethodGet, "/", nil)
	head, empty := ask(t, server, http.MethodHead, "/", nil)
	if head.StatusCode != 200 || empty != "" || head.Length != int64(len(body)) || head.Header.Get("ETag") != got.Header.Get("ETag") {
		t.Errorf("HEAD: %s, %d of %d bytes", head.Status, head.Length, len(body))
	}
	same, empty := ask(t, server, http.MethodGet, "/", func(r *http.Request) { r.Header.Set("If-None-Match", got.Header.Get("ETag")) })
	if same.StatusCode != http.StatusNotModified || empty != "" {
		t.Errorf("unchanged: %s", same.Status)
	}
}

func TestGuard(t *testing.T) {
	as := func(user, password string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth(user, password) }
	}
	host := func(name string) func(*http.Request) { return func(r *http.Request) { r.Host = name } }
	header := func(value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("X-Forwarded-User", value) }
	}
	basic, proxy, local := serve.Guard{User: "audit", Password: "s3cret-4711"}, serve.Guard{Header: "X-Forwarded-User"}, serve.Guard{Hosts: serve.LoopbackHosts}
	for name, c := range map[string]struct {
		guard   serve.Guard
		path    string
		prepare func(*http.Request)
		want    int
	}{
		"no user":                      {basic, "/", nil, 401},
		"no user, no such page":        {basic, "/nowhere", nil, 401},
		"no user, metrics":             {basic, "/metrics", nil, 401},
		"no user, a badge":             {basic, "/badges/shop.svg", nil, 401},
		"no user, JSON":                {basic, "/api/databases", nil, 401},
		"a wrong password":             {basic, "/", as("audit", "s3cret-4712"), 401},
		"the beginning of it":          {basic, "/", as("audit", "s3cret"), 401},
		"no password":                  {basic, "/", as("audit", ""), 401},
		"a wrong user":                 {basic, "/", as("root", "s3cret-4711"), 401},
		"user and password":            {basic, "/", as("audit", "s3cret-4711"), 200},
		"the health needs no user":     {basic, "/healthz", nil, 200},
		"not through the proxy":        {proxy, "/", nil, 403},
		"the proxy names nobody":       {proxy, "/", header(""), 403},
		"through the proxy":            {proxy, "/", header("ann"), 200},
		"by the name":                  {local, "/", host("localhost:8080"), 200},
		"by the address":               {local, "/", host("127.0.0.1:9"), 200},
		"by the address of version 6":  {local, "/", host("[::1]:9"), 200},
		"rebound":                      {local, "/", host("evil.test"), 421},
		"rebound, with a port":         {local, "/api/databases", host("evil.test:8080"), 421},
		"a name that begins like it":   {local, "/", host("localhost.evil.test"), 421},
		"a name that ends like it":     {local, "/", host("evil-localhost"), 421},
		"any name if none is required": {serve.Guard{}, "/", host("drills.acme.test"), 200},
	} {
		t.Run(name, func(t *testing.T) {
			response, body := ask(t, start(t, c.guard), http.MethodGet, c.path, c.prepare)
			if response.StatusCode != c.want || response.StatusCode >= 400 && strings.Contains(body, "shop") {
				t.Errorf("%s, want %d\n%s", response.Status, c.want, body)
			}
			if response.Header.Get("X-Content-Type-Options") != "nosniff" {
				t.Error("the answer is not hardened")
			}
		})
	}
}

func TestIsLoopback(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:8080": true, "127.1.2.3:0": true, "[::1]:80": true, "localhost:80": true, "LOCALHOST:80": true, "[::ffff:127.0.0.1]:80": true,
		":8080": false, "0.0.0.0:8080": false, "[::]:8080": false, "10.0.0.7:80": false, "drills.acme.test:80": false, "localhost": false, "": false, "127.0.0.1.evil.test:80": false,
	} {
		if got := serve.IsLoopback(address); got != want {
			t.Errorf("%q: %t", address, got)
		}
	}
}

// brokenStore is a history whose server is down.
type brokenStore struct{ record.Store }

func (brokenStore) Entries(context.Context, string) ([]record.Entry, error) {
	return nil, errors.New("connect to history.internal as drill: connection refused")
}
func (brokenStore) Close() error { return nil }

func TestHistoryIsDown(t *testing.T) {
	server := startOn(t, brokenStore{}, serve.Guard{})
	for _, path := range []string{"/", "/databases/shop", "/drills/" + run, "/badges/shop.svg", "/api/databases", "/healthz"} {
		response, body := ask(t, server, http.MethodGet, path, nil)
		if response.StatusCode != http.StatusServiceUnavailable || strings.Contains(body, "history.internal") || response.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %s, %q\n%s", path, response.Status, response.Header.Get("Cache-Control"), body)
		}
	}
}
