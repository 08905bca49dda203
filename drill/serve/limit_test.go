package serve_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/serve"
)

// TestGuesses checks that a password cannot be guessed quickly, that each refusal is in the
// log with its address, and that nothing that was typed is.
func TestGuesses(t *testing.T) {
	var log strings.Builder
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	g := serve.Guard{User: "audit", Password: "s3cret-4711", Now: func() time.Time { return now }, Log: slog.New(slog.NewTextHandler(&log, nil))}
	pages := g.Protect(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	ask := func(from, password string) *httptest.ResponseRecorder {
		r, answer := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil), httptest.NewRecorder()
		r.RemoteAddr = from
		if password != "" {
			r.SetBasicAuth("audit", password)
		}
		pages.ServeHTTP(answer, r)
		return answer
	}
	for i := range 10 {
		if got := ask(fmt.Sprintf("192.0.2.7:%d", 1000+i), "typed"); got.Code != http.StatusUnauthorized {
			t.Errorf("guess %d: %d", i, got.Code)
		}
	}
	if got := ask("192.0.2.7:2000", "s3cret-4711"); got.Code != http.StatusTooManyRequests || got.Header().Get("Retry-After") != "61" || got.Header().Get("X-Content-Type-Options") == "" {
		t.Errorf("the eleventh: %d %v", got.Code, got.Header())
	}
	if got := ask("192.0.2.8:2000", "s3cret-4711"); got.Code != http.StatusOK {
		t.Errorf("of another address: %d", got.Code)
	}
	if got := ask("192.0.2.7:2000", ""); got.Code != http.StatusUnauthorized {
		t.Errorf("a browser that does not know yet that it needs a password: %d", got.Code)
	}
	for i := range 10 {
		ask(fmt.Sprintf("[2001:db8::%d]:99", i), "typed")
	}
	if got := ask("[2001:db8::abcd]:99", "typed"); got.Code != http.StatusTooManyRequests {
		t.Errorf("of the same network: %d", got.Code)
	}
	now = now.Add(time.Minute)
	if got := ask("192.0.2.7:2000", "s3cret-4711"); got.Code != http.StatusOK {
		t.Errorf("a minute later: %d", got.Code)
	}
	if n := strings.Count(log.String(), "192.0.2.7:"); n != 12 || strings.Contains(log.String(), "typed") || strings.Contains(log.String(), "4711") {
		t.Errorf("%d refusals in\n%s", n, log.String())
	}
}

// TestManyAddresses checks that guesses from everywhere need no more memory, and that they
// lock nobody out who knows the password.
func TestManyAddresses(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	g := serve.Guard{User: "audit", Password: "s3cret-4711", Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)}
	pages := g.Protect(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	codes := map[int]int{}
	ask := func(from, password string) int {
		r, answer := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil), httptest.NewRecorder()
		r.RemoteAddr = from
		r.SetBasicAuth("audit", password)
		pages.ServeHTTP(answer, r)
		return answer.Code
	}
	for i := range 10_100 {
		codes[ask(fmt.Sprintf("[2001:db8:%x::1]:99", i), "typed")]++
	}
	if got := ask("192.0.2.7:99", "s3cret-4711"); got != http.StatusOK {
		t.Errorf("the right password: %d", got)
	}
	if codes[http.StatusUnauthorized] != 10_000 || codes[http.StatusTooManyRequests] != 100 {
		t.Errorf("%v", codes)
	}
}
