//go:build !windows

package fetch_test

import (
	"context"
	"path/filepath"
	"syscall"
	"testing"
	"time"

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
