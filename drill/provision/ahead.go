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

// opening is a sandbox that is being opened or is open.
type opening struct {
	user     string // superuser
	password redact.Secret
	cancel   context.CancelFunc
	done     chan struct{} // closed when the fields below are set
	running  sandbox.Running
	err      error
}

// Begin starts to open the sandbox while the backup is still being fetched.
// Provision then waits for it. If the sandbox depends on the dump, Begin does
// nothing, and Provision opens the sandbox.
func (p *Provisioner) Begin(ctx context.Context) {
	if listsLibrary(byLowerName(p.Config.Settings)["shared_preload_libraries"], "pg_cron") {
		return // pg_cron needs the database's name at the start of the server
	}
	p.ahead = p.open(ctx, inspect.Needs{})
}

// Abandon closes a sandbox that Begin opened and Provision has not taken over. It
// returns what could not be removed.
func (p *Provisioner) Abandon(ctx context.Context) (leftovers []string) {
	o := p.ahead
	if o == nil {
		return nil
	}
	p.ahead = nil
	o.cancel()
	<-o.done // a cancelled Open ends soon, and removes what it created
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
	o := &opening{user: newSuperuser(), password: newPassword(), cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(o.done)
		defer func() {
			if p := recover(); p != nil { // a panic in this goroutine would end the process
				o.err = outcome.Fail(outcome.Internal, "panic: %v\n%s", p, debug.Stack())
			}
		}()
		o.running, o.err = p.Opener.Open(ctx, p.spec(needs, o.user, o.password))
	}()
	return o
}

// awaitSandbox waits for the sandbox of Begin, or opens a new one. It returns the cause of
// ctx if ctx ends first. Abandon remains responsible for the sandbox until Provision
// puts it into a Server.
func (p *Provisioner) awaitSandbox(ctx context.Context, needs inspect.Needs) (*opening, error) {
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
