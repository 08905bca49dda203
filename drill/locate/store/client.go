package store

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/drillgres/drillgres/drill/words"
)

// Timeouts for a server that does not answer. The reader of a body detects a
// stalled body, because only it knows how long to wait.
const (
	dialTimeout   = 10 * time.Second
	headerTimeout = 20 * time.Second
)

// Limits of one step with all its retries.
const (
	// CredentialsTimeout bounds the search for credentials. On a machine without any
	// an SDK asks a metadata service, which may not answer.
	CredentialsTimeout = 15 * time.Second
	// PageTimeout bounds one page of a listing, whose body may stall.
	PageTimeout = 2 * time.Minute
)

// Network holds how to reach a store. Its zero value is the default.
type Network struct {
	Attempts      int            // per request; 0: 5
	MaxBackoff    time.Duration  // between two attempts; 0: 5 s
	HeaderTimeout time.Duration  // until the response headers arrive; 0: 20 s
	CAs           *x509.CertPool // nil: those of the system
}

// Tries returns the number of attempts per request, at least 1.
func (n Network) Tries() int { return cmp.Or(n.Attempts, 5) }

// Backoff returns the delay before the second attempt, and the longest one.
func (n Network) Backoff() (first, most time.Duration) {
	most = cmp.Or(n.MaxBackoff, 5*time.Second)
	return min(200*time.Millisecond, most), most
}

// Transport returns a transport with a timeout for each step.
func (n Network) Transport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:       &tls.Config{RootCAs: n.CAs, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   dialTimeout,
		ResponseHeaderTimeout: cmp.Or(n.HeaderTimeout, headerTimeout),
		ExpectContinueTimeout: time.Second,
		ForceAttemptHTTP2:     true,
		MaxIdleConnsPerHost:   32, // a download reads several ranges at once
		IdleConnTimeout:       90 * time.Second,
		ReadBufferSize:        64 << 10,
		DisableCompression:    true, // an object with a Content-Encoding must arrive as it is stored
	}
}

// Client returns a client that does not follow redirects: the stores' APIs do not
// redirect, and another host must not receive the credentials.
func Client(t http.RoundTripper) *http.Client {
	return &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Within runs a step with a context that ends after limit. If that is why the step
// fails, the error says so.
func Within[T any](ctx context.Context, limit time.Duration, step func(context.Context) (T, error)) (T, error) {
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	value, err := step(bounded)
	if err != nil && bounded.Err() != nil && ctx.Err() == nil {
		err = fmt.Errorf("no complete answer within %s", words.Span(limit))
	}
	return value, err
}
