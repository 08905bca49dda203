package appcheck_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/drillgres/drillgres/appcheck"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox"
)

// shop is the handler of an application with orders.
func shop(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/orders":
		if r.Method == http.MethodPost {
			body, _ := io.ReadAll(r.Body)
			w.WriteHeader(http.StatusCreated)
			fmt.Fprintf(w, `{"got": %q, "token": %q, "host": %q}`, body, r.Header.Get("Authorization"), r.Host)
			return
		}
		fmt.Fprintf(w, `[{"id": 1, "q": %q}, {"id": 2}]`, r.URL.RawQuery)
	case "/big":
		_, _ = w.Write(bytes.Repeat([]byte("x"), 5<<20))
	case "/cut":
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte("half"))
	case "/old":
		http.Redirect(w, r, "/orders", http.StatusMovedPermanently)
	case "/slow":
		<-r.Context().Done()
	case "/broken":
		http.Error(w, "customer@example.com", http.StatusInternalServerError)
	}
}

func TestSmokeHTTP(t *testing.T) {
	cases := []struct {
		name   string
		http   config.HTTP
		expect string
		status outcome.CheckStatus
		saw    string
	}{
		{"get", config.HTTP{Get: "/orders?limit=5"}, `status == 200 && len(json) == 2 && json[0].q == "limit=5"`, "passed", "status 200, 38 bytes"},
		{
			"post",
			config.HTTP{Post: "/orders", Body: "a=1", Headers: map[string]config.Value{"Authorization": "Bearer canary", "Host": "shop.example"}},
			`status == 201 && json.got == "a=1" && json.token == "Bearer canary" && json.host == "shop.example"`, "passed", "status 201, 64 bytes",
		},
		{"method", config.HTTP{Method: "POST", Path: "/orders"}, "status == 201", "passed", "status 201, 45 bytes"},
		{"default", config.HTTP{Get: "/orders"}, "", "passed", "status 200, 31 bytes"},
		{"default fails", config.HTTP{Get: "/broken"}, "", "failed", "status 500, 21 bytes"},
		{"redirect is not followed", config.HTTP{Get: "/old"}, "", "failed", "status 301, 42 bytes"},
		{"redirect expected", config.HTTP{Get: "/old"}, "status == 301", "passed", "status 301, 42 bytes"},
		{"not json", config.HTTP{Get: "/broken"}, "json == nil", "passed", "status 500, 21 bytes"},
		{"big", config.HTTP{Get: "/big"}, "len(body) == 4194304", "passed", "status 200, more than 4 MiB"},
		{"cut", config.HTTP{Get: "/cut"}, "status == 200", "failed", "status 200, and its body broke off after 4 bytes: unexpected EOF"},
		{"slow", config.HTTP{Get: "/slow"}, "", "failed", "no answer within 500ms"},
		{"no such field", config.HTTP{Get: "/orders"}, "json.total > 1", "failed", ""},
	}
	a := app()
	for _, c := range cases {
		s := config.Smoke{Name: c.name, HTTP: &c.http, Within: config.Duration(time.Minute)}
		if c.name == "slow" {
			s.Within = config.Duration(500 * time.Millisecond)
		}
		if c.expect != "" {
			s.Expect = httpExpr(t, c.expect)
		}
		a.Smoke = append(a.Smoke, s)
	}
	pod := newPod(t, http.HandlerFunc(shop))
	report, code, text := check(t, pod, a)
	for i, c := range cases {
		got := report.Checks[i+1]
		if c.saw == "" {
			got.Saw = ""
		}
		want(t, c.name, []string{got.Name, got.Kind, string(got.Status), got.Saw}, []string{c.name, "http", string(c.status), c.saw})
		want(t, c.name+" in the config", got.ConfigPath, fmt.Sprintf("app.smoke[%d]", i))
	}
	want(t, "code", code, outcome.SmokeFailed)
	want(t, "text", text, `smoke test "default fails": expected status is 2xx, saw status 500, 21 bytes; and 4 more failed; its log is empty`)
}

func TestSmokeCommand(t *testing.T) {
	pod := newPod(t, http.HandlerFunc(ok))
	pod.app.exec = func(c sandbox.Command) (int, error) {
		fmt.Fprint(c.Stdout, "checked 5")
		fmt.Fprint(c.Stderr, "first\nwrong password canary/1234\n")
		if c.Args[1] == "ok" {
			return 0, nil
		}
		return 7, nil
	}
	expect, err := config.CompileCommand(`stdout startsWith "checked" && exit == 7`)
	if err != nil {
		t.Fatal(err)
	}
	a := app()
	a.Smoke = []config.Smoke{
		{Name: "ok", Command: []string{"./shop", "ok"}, Within: config.Duration(time.Minute)},
		{Name: "seven", Command: []string{"./shop", "bad"}, Within: config.Duration(time.Minute), Expect: expect},
		{Name: "bad", Command: []string{"./shop", "bad"}, Within: config.Duration(time.Minute)},
	}
	report, code, text := check(t, pod, a)
	want(t, "code", code, outcome.SmokeFailed)
	want(t, "text", text, `smoke test "bad": expected exit == 0, saw exit 7, 9 bytes of output, last line of its errors: wrong password REDACTED; its log is empty`)
	var statuses []outcome.CheckStatus
	for _, c := range report.Checks {
		statuses = append(statuses, c.Status)
	}
	want(t, "statuses", statuses, []outcome.CheckStatus{"passed", "passed", "passed", "failed"})
}

// The end of the application explains why its smoke tests failed.
func TestEndedDuringSmoke(t *testing.T) {
	var pod *fakePod
	pod = newPod(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/crash" {
			pod.app.exit = 2
			pod.app.end()
			panic(http.ErrAbortHandler)
		}
	}))
	pod.app.lines = []string{"panic: nil map"}
	a := app()
	for _, name := range []string{"fine", "crash", "later"} {
		a.Smoke = append(a.Smoke, config.Smoke{Name: name, HTTP: &config.HTTP{Get: "/" + name}, Within: config.Duration(time.Minute)})
	}
	report, code, text := check(t, pod, a)
	want(t, "code", code, outcome.AppStartFailed)
	want(t, "text", text, "the application ended with exit code 2 during smoke test \"crash\"; its last log lines:\npanic: nil map")
	got := map[string]string{}
	for _, c := range report.Checks {
		got[c.Name] = string(c.Status) + " " + c.Saw
	}
	want(t, "checks", got, map[string]string{
		"ready": "passed status 200, 0 bytes", "fine": "passed status 200, 0 bytes",
		"crash": "failed the container ended", "later": "unknown not run",
	})
}

// The next release starts in the same pod, on the same ports.
func TestCheckRemovesItsContainers(t *testing.T) {
	for _, keep := range []bool{false, true} {
		p := newPod(t, http.HandlerFunc(ok))
		a := app()
		a.Services = map[string]config.Service{"cache": {Image: "redis:7"}, "mail": {Image: "mail:1"}}
		if _, err := (appcheck.Checker{Config: a, Keep: keep}).Check(t.Context(), server(p)); err != nil {
			t.Fatal(err)
		}
		if len(p.services) != 2 {
			t.Fatalf("%d services were started", len(p.services))
		}
		for _, c := range append(p.services, p.app) {
			if c.removed == keep {
				t.Errorf("keep %t: removed %t", keep, c.removed)
			}
		}
	}
}
