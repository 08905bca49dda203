package locate_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/drillgres/drillgres/drill/locate"
)

// blocked is a reader of a file system that does not answer.
type blocked struct{ until chan struct{} }

func (b blocked) Read([]byte) (int, error) {
	<-b.until
	return 0, io.EOF
}

func TestAwaitEndsABlockedOperation(t *testing.T) {
	released, discarded := make(chan struct{}), make(chan int, 1)
	hang := func() (int, error) {
		<-released
		return 4711, nil
	}
	if _, err := locate.Await(t.Context(), time.Millisecond, hang, func(v int) { discarded <- v }); err == nil || !strings.Contains(err.Error(), "did not answer within") {
		t.Errorf("got %v", err)
	}
	close(released)
	if got := <-discarded; got != 4711 {
		t.Errorf("discarded %d", got)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("stopped")
	cancel(reason)
	if _, err := locate.Await(ctx, time.Hour, func() (int, error) { return 1, nil }, nil); !errors.Is(err, reason) {
		t.Errorf("got %v", err)
	}
}

func TestPatiently(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789"), 100_000)
	got, err := io.ReadAll(locate.Patiently(t.Context(), time.Minute, bytes.NewReader(content)))
	if err != nil || !bytes.Equal(got, content) {
		t.Errorf("read %d of %d bytes, %v", len(got), len(content), err)
	}
	got, err = io.ReadAll(locate.Patiently(t.Context(), time.Minute, io.MultiReader(strings.NewReader("dump"), iotest.ErrReader(io.ErrNoProgress))))
	if !errors.Is(err, io.ErrNoProgress) || string(got) != "dump" {
		t.Errorf("read %q, %v", got, err)
	}
	until := make(chan struct{})
	defer close(until)
	for name, limit := range map[string]time.Duration{"the limit": time.Millisecond, "the context": time.Hour} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		r := locate.Patiently(ctx, limit, blocked{until})
		for range 2 { // the error stays
			if _, err := r.Read(make([]byte, 10)); err == nil || errors.Is(err, io.EOF) {
				t.Errorf("%s: %v", name, err)
			}
		}
		cancel()
	}
}
