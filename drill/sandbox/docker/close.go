package docker

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/moby/moby/client"
)

const (
	removeWithin        = 30 * time.Second
	removeRetryInterval = 200 * time.Millisecond
)

// Close stops watching the pod and removes everything with the label of its
// run, even if the context is cancelled. It may be called twice.
func (p *pod) Close(ctx context.Context) (leftovers []string) {
	p.stop()
	p.background.close()
	leftovers = p.engine.removeRun(context.WithoutCancel(ctx), p.spec.RunID)
	p.background.Wait()
	p.closeSpare()
	return leftovers
}

// background runs the goroutines of a pod. The pod's Close waits for all of them.
type background struct {
	sync.WaitGroup
	mu     sync.Mutex
	closed bool
}

// Go calls f in a goroutine, or directly if the pod is already closing.
func (b *background) Go(f func()) {
	b.mu.Lock()
	closed := b.closed
	if !closed {
		b.WaitGroup.Go(f)
	}
	b.mu.Unlock()
	if closed {
		f()
	}
}

func (b *background) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
}

// discard removes a container whose failure is being reported. It ignores
// errors, because the pod's Close tries again and reports what remains.
func (e *Engine) discard(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeWithin)
	defer cancel()
	_, _ = e.client.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
}

// removeRun removes everything that belongs to a run. It tries again until
// nothing is left, because an engine may refuse to remove what is still in use.
func (e *Engine) removeRun(ctx context.Context, run string) (leftovers []string) {
	ctx, cancel := context.WithTimeout(ctx, removeWithin)
	defer cancel()
	for first := true; ; first = false {
		resources, err := e.list(ctx, labelRun+"="+run)
		if err != nil {
			return []string{fmt.Sprintf("everything with the label %s=%s (%v)", labelRun, run, err)}
		}
		if len(resources) == 0 {
			return nil
		}
		if !first && pause(ctx, removeRetryInterval) != nil {
			return leftovers
		}
		leftovers = nil
		for _, t := range resources {
			if err := e.remove(ctx, t); err != nil {
				leftovers = append(leftovers, fmt.Sprintf("%s (%v)", t, err))
			}
		}
	}
}
