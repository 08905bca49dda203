package locate_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/locate"
)

func TestClock(t *testing.T) {
	ahead := 3 * time.Hour
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
		switch r.URL.Path {
		case "/cached":
			w.Header().Set("Age", "7200")
		case "/undated":
			w.Header()["Date"] = nil
		}
	}))
	defer server.Close()
	clock := &locate.Clock{Transport: &http.Transport{}}
	defer clock.CloseIdleConnections()
	get := func(path string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := clock.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
	}
	for _, path := range []string{"/cached", "/undated"} {
		get(path)
		if at, known := clock.ServerTime(); known {
			t.Errorf("%s states %s", path, at)
		}
	}
	get("/")
	if at, known := clock.ServerTime(); !known || (time.Until(at)-ahead).Abs() > time.Minute {
		t.Errorf("the server's time is %s, %t", at, known)
	}
}
