package serve_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/serve"
)

// slowStore is a history whose server takes some time to fail.
type slowStore struct {
	record.Store
	takes time.Duration
	reads *atomic.Int32
}

func (s slowStore) Entries(ctx context.Context, _ string) ([]record.Entry, error) {
	s.reads.Add(1)
	select {
	case <-time.After(s.takes):
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// slow returns the pages of a slow history, and the number of times that it was read.
func slow(takes time.Duration) (pages http.Handler, reads *atomic.Int32) {
	reads = &atomic.Int32{}
	site := &serve.Site{History: record.New(slowStore{takes: takes, reads: reads}, "history"), Days: 90, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	return site.Handler(nil), reads
}

func get(t *testing.T, pages http.Handler, path string) int {
	t.Helper()
	answer := httptest.NewRecorder()
	pages.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return answer.Code
}

// TestHealthOfASlowHistory checks that the health answers although the history does not, also
// while others wait for it.
func TestHealthOfASlowHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pages, reads := slow(time.Minute)
		var readers sync.WaitGroup
		readers.Go(func() { get(t, pages, "/") })
		synctest.Wait()
		began := time.Now()
		if code := get(t, pages, "/healthz"); code != http.StatusServiceUnavailable || time.Since(began) != 10*time.Second {
			t.Errorf("%d after %s", code, time.Since(began))
		}
		readers.Wait()
		if n := reads.Load(); n != 1 {
			t.Errorf("it was read %d times", n)
		}
	})
}

// TestFailureIsKept checks that a history that is down is asked as seldom as one that answers.
func TestFailureIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pages, reads := slow(time.Second)
		for range 5 {
			if code := get(t, pages, "/healthz"); code != http.StatusServiceUnavailable {
				t.Error(code)
			}
			time.Sleep(3 * time.Second)
		}
		if n := reads.Load(); n != 2 { // at 0 s, and ten seconds after that ended
			t.Errorf("it was read %d times", n)
		}
	})
}
