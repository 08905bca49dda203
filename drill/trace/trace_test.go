package trace_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/trace"
)

var began = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// failed is a drill that failed in its second stage.
func failed() outcome.Result {
	return outcome.Result{
		RunID: "20261123-120000-0", Database: "shop", StartedAt: began, FinishedAt: began.Add(10 * time.Second), Verdict: outcome.VerdictFailed, ExitCode: 3,
		Failure: &outcome.FailureReport{Stage: outcome.Fetch, Code: outcome.StreamCorrupt, Message: "not for a collector"},
		Stages: []outcome.StageReport{
			{Stage: outcome.Locate, Status: outcome.StagePassed, StartedAt: began.Add(time.Second), Seconds: 0.5},
			{Stage: outcome.Fetch, Status: outcome.StageFailed, StartedAt: began.Add(2 * time.Second), Seconds: 3},
			{Stage: outcome.Restore, Status: outcome.StageNotReached},
		},
	}
}

// collector keeps the last request to a collector.
type collector struct {
	path, body string
	header     http.Header
}

func start(t *testing.T, answer http.HandlerFunc) (address string, c *collector) {
	t.Helper()
	c = &collector{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		c.path, c.body, c.header = r.URL.RequestURI(), string(body), r.Header
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL, c
}

func accept(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") }

func from(t *testing.T, env map[string]string) *trace.Exporter {
	t.Helper()
	e, err := trace.FromEnvironment(func(name string) (string, bool) { v, ok := env[name]; return v, ok }, "1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestSend(t *testing.T) {
	address, got := start(t, accept)
	e := from(t, map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": address + "/", "OTEL_EXPORTER_OTLP_HEADERS": "Authorization=Bearer%20abc, x-team=ops",
		"OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=ci", "TRACEPARENT": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	})
	if err := e.Send(t.Context(), failed()); err != nil {
		t.Fatal(err)
	}
	if got.path != "/v1/traces" || got.header.Get("Authorization") != "Bearer abc" || got.header.Get("X-Team") != "ops" || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("%s %v", got.path, got.header)
	}
	spans := spansIn(t, got.body)
	root, locate, fetch := spans[0], spans[1], spans[2]
	if root.Name != "drill shop" || root.ParentSpanID != "b7ad6b7169203331" || root.Status.Code != 2 || root.Status.Message != "stream_corrupt" {
		t.Errorf("%+v", root)
	}
	if locate.ParentSpanID != root.SpanID || locate.StartTimeUnixNano != "1795435201000000000" || locate.EndTimeUnixNano != "1795435201500000000" || locate.Status.Code != 1 {
		t.Errorf("%+v", locate)
	}
	if fetch.Name != "fetch" || fetch.Status.Code != 2 {
		t.Errorf("%+v", fetch)
	}
	if strings.Contains(got.body, "not for a collector") || !strings.Contains(got.body, `{"key":"service.name","value":{"stringValue":"drillgres"}}`) {
		t.Error(got.body)
	}
}

// span is a span as a collector reads it.
type span struct {
	TraceID, SpanID, ParentSpanID, Name, StartTimeUnixNano, EndTimeUnixNano string

	Status struct {
		Code    int
		Message string
	}
}

// spansIn returns the three spans of a request, which are in the trace of TRACEPARENT.
func spansIn(t *testing.T, body string) []span {
	t.Helper()
	var sent struct {
		ResourceSpans []struct {
			ScopeSpans []struct{ Spans []span }
		}
	}
	if err := json.Unmarshal([]byte(body), &sent); err != nil {
		t.Fatal(err)
	}
	spans := sent.ResourceSpans[0].ScopeSpans[0].Spans
	if len(spans) != 3 {
		t.Fatalf("%d spans: %s", len(spans), body)
	}
	id := regexp.MustCompile(`^[0-9a-f]{16}$`)
	for i, s := range spans {
		if s.TraceID != "0af7651916cd43dd8448eb211c80319c" || !id.MatchString(s.SpanID) {
			t.Errorf("span %d: %+v", i, s)
		}
	}
	return spans
}

func TestEndpoints(t *testing.T) {
	address, got := start(t, accept)
	for name, c := range map[string][2]string{
		"a base":             {"OTEL_EXPORTER_OTLP_ENDPOINT", "/v1/traces"},
		"with a slash":       {"OTEL_EXPORTER_OTLP_ENDPOINT /", "/v1/traces"},
		"with a path":        {"OTEL_EXPORTER_OTLP_ENDPOINT /otlp", "/otlp/v1/traces"},
		"with a query":       {"OTEL_EXPORTER_OTLP_ENDPOINT /otlp?tenant=a", "/otlp/v1/traces?tenant=a"},
		"only a query":       {"OTEL_EXPORTER_OTLP_ENDPOINT ?tenant=a", "/v1/traces?tenant=a"},
		"of traces":          {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT /in", "/in"},
		"of traces, a query": {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT /in?tenant=a", "/in?tenant=a"},
	} {
		variable, rest, _ := strings.Cut(c[0], " ")
		if err := from(t, map[string]string{variable: address + rest}).Send(t.Context(), failed()); err != nil || got.path != c[1] {
			t.Errorf("%s: %s, %v", name, got.path, err)
		}
	}
}

func TestTraceparent(t *testing.T) {
	address, got := start(t, accept)
	const trace, span = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	for parent, want := range map[string]bool{
		"00-" + trace + "-" + span + "-01":                    true,
		"01-" + trace + "-" + span + "-01-later":              true,
		"00-" + trace + "-" + span + "-01-later":              false,
		"ff-" + trace + "-" + span + "-01":                    false,
		"00-" + strings.Repeat("0", 32) + "-" + span + "-01":  false,
		"00-" + trace + "-" + strings.Repeat("0", 16) + "-01": false,
		"00-" + trace + "-" + span + "-01x":                   false,
	} {
		if err := from(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": address, "TRACEPARENT": parent}).Send(t.Context(), failed()); err != nil {
			t.Fatal(err)
		}
		if is := strings.Count(got.body, `"parentSpanId"`) == 3; is != want { // two are of the stages
			t.Errorf("%s is the parent: %t", parent, is)
		}
	}
}

func TestNotAsked(t *testing.T) {
	for _, env := range []map[string]string{{}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SDK_DISABLED": "true"}} {
		if from(t, env) != nil {
			t.Errorf("an exporter for %v", env)
		}
	}
}

func TestBadEnvironment(t *testing.T) {
	for name, env := range map[string]map[string]string{
		"no URL": {"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"},
		"gRPC":   {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
	} {
		if _, err := trace.FromEnvironment(func(name string) (string, bool) { v, ok := env[name]; return v, ok }, ""); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestBadCollectors(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"an error": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://elsewhere.invalid/", http.StatusTemporaryRedirect)
		},
		"silence": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	} {
		t.Run(name, func(t *testing.T) {
			address, _ := start(t, answer)
			e := from(t, map[string]string{
				"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": strings.Replace(address, "://", "://ops:s3cret@", 1), "OTEL_EXPORTER_OTLP_HEADERS": "k=t0ken", "OTEL_EXPORTER_OTLP_TIMEOUT": "300",
			})
			err := e.Send(t.Context(), failed())
			if err == nil || strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "t0ken") {
				t.Error(err)
			}
		})
	}
}
