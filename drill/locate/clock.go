package locate

import (
	"net/http"
	"sync"
	"time"
)

// Clocked is implemented by a source whose server states the time.
type Clocked interface {
	// ServerTime returns the time by the server's clock. It returns false as long as no
	// answer of the server has stated it.
	ServerTime() (time.Time, bool)
}

// Clock is a transport that reads the server's clock from the Date of its answers. It is
// safe for concurrent use.
type Clock struct {
	*http.Transport

	mu     sync.Mutex
	stated time.Time // by the last answer
	at     time.Time // when that arrived
}

var _ Clocked = (*Clock)(nil)

// RoundTrip implements http.RoundTripper. The answer of a cache does not count: its Date is
// that of the answer that it keeps.
func (c *Clock) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := c.Transport.RoundTrip(r)
	if err != nil || answer.Header.Get("Age") != "" {
		return answer, err
	}
	if date, parsed := http.ParseTime(answer.Header.Get("Date")); parsed == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.stated, c.at = date, time.Now()
	}
	return answer, nil
}

// ServerTime implements Clocked.
func (c *Clock) ServerTime() (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stated.IsZero() {
		return time.Time{}, false
	}
	return c.stated.Add(time.Since(c.at)), true
}
