package provision

import (
	"context"
	"errors"
	"runtime/debug"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/extension"
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
	plan     plan
	skipped  bool // Begin could not know what the dump needs
	running  sandbox.Running
	err      error

	session *pgx.Conn // the first that the server answered; nil: none, or taken
	since   time.Time // of session
}

// idleAtMost is how long a session may be idle before it is replaced. During a fetch of hours, something
// between drillgres and a remote engine may drop a connection that nobody uses.
const idleAtMost = 20 * time.Second

// ready returns nil once the server answers a query over TCP. The entrypoint's
// temporary server does not listen on TCP. It keeps the session.
func (o *opening) ready(ctx context.Context, d sandbox.Dialer) error {
	conn, err := Connect(ctx, d, "template1", o.user, o.password)
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "select 1"); err != nil {
		Close(ctx, conn)
		return err
	}
	o.session, o.since = conn, time.Now()
	return nil
}

// takeSession returns the session of ready, or nil if there is none that can still be used. The
// caller must close it.
func (o *opening) takeSession(ctx context.Context) *pgx.Conn {
	conn := o.session
	o.session = nil
	if conn != nil && time.Since(o.since) > idleAtMost {
		Close(ctx, conn)
		return nil
	}
	return conn
}

// Begin starts to open the sandbox while the backup is still being fetched, with the image
// that the last drill used. Provision then waits for it. If the sandbox depends on the
// dump, Begin opens none, and Provision does.
func (p *Provisioner) Begin(ctx context.Context) {
	p.ahead = p.open(ctx, inspect.Needs{}, func(ctx context.Context) (plan, bool) {
		first := p.firstPlan(ctx)
		// Such as pg_cron, which needs the database's name at the start of the server.
		return first, !extension.NeedDatabase(first.preload)
	})
}

// Abandon closes a sandbox that Begin opened and Provision has not taken over. It
// returns what could not be removed.
func (p *Provisioner) Abandon(ctx context.Context) (leftovers []string) {
	p.closeSession(ctx)
	o := p.ahead
	if o == nil {
		return nil
	}
	p.ahead = nil
	o.cancel()
	<-o.done // a cancelled Open ends soon, and removes what it created
	if conn := o.takeSession(ctx); conn != nil {
		Close(ctx, conn)
	}
	if o.running.Pod != nil {
		return o.running.Close(ctx)
	}
	var left *sandbox.LeftBehind
	if errors.As(o.err, &left) {
		return left.Things
	}
	return nil
}

// open opens a sandbox in the background, unless choose returns false.
func (p *Provisioner) open(ctx context.Context, needs inspect.Needs, choose func(context.Context) (plan, bool)) *opening {
	ctx, cancel := context.WithCancel(ctx)
	o := &opening{user: newSuperuser(), password: newPassword(), cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(o.done)
		defer func() {
			if p := recover(); p != nil { // a panic in this goroutine would end the process
				o.err = outcome.Fail(outcome.Internal, "panic: %v\n%s", p, debug.Stack())
			}
		}()
		var wanted bool
		if o.plan, wanted = choose(ctx); !wanted {
			o.skipped = true
			return
		}
		spec := p.spec(needs, o.plan, o.user, o.password)
		spec.Ready = o.ready
		o.running, o.err = p.Opener.Open(ctx, spec)
	}()
	return o
}

// awaitSandbox waits for the sandbox of Begin, or opens a new one. It returns the cause of
// ctx if ctx ends first. Abandon remains responsible for the sandbox until Provision
// puts it into a Server.
func (p *Provisioner) awaitSandbox(ctx context.Context, needs inspect.Needs) (*opening, error) {
	if p.ahead != nil {
		o, err := await(ctx, p.ahead)
		if err != nil || !o.skipped {
			return o, err
		}
		p.ahead = p.openNow(ctx, needs, o.plan)
	} else {
		p.ahead = p.open(ctx, needs, func(ctx context.Context) (plan, bool) { return p.firstPlan(ctx), true })
	}
	return await(ctx, p.ahead)
}

func (p *Provisioner) openNow(ctx context.Context, needs inspect.Needs, chosen plan) *opening {
	return p.open(ctx, needs, func(context.Context) (plan, bool) { return chosen, true })
}

func await(ctx context.Context, o *opening) (*opening, error) {
	select {
	case <-o.done:
		return o, o.err
	case <-ctx.Done():
		return o, context.Cause(ctx)
	}
}
