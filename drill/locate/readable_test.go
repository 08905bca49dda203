package locate

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// answers is a source whose bodies are what body returns.
type answers struct {
	body func(context.Context) io.Reader
}

func (a answers) List(context.Context) ([]Object, error) { return nil, nil }
func (a answers) URI(Object) string                      { return "test:///shop.dump" }
func (a answers) ReadRange(ctx context.Context, _ Object, _, _ int64) (io.ReadCloser, error) {
	return io.NopCloser(a.body(ctx)), nil
}

// silent sends nothing until its context is done.
type silent struct{ ctx context.Context }

func (s silent) Read([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}

// TestOpenEnds checks that reading a backup always ends, and in which failure.
func TestOpenEnds(t *testing.T) {
	for name, c := range map[string]struct {
		body func(context.Context) io.Reader
		want string
	}{
		"all bytes":            {func(context.Context) io.Reader { return strings.NewReader("dump") }, ""},
		"too few":              {func(context.Context) io.Reader { return strings.NewReader("du") }, "ended 2 bytes early"},
		"the connection broke": {func(context.Context) io.Reader { return iotest.ErrReader(errors.New("reset by peer")) }, "reset by peer"},
		"no byte arrives":      {func(ctx context.Context) io.Reader { return silent{ctx} }, "no bytes for"},
		"no further byte":      {func(ctx context.Context) io.Reader { return io.MultiReader(strings.NewReader("d"), silent{ctx}) }, "no bytes for"},
	} {
		b := Backup{Source: answers{c.body}, Object: Object{Size: 4}, URI: "test:///shop.dump"}
		r, err := b.open(t.Context(), 4, 20*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.ReadAll(r)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (err == nil || outcome.AsFailure(err).Code != outcome.SourceUnreachable || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
		if err := r.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOpenReturnsTheCauseOfItsContext(t *testing.T) {
	enough := errors.New("enough")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 10*time.Millisecond, enough)
	defer cancel()
	b := Backup{Source: answers{func(ctx context.Context) io.Reader { return silent{ctx} }}, Object: Object{Size: 4}}
	if err := b.CheckReadable(ctx); !errors.Is(err, enough) {
		t.Errorf("got %v", err)
	}
}
