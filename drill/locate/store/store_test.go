package store_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/locate/sourcetest"
	"github.com/drillgres/drillgres/drill/locate/store"
	"github.com/drillgres/drillgres/drill/outcome"
)

func TestWithin(t *testing.T) {
	wait := func(ctx context.Context) (int, error) {
		<-ctx.Done()
		return 0, ctx.Err()
	}
	if _, err := store.Within(t.Context(), time.Millisecond, wait); err == nil || !strings.Contains(err.Error(), "no complete answer within") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := store.Within(ctx, time.Minute, wait); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v of a context that is done", err)
	}
}

func TestWithoutURL(t *testing.T) {
	inner := errors.New("connection refused")
	request := &url.Error{Op: "Get", URL: "https://h/x?sig=hunter2", Err: fmt.Errorf("dial: %w", inner)}
	for _, err := range []error{request, fmt.Errorf("list: %w", request), &url.Error{Op: "Get", URL: "https://h/?sig=hunter2", Err: request}} {
		if got := store.WithoutURL(err).Error(); got != "dial: connection refused" {
			t.Errorf("got %q", got)
		}
	}
	if got := store.WithoutURL(fmt.Errorf("list: %w", inner)); !errors.Is(got, inner) {
		t.Errorf("got %v", got)
	}
}

// Credentials may allow listing only the folder.
func TestFolderThatDoesNotExist(t *testing.T) {
	denied := outcome.Fail(outcome.SourceDenied, "refused")
	for _, c := range []struct {
		folder, single error
		want           outcome.Code
	}{
		{nil, denied, ""},
		{denied, nil, outcome.SourceDenied},
		{nil, outcome.Fail(outcome.SourceUnreachable, "x"), outcome.SourceUnreachable},
	} {
		f := store.Folder{Root: "gs://acme", Path: "prod"}
		objects, err := f.List(t.Context(), func(_ context.Context, prefix string, limit int) ([]locate.Object, error) {
			if prefix == "prod" && limit == 1 {
				return nil, c.single
			}
			return nil, c.folder
		})
		if c.want != "" {
			sourcetest.WantCode(t, err, c.want)
		} else if err != nil || len(objects) != 0 {
			t.Errorf("got %v, %v", objects, err)
		}
	}
}

// Another host must not receive the credentials.
func TestClientFollowsNoRedirect(t *testing.T) {
	followed := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed = true }))
	defer other.Close()
	front := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer front.Close()
	transport := store.Network{}.Transport()
	defer transport.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, front.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := store.Client(transport).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusTemporaryRedirect || followed {
		t.Errorf("status %d, followed: %v", answer.StatusCode, followed)
	}
}
