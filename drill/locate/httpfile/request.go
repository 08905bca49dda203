package httpfile

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"

	"github.com/drillgres/drillgres/drill/locate"
)

// userAgent names the program to the server's administrator.
const userAgent = "drillgres"

// maxRedirects is how many redirects are followed.
const maxRedirects = 5

// send requests the file. It tries again if the server cannot be reached or has an
// error. It returns the last answer, whatever its status, or a Failure. The caller
// closes its body.
func (s *Source) send(ctx context.Context, conditions http.Header) (*http.Response, error) {
	delay := s.backoff
	for attempt := 1; ; attempt++ {
		answer, err := s.ask(ctx, conditions)
		if ctx.Err() != nil {
			return nil, errors.Join(context.Cause(ctx), closeBody(answer))
		}
		again := err != nil && !isFinal(err) || err == nil && isBusy(answer.StatusCode)
		if !again || attempt >= s.attempts {
			if err != nil {
				return nil, s.unreachable(err)
			}
			return answer, nil
		}
		_ = closeBody(answer)
		if err := locate.Pause(ctx, delay); err != nil {
			return nil, err
		}
		delay *= 2
	}
}

func closeBody(answer *http.Response) error {
	if answer == nil {
		return nil
	}
	return answer.Body.Close()
}

func (s *Source) ask(ctx context.Context, conditions http.Header) (*http.Response, error) {
	r := (&http.Request{Method: http.MethodGet, URL: s.url, Host: s.url.Host, Header: http.Header{}}).WithContext(ctx)
	r.Header.Set("User-Agent", userAgent)
	maps.Copy(r.Header, s.headers)
	maps.Copy(r.Header, conditions)
	// A server that compresses on the fly would not send the bytes that are stored.
	r.Header.Set("Accept-Encoding", "identity")
	answer, err := s.client.Do(r)
	if err == nil {
		return answer, nil
	}
	// url.Error quotes the URL with its query.
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	if answer != nil { // a redirect that is not followed
		_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<10))
		err = errors.Join(err, answer.Body.Close())
	}
	return nil, err
}

// isBusy reports whether the server may answer otherwise in a moment.
func isBusy(status int) bool {
	return status >= http.StatusInternalServerError && status != http.StatusNotImplemented ||
		status == http.StatusTooManyRequests || status == http.StatusRequestTimeout
}

// redirectError is a redirect that is not followed.
type redirectError struct{ why string }

func (e redirectError) Error() string { return e.why }

// isFinal reports whether the next attempt would end in the same way.
func isFinal(err error) bool {
	var certificate *tls.CertificateVerificationError
	return isRedirect(err) || errors.As(err, &certificate)
}

func isRedirect(err error) bool {
	var r redirectError
	return errors.As(err, &r)
}

// checkRedirect follows redirects from https to https. Another host gets none of the
// configured headers, which may be credentials, and not the URL, whose query may be one.
func (s *Source) checkRedirect(r *http.Request, via []*http.Request) error {
	last := via[len(via)-1].URL
	switch {
	case len(via) > maxRedirects:
		return redirectError{fmt.Sprintf("the server redirects more than %d times", maxRedirects)}
	case r.URL.Scheme != "https":
		return redirectError{fmt.Sprintf("the server redirects from %s://%s to %s://%s, which is not encrypted", last.Scheme, last.Host, r.URL.Scheme, r.URL.Host)}
	case last.Scheme != "https":
		return redirectError{fmt.Sprintf("the server redirects from %s://%s to https://%s: only https:// URLs are redirected", last.Scheme, last.Host, r.URL.Host)}
	}
	r.Header.Del("Referer")
	r.URL.User = nil // from the answer, not from the config
	for name := range s.headers {
		if r.URL.Host != s.url.Host {
			r.Header.Del(name)
		}
	}
	return nil
}
