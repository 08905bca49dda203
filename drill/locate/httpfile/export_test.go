package httpfile

import (
	"net/http"
	"time"
)

// Hurry sets how long the source waits, for tests.
func (s *Source) Hurry(stall time.Duration) {
	s.stall, s.backoff = stall, time.Millisecond
	s.transport().ResponseHeaderTimeout = stall
}

// Trust lets the source trust the certificates that another client trusts.
func (s *Source) Trust(c *http.Client) {
	s.transport().TLSClientConfig = c.Transport.(*http.Transport).TLSClientConfig.Clone()
}

// SetNow sets the source's clock.
func (s *Source) SetNow(now time.Time) { s.now = func() time.Time { return now } }

// Answer lets the source get this answer to every request.
func (s *Source) Answer(answer func(*http.Request) (*http.Response, error)) {
	s.client.Transport, s.attempts = answers(answer), 1
}

type answers func(*http.Request) (*http.Response, error)

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) { return a(r) }

func (s *Source) transport() *http.Transport { return s.clock.Transport }
