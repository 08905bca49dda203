package docker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
)

const (
	removeWithin = 60 * time.Second
	removeAgain  = 200 * time.Millisecond
)

// Close ends what watches the pod and removes everything that carries its
// run's label, even if the context is cancelled. It may be called twice.
func (p *pod) Close(ctx context.Context) (leftovers []string) {
	p.stop()
	leftovers = p.engine.removeRun(context.WithoutCancel(ctx), p.spec.RunID)
	p.background.Wait()
	return leftovers
}

// discard removes one container whose failure is being reported; if it cannot
// be removed now, the pod's Close tries again and tells.
func (e *Engine) discard(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeWithin)
	defer cancel()
	_, _ = e.client.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
}

// removeRun removes everything of a run and then looks what is left. An
// engine may refuse for a moment to remove what it is still busy with.
func (e *Engine) removeRun(ctx context.Context, run string) (leftovers []string) {
	ctx, cancel := context.WithTimeout(ctx, removeWithin)
	defer cancel()
	for {
		things, err := e.things(ctx, labelRun+"="+run)
		if err != nil {
			return []string{fmt.Sprintf("whatever carries the label %s=%s (%v)", labelRun, run, err)}
		}
		if len(things) == 0 {
			return nil
		}
		var refused []error
		leftovers = nil
		for _, t := range things {
			if err := e.remove(ctx, t); err != nil {
				refused = append(refused, err)
				leftovers = append(leftovers, fmt.Sprintf("%s (%v)", t, err))
			}
		}
		if len(refused) > 0 && (pause(ctx, removeAgain) != nil || permanent(errors.Join(refused...))) {
			return leftovers
		}
	}
}

func permanent(err error) bool { return errdefs.IsPermissionDenied(err) }
