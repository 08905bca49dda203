package appcheck_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/appcheck"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
)

func TestReadyAfterSomeAttempts(t *testing.T) {
	answers := 0
	pod := newPod(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "localhost" || r.URL.Path != "/healthz" {
			t.Errorf("asked for %s of %s", r.URL.Path, r.Host)
		}
		if answers++; answers < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	pod.refusals = 2
	report, code, text := check(t, pod, app())
	if code != "" {
		t.Fatalf("%s: %s", code, text)
	}
	if report.ReadySeconds < 0.3 {
		t.Errorf("ready after %.2fs, with four waits before", report.ReadySeconds)
	}
	report.Checks[0].Seconds = 0
	want(t, "checks", report.Checks, []outcome.Check{{
		Stage: outcome.App, Name: "ready", Kind: "http", Status: outcome.CheckPassed,
		Expect: "GET /healthz: status is 2xx", Saw: "status 200, 0 bytes", RestsOn: "the last answer in the pod", ConfigPath: "app.ready",
	}})
	want(t, "role", report.Role, "drillgres")
	want(t, "findings", report.Findings[0].Code, "app_as_superuser")
}

func TestNotReady(t *testing.T) {
	t.Parallel()
	pod := newPod(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no", http.StatusServiceUnavailable)
	}))
	pod.app.lines = []string{"connecting with canary/1234 and canary-token", strings.Repeat("error ", 100), "loaded canary-of-a-row"}
	a := app()
	a.Env = map[string]config.Value{"API_TOKEN": "canary-token", "RESET_PASSWORD": "with"}
	a.Ready.Within = config.Duration(5 * time.Second) // long enough for one attempt
	report, code, text := check(t, pod, a)
	want(t, "code", code, outcome.AppNotReady)
	want(t, "text", text, "the application was not ready within 5s: status 503, 3 bytes; its last log lines, without what may be data (drillgres run --keep leaves the container and its log):\n"+
		"connecting with REDACTED and REDACTED\n"+strings.Repeat("error ", 66)+"erro…\nloaded […]")
	want(t, "status", report.Checks[0].Status, outcome.CheckFailed)
	want(t, "lines", len(report.LastLines), 3)
}

func TestReadyByExpression(t *testing.T) {
	pod := newPod(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write([]byte(`{"db": "up", "lag": 12345678901234567}`))
	}))
	a := app()
	a.Ready.Expect = httpExpr(t, `status == 418 && json.db == "up" && json.lag == 12345678901234567`)
	report, code, text := check(t, pod, a)
	want(t, "failure", string(code)+text, "")
	want(t, "expect", report.Checks[0].Expect, `GET /healthz: status == 418 && json.db == "up" && json.lag == 12345678901234567`)
}

// A redirect must not be followed: its target is not the configured path.
func TestRedirectIsNotReady(t *testing.T) {
	t.Parallel()
	pod := newPod(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/healthz" {
			http.Redirect(w, r, "/login", http.StatusFound)
		}
	}))
	a := app()
	a.Ready.Within = config.Duration(5 * time.Second) // long enough for one attempt
	_, code, text := check(t, pod, a)
	want(t, "code", code, outcome.AppNotReady)
	if !strings.Contains(text, "status 302") {
		t.Error(text)
	}
}

func TestReadyByPort(t *testing.T) {
	pod := newPod(t, http.HandlerFunc(ok))
	pod.refusals = 1
	a := app()
	a.Ready.HTTP = ""
	report, code, text := check(t, pod, a)
	want(t, "failure", string(code)+text, "")
	want(t, "expect", report.Checks[0].Expect, "port 8080 accepts connections")
}

// The check must not wait for an application that has ended.
func TestEndedBeforeReady(t *testing.T) {
	for name, c := range map[string]struct {
		outOfMemory bool
		code        outcome.Code
		text        string
	}{
		"on its own":    {false, outcome.AppStartFailed, "the application ended with exit code 3 before it was ready; its last log lines:\nno such table"},
		"out of memory": {true, outcome.SandboxOutOfMemory, "the kernel killed the application because it ran out of memory before it was ready; its last log lines:\nno such table"},
	} {
		t.Run(name, func(t *testing.T) {
			asked := make(chan struct{}, 100)
			pod := newPod(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				asked <- struct{}{}
				<-r.Context().Done() // it hangs
			}))
			pod.app.lines = []string{"no such table"}
			pod.app.exit, pod.app.outOfMemory = 3, c.outOfMemory
			go func() { <-asked; pod.app.end() }()
			a := app()
			a.Ready.Within = config.Duration(time.Hour) // a test that waits for it does not end
			_, code, text := check(t, pod, a)
			want(t, "code", code, c.code)
			want(t, "text", text, c.text)
		})
	}
}

func TestCheckWaitsForAServicesPort(t *testing.T) {
	pod := newPod(t, http.HandlerFunc(ok))
	pod.addresses["127.0.0.1:6379"] = pod.addresses["127.0.0.1:8080"]
	pod.refusals = 2
	a := app()
	a.Services = map[string]config.Service{"cache": {Image: "redis:7", Port: 6379}}
	_, code, text := check(t, pod, a)
	want(t, "failure", string(code)+text, "")
	want(t, "refusals left", pod.refusals < 0, true)
}

// A cancelled drill is not a failure of the application.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	pod := newPod(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}))
	_, err := appcheck.Checker{Config: app()}.Check(ctx, server(pod))
	want(t, "code", outcome.AsFailure(err).Code, outcome.Interrupted)
}

func httpExpr(t *testing.T, source string) config.Expr {
	t.Helper()
	e, err := config.CompileHTTP(source)
	if err != nil {
		t.Fatal(err)
	}
	return e
}
