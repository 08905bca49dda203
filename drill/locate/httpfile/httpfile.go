// Package httpfile reads one backup from a URL of a web server, such as a link that an
// object store signed for a limited time.
package httpfile

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/place"
)

// Kind is the kind of source with https:// URLs, and with http:// URLs of this machine.
var Kind = locate.Kind{
	Kind: place.Kind{
		Schemes: []string{"https", "http"}, Example: "https://host/file", Section: "http",
		Check: func(url string) error {
			_, err := parse(url)
			return err
		},
	},
	Open: func(_ context.Context, b config.Backup) (locate.Source, error) { return New(string(b.From), b.HTTP) },
}

// Source is one file of a web server. The query of its URL gives access by itself if the
// link is signed: nothing that the Source returns contains it.
//
// A server that cannot answer with a part of the file is read from the beginning, and
// what precedes the part is skipped.
type Source struct {
	url     *url.URL // without user and password
	headers http.Header
	client  *http.Client
	clock   *locate.Clock
	now     func() time.Time

	attempts int           // per request
	backoff  time.Duration // before the second attempt; doubles with each further one
	stall    time.Duration // without a byte, before a response counts as broken

	sequential atomic.Bool // the server does not answer with parts of the file
}

var (
	_ locate.Source     = (*Source)(nil)
	_ locate.Sequential = (*Source)(nil)
	_ locate.Clocked    = (*Source)(nil)
	_ locate.Expiring   = (*Source)(nil)
)

// Timeouts for a server that does not answer.
const (
	dialTimeout   = 10 * time.Second
	headerTimeout = 20 * time.Second
)

// New returns the Source at an https:// URL. It does not use the network. It fails with
// config_invalid.
func New(from string, o config.HTTPSource) (*Source, error) {
	u, err := parse(from)
	if err != nil {
		return nil, outcome.Fail(outcome.ConfigInvalid, "backup.from %w", err).WithHint("write https://host/file")
	}
	s := &Source{
		headers: http.Header{}, now: time.Now,
		attempts: 4, backoff: 200 * time.Millisecond, stall: 30 * time.Second,
	}
	for name, value := range o.Headers {
		s.headers.Set(name, value.Reveal())
	}
	if u.User != nil && s.headers.Get("Authorization") == "" {
		password, _ := u.User.Password()
		r := http.Request{Header: s.headers}
		r.SetBasicAuth(u.User.Username(), password)
	}
	u.User = nil
	s.url = u
	t := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // its documented type
	t.DialContext = (&net.Dialer{Timeout: dialTimeout}).DialContext
	t.ResponseHeaderTimeout = headerTimeout
	t.ReadBufferSize = 64 << 10
	t.MaxIdleConnsPerHost = 8 // the parts of a download, at the same time
	// Of several responses on one connection, the end of one that is silent does not end
	// the connection, and the next attempt would wait for the same server.
	t.HTTP2 = &http.HTTP2Config{SendPingTimeout: s.stall / 2, PingTimeout: s.stall / 2}
	s.clock = &locate.Clock{Transport: t}
	s.client = &http.Client{Transport: s.clock, CheckRedirect: s.checkRedirect}
	return s, nil
}

// Close closes idle connections.
func (s *Source) Close() error {
	s.client.CloseIdleConnections()
	return nil
}

// ServerTime returns the time by the server's clock, as described by locate.Clocked.
func (s *Source) ServerTime() (time.Time, bool) { return s.clock.ServerTime() }

// Credentials describes the signature of the link, as described by locate.Expiring.
func (s *Source) Credentials(context.Context) locate.Credentials {
	signed := locate.SignedFor(s.url.Query())
	switch {
	case !signed.Ends.IsZero():
		return signed
	case s.isSigned():
		return locate.Credentials{Why: "the link does not state when it ends"}
	case len(s.headers) > 0:
		return locate.Credentials{Why: "a header does not state when it ends"}
	default:
		return locate.Credentials{Text: "none"}
	}
}

func parse(from string) (*url.URL, error) {
	u, err := url.Parse(from)
	switch {
	case err != nil:
		return nil, errors.New("is not a URL (want https://host/file; percent-encode special characters)")
	case u.Hostname() == "":
		return nil, errors.New("names no host (want https://host/file)")
	case u.Scheme != "https" && !isLoopback(u.Hostname()):
		return nil, errors.New("is not encrypted (want https://host/file; http:// is for this machine only, such as http://127.0.0.1/file)")
	case u.Fragment != "":
		return nil, errors.New("has a fragment (want https://host/file with # as %23)")
	case strings.HasSuffix(u.Path, "/") || u.Path == "":
		return nil, errors.New("names no file (want https://host/file: a web server does not list directories)")
	}
	return u, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// URI returns the URL without user, password and query, whatever the object: the source
// has only one.
func (s *Source) URI(locate.Object) string {
	return s.url.Scheme + "://" + s.url.Host + s.url.EscapedPath()
}

// key returns the last part of the path.
func (s *Source) key() string {
	last := path.Base(s.url.EscapedPath())
	if name, err := url.PathUnescape(last); err == nil {
		return name
	}
	return last
}

// Sequential reports whether the server does not answer with parts of the file. It is
// known after List.
func (s *Source) Sequential(locate.Object) bool { return s.sequential.Load() }
