package drill

import (
	"context"
	"sync"
	"time"

	"github.com/drillgres/drillgres/drill/locate"
)

// shortFetch is how long a fetch runs before the sandbox is begun. A small backup
// nearby arrives sooner, and inspect may find at once that it is broken.
const shortFetch = 300 * time.Millisecond

// The sizes in bytes from which reading a local backup, or downloading one, takes longer than
// that. The sandbox then begins at once, and the rows are loaded while they arrive.
const (
	largeFile     = 64 << 20
	largeDownload = 16 << 20
)

func isLarge(b locate.Backup) bool {
	if _, local := b.Source.(locate.LocalPath); local {
		return b.Size >= largeFile
	}
	return b.Size >= largeDownload
}

// sandboxDelay returns how long the fetch of a backup runs before the sandbox is begun.
func sandboxDelay(b locate.Backup) time.Duration {
	if isLarge(b) {
		return 0
	}
	return shortFetch
}

// beginSandbox starts the sandbox while a backup is fetched. The caller must call
// endFetch when the fetch has ended.
func (r *runner) beginSandbox(ctx context.Context, backup locate.Backup) (endFetch func()) {
	b, ok := r.d.Provisioner.(Beginner)
	if !ok || r.failure != nil {
		return func() {}
	}
	done := make(chan struct{})
	timer := time.AfterFunc(sandboxDelay(backup), func() {
		defer close(done)
		b.Begin(ctx)
	})
	return sync.OnceFunc(func() {
		if !timer.Stop() {
			<-done
		}
	})
}
