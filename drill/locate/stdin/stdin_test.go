package stdin_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/locate/stdin"
)

func TestStream(t *testing.T) {
	now := time.Date(2026, 11, 28, 3, 0, 0, 0, time.UTC)
	s := stdin.New(strings.NewReader("a dump"), func() time.Time { return now })
	b, err := locate.Locator{Source: s, Rules: locate.Rules{File: true}, Now: func() time.Time { return now }}.Locate(t.Context())
	if err != nil || b.Size != locate.UnknownSize || b.URI != stdin.Name || b.Chosen != "file" {
		t.Fatalf("%v, %+v", err, b)
	}
	if _, err := s.ReadRange(t.Context(), b.Object, 0, 1); err == nil {
		t.Error("a stream has ranges")
	}
	body, err := s.Stream(t.Context(), b.Object)
	if err != nil {
		t.Fatal(err)
	}
	if content, err := io.ReadAll(body); string(content) != "a dump" || err != nil {
		t.Errorf("%q, %v", content, err)
	}
}

// TestSilence: reading ends with the context, although the other end of a pipe is silent.
func TestSilence(t *testing.T) {
	r, w := io.Pipe()
	defer func() { _ = w.Close() }()
	ctx, cancel := context.WithCancelCause(t.Context())
	body, err := stdin.New(r, time.Now).Stream(ctx, locate.Object{})
	if err != nil {
		t.Fatal(err)
	}
	stopped := errors.New("stopped")
	cancel(stopped)
	if _, err := body.Read(make([]byte, 1)); !errors.Is(err, stopped) {
		t.Errorf("%v", err)
	}
}
