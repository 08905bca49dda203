package metrics_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"github.com/drillgres/drillgres/drill/fleet"
	"github.com/drillgres/drillgres/drill/metrics"
	"github.com/drillgres/drillgres/drill/record"
)

// TestUpdateTextfile checks that states are neither read nor written while another process
// does so.
func TestUpdateTextfile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "drillgres.prom")
	other := flock.New(path + ".lock")
	if held, err := other.TryLock(); !held || err != nil {
		t.Fatal(held, err)
	}
	h := history(t, passed("shop", 0))
	began := false
	update := func(ctx context.Context) error {
		return metrics.UpdateTextfile(ctx, path, func() ([]metrics.State, error) {
			began = true
			return read(t, h, "shop"), nil
		})
	}
	limited, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := update(limited); !errors.Is(err, context.DeadlineExceeded) || began {
		t.Errorf("while it is locked: %v, read: %t", err, began)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Error(err)
	}
	if err := other.Unlock(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := update(t.Context()); err != nil || !began {
			t.Errorf("%v, read: %t", err, began)
		}
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
	gone := filepath.Join(t.TempDir(), "gone", "drillgres.prom")
	if err := metrics.UpdateTextfile(t.Context(), gone, nil); err == nil || err.Error() != "write metrics to "+gone+": its directory does not exist" {
		t.Error(err)
	}
}

// brokenStore is a history whose server is down.
type brokenStore struct{ record.Store }

func (brokenStore) Entries(context.Context, string) ([]record.Entry, error) {
	return nil, errors.New("connection refused")
}

// TestHandlerLogs checks that the reason is in the log, and not in the answer.
func TestHandlerLogs(t *testing.T) {
	var log strings.Builder
	answer := httptest.NewRecorder()
	h := record.New(brokenStore{}, "history.internal")
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil)
	targets := map[string]fleet.Targets{"shop": {}}
	metrics.Handler(h, targets, "1.2.3", time.Now, slog.New(slog.NewTextHandler(&log, nil))).ServeHTTP(answer, request)
	if answer.Code != http.StatusServiceUnavailable || strings.Contains(answer.Body.String(), "refused") || !strings.Contains(log.String(), "connection refused") {
		t.Errorf("%d %s\n%s", answer.Code, answer.Body, log.String())
	}
}
