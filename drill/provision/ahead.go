package provision

import (
	"context"
	"errors"
	"runtime/debug"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/sandbox"
)

// opening is a sandbox that is being opened, or has been.
type opening struct {
	password redact.Secret
	cancel   context.CancelFunc
	done     chan struct{} // closed when the fields below are set
	running  sandbox.Running
	err      error
}

// Begin opens the sandbox while the backup is still on its way, because
// nothing of it depends on the dump; Provision then waits for this one. A
// sandbox that does depend on the dump is left to Provision.
func (p *Provisioner) Begin(ctx context.Context) {
	if loads(byLowerName(p.Config.Settings)["shared_preload_libraries"], "pg_cron") {
		return // it must be told the database's name when it starts
	}
	p.ahead = p.open(ctx, inspect.Needs{})
}

// Abandon closes a sandbox that Begin opened and Provision has not taken over,
// and tells what is left of it.
func (p *Provisioner) Abandon(ctx context.Context) (leftovers []string) {
	o := p.ahead
	if o == nil {
		return nil
	}
	p.ahead = nil
	o.cancel()
	<-o.done // a cancelled Open ends soon, and removes what it made
	if o.running.Pod != nil {
		return o.running.Close(ctx)
	}
	var left *sandbox.LeftBehind
	if errors.As(o.err, &left) {
		return left.Things
	}
	return nil
}

func (p *Provisioner) open(ctx context.Context, needs inspect.Needs) *opening {
	ctx, cancel := context.WithCancel(ctx)
	o := &opening{password: newPassword(), cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(o.done)
		defer func() {
			if p := recover(); p != nil { // nobody else guards this goroutine
				o.err = outcome.Fail(outcome.Internal, "panic: %v\n%s", p, debug.Stack())
			}
		}()
		o.running, o.err = p.Opener.Open(ctx, p.spec(needs, o.password))
	}()
	return o
}

// take is the sandbox that was begun, or else a new one. While ctx lives it
// is waited for. It stays Abandon's until a Server has it.
func (p *Provisioner) take(ctx context.Context, needs inspect.Needs) (*opening, error) {
	if p.ahead == nil {
		p.ahead = p.open(ctx, needs)
	}
	o := p.ahead
	select {
	case <-o.done:
		return o, o.err
	case <-ctx.Done():
		return o, context.Cause(ctx)
	}
}
