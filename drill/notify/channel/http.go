package channel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/words"
)

// client sends requests to one receiver. Its errors contain no address.
type client struct {
	http     *http.Client
	agent    string
	redactor *redact.Redactor
	attempt  time.Duration // how long one attempt may take
	pause    time.Duration // before the second attempt; it doubles with each

	// refusal returns why an answer of 2xx means that the message is lost, for a service that
	// says so only in the body. Nil: each 2xx means that it has the message.
	refusal func(body []byte) error
}

const (
	attemptWithin = 10 * time.Second
	firstPause    = time.Second
	largestAnswer = 4 << 20 // bytes
)

func newClient(version string, secrets []string) *client {
	c := &client{agent: "drillgres/" + version, redactor: new(redact.Redactor), attempt: attemptWithin, pause: firstPause}
	for _, s := range secrets {
		c.redactor.Add(redact.Secret(s))
	}
	c.http = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return c
}

// request is what to send.
type request struct {
	method string
	url    string
	header map[string]string
	body   []byte
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
	broken error // the body broke off; nil: it is complete
}

// errFinal marks an error that another attempt would not change.
var errFinal = errors.New("final")

// do sends a request until it is accepted, with a pause after each attempt, as long as ctx
// allows. An answer of 4xx is final, except 408 and 429, whose Retry-After counts. A
// redirect is never followed: it might hand the message to another host.
func (c *client) do(ctx context.Context, r request) (answer, error) {
	return c.doUnless(ctx, r, func(context.Context) (bool, error) { return false, nil })
}

// doUnless is do for a request that must not be repeated if an earlier attempt succeeded
// although its answer was an error: isDone reports that before another one.
func (c *client) doUnless(ctx context.Context, r request, isDone func(context.Context) (bool, error)) (answer, error) {
	pause := c.pause
	for {
		a, wait, err := c.once(ctx, r)
		if err == nil || errors.Is(err, errFinal) || ctx.Err() != nil {
			return a, c.clean(err)
		}
		wait = max(wait, pause)
		if deadline, ok := ctx.Deadline(); ok && time.Now().Add(wait).After(deadline) {
			return a, c.clean(fmt.Errorf("%w, and no time is left for another attempt", err))
		}
		pause *= 2
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return a, c.clean(err)
		case <-timer.C:
		}
		if done, err := isDone(ctx); done || err != nil {
			return a, err
		}
	}
}

// once is one attempt. It returns how long the server asks to wait before the next.
func (c *client) once(ctx context.Context, r request) (a answer, wait time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.attempt)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.method, r.url, bytes.NewReader(r.body))
	if err != nil {
		return a, 0, fmt.Errorf("its address is not a URL%w", hidden{errFinal})
	}
	req.Header.Set("User-Agent", c.agent)
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return a, 0, withoutURL(err)
	}
	defer func() { _ = resp.Body.Close() }() // it was only read
	body, err := io.ReadAll(io.LimitReader(resp.Body, largestAnswer))
	a = answer{status: resp.StatusCode, header: resp.Header, body: body}
	if err != nil {
		a.broken = c.clean(fmt.Errorf("its answer broke off: %w", withoutURL(err)))
	}
	switch {
	case resp.StatusCode >= 200 && resp.StatusCode < 300 && c.refusal != nil:
		return a, 0, c.refusal(body)
	case resp.StatusCode >= 200 && resp.StatusCode < 300:
		return a, 0, nil // it has the message, whatever becomes of its answer
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		return a, 0, fmt.Errorf("it redirects%s, which is not followed (correct the address)%w", toHost(resp), hidden{errFinal})
	}
	err = fmt.Errorf("it answered %d %s%s", resp.StatusCode, http.StatusText(resp.StatusCode), quotedBody(body))
	switch {
	case resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusRequestTimeout, resp.StatusCode >= 500,
		resp.StatusCode == http.StatusForbidden && resp.Header.Get("Retry-After") != "": // as GitHub answers
		return a, retryAfter(resp.Header.Get("Retry-After"), time.Now()), err
	default:
		return a, 0, fmt.Errorf("%w%w", err, hidden{errFinal})
	}
}

// hidden is an error without a text of its own.
type hidden struct{ error }

func (hidden) Error() string   { return "" }
func (h hidden) Unwrap() error { return h.error }

// toHost returns where a redirect leads, without the rest of the URL.
func toHost(resp *http.Response) string {
	to, err := resp.Location()
	if err != nil {
		return ""
	}
	return " to " + to.Scheme + "://" + to.Host
}

// quotedBody returns the beginning of an answer, which often says what is wrong.
func quotedBody(body []byte) string {
	text := redact.OneLine(string(body))
	if text == "" {
		return ""
	}
	return ": " + words.Printable(text, 200)
}

// retryAfter reads a Retry-After header, in seconds or as a date.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(min(max(seconds, 0), 86400)) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

// withoutURL returns an error of net/http without the URL of the request.
func withoutURL(err error) error {
	err = redact.WithoutURL(err)
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("it did not answer in time%w", hidden{err})
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("it closed the connection without an answer%w", hidden{err})
	}
	return err
}

// clean returns an error as text, without secrets.
func (c *client) clean(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(c.redactor.Text(err.Error()))
}

// postJSON sends a document.
func (c *client) postJSON(ctx context.Context, url string, header map[string]string, document any) (answer, error) {
	body, err := json.Marshal(document)
	if err != nil {
		return answer{}, err
	}
	all := map[string]string{"Content-Type": "application/json"}
	for name, value := range header {
		all[name] = value
	}
	return c.do(ctx, request{http.MethodPost, url, all, body})
}
