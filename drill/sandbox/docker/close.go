package docker

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/moby/moby/client"
)

const (
	removeWithin = 30 * time.Second
	removeAgain  = 200 * time.Millisecond
)

// Close ends what watches the pod and removes everything that carries its
// run's label, even if the context is cancelled. It may be called twice.
func (p *pod) Close(ctx context.Context) (leftovers []string) {
	p.stop()
	p.chores.close()
	leftovers = p.engine.removeRun(context.WithoutCancel(ctx), p.spec.RunID)
	p.chores.Wait()
	return leftovers
}

// chores is what goes on in a pod's background, and must have ended when the
// pod's Close has.
type chores struct {
	sync.WaitGroup
	mu     sync.Mutex
	closed bool
}

// Go starts a chore; a late one, of a pod that is closing, is done at once.
func (c *chores) Go(do func()) {
	c.mu.Lock()
	late := c.closed
	if !late {
		c.WaitGroup.Go(do)
	}
	c.mu.Unlock()
	if late {
		do()
	}
}

func (c *chores) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
}

// discard removes one container whose failure is being reported; if it cannot
// be removed now, the pod's Close tries again and tells.
func (e *Engine) discard(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeWithin)
	defer cancel()
	_, _ = e.client.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
}

// removeRun removes everything of a run and looks again until nothing is
// left: an engine may refuse for a moment what it is still busy with.
func (e *Engine) removeRun(ctx context.Context, run string) (leftovers []string) {
	ctx, cancel := context.WithTimeout(ctx, removeWithin)
	defer cancel()
	for again := false; ; again = true {
		things, err := e.things(ctx, labelRun+"="+run)
		if err != nil {
			return []string{fmt.Sprintf("whatever carries the label %s=%s (%v)", labelRun, run, err)}
		}
		if len(things) == 0 {
			return nil
		}
		if again && pause(ctx, removeAgain) != nil {
			return leftovers
		}
		leftovers = nil
		for _, t := range things {
			if err := e.remove(ctx, t); err != nil {
				leftovers = append(leftovers, fmt.Sprintf("%s (%v)", t, err))
			}
		}
	}
}
