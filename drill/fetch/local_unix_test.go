//go:build !windows

package fetch_test

import (
	"context"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/locate/sourcetest"
	"github.com/drillgres/drillgres/drill/outcome"
)

// pipe is a source whose file blocks in open, as on a mount that does not answer: no
// context ends that.
type pipe struct {
	sourcetest.Memory
	name string
}

func (p *pipe) LocalPath(locate.Object) string { return p.name }

func TestLocalFileOfAHungMount(t *testing.T) {
	p := &pipe{name: filepath.Join(t.TempDir(), "shop.dump")}
	if err := syscall.Mkfifo(p.name, 0o600); err != nil {
		t.Skipf("no pipes here: %v", err)
	}
	t.Cleanup(func() { // release what still waits
		if fd, err := syscall.Open(p.name, syscall.O_RDWR, 0); err == nil {
			_ = syscall.Close(fd)
		}
	})
	b := locate.Backup{Source: p, Object: locate.Object{Key: "shop.dump", Size: 10}, URI: "file:///shop.dump"}
	f := fetcher(t, drain)
	f.Patience = 20 * time.Millisecond
	_, err := f.Fetch(t.Context(), b, nil)
	sourcetest.WantCode(t, err, outcome.SourceUnreachable)

	f.Patience = time.Hour
	ctx, cancel := context.WithTimeoutCause(t.Context(), 20*time.Millisecond, outcome.Fail(outcome.Interrupted, "enough"))
	defer cancel()
	_, err = f.Fetch(ctx, b, nil)
	sourcetest.WantCode(t, err, outcome.Interrupted)
}

// TestFollowAFileOfAHungMount reads a file another time whose bytes never come.
func TestFollowAFileOfAHungMount(t *testing.T) {
	p := &pipe{name: filepath.Join(t.TempDir(), "shop.dump")}
	if err := syscall.Mkfifo(p.name, 0o600); err != nil {
		t.Skipf("no pipes here: %v", err)
	}
	fd, err := syscall.Open(p.name, syscall.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	f := fetcher(t, drain)
	f.Arriving, f.Patience = inspect.NewArriving(), 20*time.Millisecond
	_, err = f.Fetch(t.Context(), locate.Backup{Source: p, Object: locate.Object{Key: "shop.dump", Size: 10}, URI: "file:///shop.dump"}, nil)
	sourcetest.WantCode(t, err, outcome.SourceUnreachable)

	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		stored, err := f.Arriving.Open(ctx)
		if err == nil {
			_, err = stored.Read(make([]byte, 1))
		}
		ended <- err
	}()
	cancel()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("it read a byte")
		}
	case <-time.After(30 * time.Second):
		t.Error("it still waits after the end of the context")
	}
}
