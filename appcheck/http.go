package appcheck

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
	"strings"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/sandbox"
)

// maxBody is how many bytes of an answer are read.
const maxBody = 4 << 20

// httpClient returns a client that connects into the pod. It uses no proxy, because
// a proxy cannot reach the pod, and follows no redirects, because a test is about
// the configured path only.
func httpClient(d sandbox.Dialer) *http.Client {
	return &http.Client{
		Transport: &http.Transport{DialContext: d.Dial, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
}

// answers returns an attempt that checks the application's answer.
func (p prober) answers(r config.Ready) attempt {
	return func(ctx context.Context) (string, bool) {
		a := p.request(ctx, config.HTTP{Method: http.MethodGet, Path: r.HTTP})
		if a.problem != "" {
			return a.problem, false
		}
		ok, problem := a.matches(r.Expect)
		if problem != "" {
			return a.saw + ": " + problem, false
		}
		return a.saw, ok
	}
}

// request sends one request to the application and reads the answer.
func (p prober) request(ctx context.Context, h config.HTTP) answer {
	request, err := p.newRequest(ctx, h)
	if err != nil {
		return answer{problem: withoutURL(err)}
	}
	response, err := p.client.Do(request)
	if err != nil {
		return answer{problem: "no answer: " + withoutURL(err), interrupted: true}
	}
	defer func() { _ = response.Body.Close() }() // only read from
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	if err != nil {
		problem := fmt.Sprintf("status %d, and its body broke off after %d bytes: %v", response.StatusCode, len(body), err)
		return answer{problem: problem, interrupted: true}
	}
	size := fmt.Sprintf("%d bytes", len(body))
	if len(body) > maxBody {
		body, size = body[:maxBody], "more than 4 MiB"
	}
	return answer{
		saw:    fmt.Sprintf("status %d, %s", response.StatusCode, size),
		env:    map[string]any{"status": response.StatusCode, "body": string(body), "json": decode(body)},
		passes: response.StatusCode >= 200 && response.StatusCode < 300,
	}
}

func (p prober) newRequest(ctx context.Context, h config.HTTP) (*http.Request, error) {
	method, path := cmp.Or(h.Method, http.MethodGet), h.Path
	switch {
	case h.Get != "":
		method, path = http.MethodGet, h.Get
	case h.Post != "":
		method, path = http.MethodPost, h.Post
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://"+p.address()+path, strings.NewReader(h.Body.Reveal()))
	if err != nil {
		return nil, err
	}
	request.Host = "localhost" // an application that checks its host name usually allows it
	request.Header.Set("User-Agent", "drillgres")
	for name, value := range h.Headers {
		if strings.EqualFold(name, "host") {
			request.Host = value.Reveal()
			continue
		}
		request.Header.Set(name, value.Reveal())
	}
	return request, nil
}

// decode parses a body that is one JSON document, and returns nil for any other.
// Numbers keep all their digits.
func decode(body []byte) any {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var document any
	if err := decoder.Decode(&document); err != nil {
		return nil
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil
	}
	return document
}

// withoutURL returns the error's text without the URL, which may contain a secret.
func withoutURL(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return err.Error()
}
