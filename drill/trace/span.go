package trace

import (
	"crypto/rand"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// The types of an ExportTraceServiceRequest, in OTLP's JSON.
type (
	document struct {
		ResourceSpans []resourceSpans `json:"resourceSpans"`
	}
	resourceSpans struct {
		Resource   resource     `json:"resource"`
		ScopeSpans []scopeSpans `json:"scopeSpans"`
	}
	resource struct {
		Attributes []attribute `json:"attributes"`
	}
	scopeSpans struct {
		Scope scope  `json:"scope"`
		Spans []span `json:"spans"`
	}
	scope struct {
		Name string `json:"name"`
	}
	span struct {
		TraceID    string      `json:"traceId"`
		SpanID     string      `json:"spanId"`
		ParentID   string      `json:"parentSpanId,omitempty"`
		Name       string      `json:"name"`
		Kind       int         `json:"kind"`
		Start      string      `json:"startTimeUnixNano"`
		End        string      `json:"endTimeUnixNano"`
		Attributes []attribute `json:"attributes"`
		Status     status      `json:"status"`
	}
	status struct {
		Code    int    `json:"code"`
		Message string `json:"message,omitempty"`
	}
	attribute struct {
		Key   string `json:"key"`
		Value value  `json:"value"`
	}
	value struct {
		String *string `json:"stringValue,omitempty"`
		Int    *string `json:"intValue,omitempty"` // 64 bits, which are a string in JSON
	}
)

// The numbers of OTLP.
const (
	kindInternal = 1
	statusOK     = 1
	statusError  = 2
)

func text(key, s string) attribute { return attribute{key, value{String: &s}} }

func number(key string, n int64) attribute {
	s := strconv.FormatInt(n, 10)
	return attribute{key, value{Int: &s}}
}

// parent is the span of which a drill is a part, such as the step of a pipeline.
type parent struct{ trace, span string }

// A later version than 00 may add fields.
var traceparent = regexp.MustCompile(`^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$`)

// parseParent reads a traceparent of W3C's Trace Context. It returns a zero parent if the text
// is none: version ff and ids of zeros are invalid.
func parseParent(s string) parent {
	m := traceparent.FindStringSubmatch(s)
	if m == nil || m[1] == "ff" || m[1] == "00" && m[4] != "" || strings.Trim(m[2], "0") == "" || strings.Trim(m[3], "0") == "" {
		return parent{}
	}
	return parent{m[2], m[3]}
}

func randomID(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// document returns the spans of a drill: one for the drill, and one for each stage that was
// reached.
func (e *Exporter) document(r outcome.Result) document {
	const traceBytes, spanBytes = 16, 8
	trace := e.parent.trace
	if trace == "" {
		trace = randomID(traceBytes)
	}
	root := span{
		TraceID: trace, SpanID: randomID(spanBytes), ParentID: e.parent.span, Name: "drill " + r.Database, Kind: kindInternal,
		Start: nanos(r.StartedAt), End: nanos(r.FinishedAt), Attributes: attributesOf(r), Status: statusOf(r.Failure != nil, r),
	}
	spans := []span{root}
	for _, s := range r.Stages {
		if s.StartedAt.IsZero() {
			continue
		}
		spans = append(spans, span{
			TraceID: trace, SpanID: randomID(spanBytes), ParentID: root.SpanID, Name: string(s.Stage), Kind: kindInternal,
			Start: nanos(s.StartedAt), End: nanos(s.StartedAt.Add(time.Duration(s.Seconds * float64(time.Second)))),
			Attributes: []attribute{text("drillgres.stage.status", string(s.Status))}, Status: statusOf(s.Status == outcome.StageFailed, r),
		})
	}
	return document{[]resourceSpans{{Resource: resource{e.resource}, ScopeSpans: []scopeSpans{{scope{defaultService}, spans}}}}}
}

func nanos(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

func statusOf(failed bool, r outcome.Result) status {
	if !failed || r.Failure == nil {
		return status{Code: statusOK}
	}
	return status{Code: statusError, Message: string(r.Failure.Code)}
}

func attributesOf(r outcome.Result) []attribute {
	all := []attribute{
		text("drillgres.run_id", r.RunID), text("drillgres.database", r.Database), text("drillgres.verdict", string(r.Verdict)),
		text("db.system.name", "postgresql"), number("drillgres.exit_code", int64(r.ExitCode)), number("drillgres.backup.size", r.Backup.SizeBytes),
	}
	if r.Failure != nil {
		all = append(all, text("error.type", string(r.Failure.Code)))
	}
	return all
}
