// Package trace sends a drill and its stages as spans to an OpenTelemetry collector, with
// OTLP over HTTP in JSON. See https://opentelemetry.io/docs/specs/otlp/ and, for the
// environment, https://opentelemetry.io/docs/specs/otel/protocol/exporter/.
package trace

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/redact"
)

// Exporter sends spans to a collector.
type Exporter struct {
	endpoint string
	headers  map[string]string
	resource []attribute
	parent   parent
	timeout  time.Duration
}

// The environment's names without their prefix, and the exporter's defaults.
const (
	prefix         = "OTEL_EXPORTER_OTLP_"
	defaultTimeout = 10 * time.Second
	defaultService = "drillgres"
)

// FromEnvironment returns the exporter that the environment asks for, or nil if it asks for
// none. It reads OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS and
// OTEL_EXPORTER_OTLP_TIMEOUT, those of the same names for traces, OTEL_SERVICE_NAME,
// OTEL_RESOURCE_ATTRIBUTES, OTEL_SDK_DISABLED and TRACEPARENT.
func FromEnvironment(getenv func(string) (string, bool), version string) (*Exporter, error) {
	get := func(names ...string) string {
		for _, name := range names {
			if value, _ := getenv(name); value != "" {
				return value
			}
		}
		return ""
	}
	endpoint, base := get(prefix+"TRACES_ENDPOINT"), get(prefix+"ENDPOINT")
	isBase := endpoint == ""
	endpoint = cmp.Or(endpoint, base)
	if endpoint == "" || strings.EqualFold(get("OTEL_SDK_DISABLED"), "true") || get("OTEL_TRACES_EXPORTER") == "none" {
		return nil, nil //nolint:nilnil // no exporter is asked for
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("OTEL_EXPORTER_OTLP_ENDPOINT is not the URL of a collector (want http://host:4318)")
	}
	if isBase { // before its query, if it has one
		u = u.JoinPath("v1/traces")
	}
	if get(prefix+"TRACES_PROTOCOL", prefix+"PROTOCOL") == "grpc" {
		return nil, errors.New("OTEL_EXPORTER_OTLP_PROTOCOL is grpc, but drillgres sends traces over HTTP: set it to http/json, and the endpoint to that of HTTP, usually port 4318")
	}
	e := &Exporter{endpoint: u.String(), timeout: defaultTimeout, headers: map[string]string{}, parent: parseParent(get("TRACEPARENT"))}
	if ms, err := strconv.Atoi(get(prefix+"TRACES_TIMEOUT", prefix+"TIMEOUT")); err == nil && ms > 0 {
		e.timeout = time.Duration(ms) * time.Millisecond
	}
	for _, header := range pairs(get(prefix+"TRACES_HEADERS", prefix+"HEADERS")) {
		e.headers[header[0]] = header[1]
	}
	service := defaultService
	for _, pair := range pairs(get("OTEL_RESOURCE_ATTRIBUTES")) {
		if pair[0] == "service.name" {
			service = pair[1]
			continue
		}
		e.resource = append(e.resource, text(pair[0], pair[1]))
	}
	if name := get("OTEL_SERVICE_NAME"); name != "" {
		service = name
	}
	e.resource = append(e.resource, text("service.name", service), text("service.version", version))
	return e, nil
}

// pairs returns the keys and values of a list such as a=1,b=2, whose values are
// percent-encoded. It skips what is none.
func pairs(list string) (pairs [][2]string) {
	for item := range strings.SplitSeq(list, ",") {
		key, value, found := strings.Cut(item, "=")
		key = strings.TrimSpace(key)
		if !found || key == "" {
			continue
		}
		value = strings.TrimSpace(value)
		if decoded, err := url.PathUnescape(value); err == nil {
			value = decoded
		}
		pairs = append(pairs, [2]string{key, value})
	}
	return pairs
}

// Send sends a drill. Its error quotes neither the endpoint's user nor a header.
func (e *Exporter) Send(ctx context.Context, r outcome.Result) error {
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	if err := e.post(ctx, e.document(r)); err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			err = fmt.Errorf("no answer within %s", e.timeout)
		}
		return fmt.Errorf("send the trace of %s to %s: %w", r.RunID, redact.URL(e.endpoint), err)
	}
	return nil
}

func (e *Exporter) post(ctx context.Context, d document) error {
	body, err := json.Marshal(d)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.endpoint, bytes.NewReader(body))
	if err != nil {
		return errors.New("the URL is not valid")
	}
	request.Header.Set("Content-Type", "application/json")
	for name, value := range e.headers {
		request.Header.Set(name, value)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }} // it would take the headers along
	answer, err := client.Do(request)
	if err != nil {
		return redact.WithoutURL(err)
	}
	defer answer.Body.Close() //nolint:errcheck // was only read
	const most = 64 << 10
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, most))
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("status %d", answer.StatusCode)
	}
	return nil
}
