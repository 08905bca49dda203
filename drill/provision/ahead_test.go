package provision_test

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/sandbox"
)

// slowOpener opens a sandbox when let is closed, unless its context ends first.
type slowOpener struct {
	let    chan struct{}
	opened int
	pod    *closable
}

func (o *slowOpener) Open(ctx context.Context, _ sandbox.Spec) (sandbox.Running, error) {
	o.opened++
	select {
	case <-o.let: // checked first, even if the context has ended
		return sandbox.Running{Pod: o.pod}, nil
	default:
	}
	select {
	case <-o.let:
		return sandbox.Running{Pod: o.pod}, nil
	case <-ctx.Done():
		return sandbox.Running{}, context.Cause(ctx)
	}
}

// closable is a pod without a server.
type closable struct {
	sandbox.Pod
	closed int
}

func (c *closable) Close(context.Context) []string { c.closed++; return nil }
func (c *closable) Health(context.Context) error   { return nil }
func (c *closable) Dial(context.Context, string, string) (net.Conn, error) {
	return nil, errors.New("no server")
}

func newAhead(settings map[string]string) (*provision.Provisioner, *slowOpener) {
	o := &slowOpener{let: make(chan struct{}), pod: &closable{}}
	return &provision.Provisioner{
		Opener: o, RunID: "run-ahead", Database: "shop", Config: config.Postgres{Version: "15", Settings: settings},
	}, o
}

func TestAbandonClosesAnUnusedSandbox(t *testing.T) {
	p, o := newAhead(nil)
	close(o.let)
	p.Begin(t.Context())
	if left := p.Abandon(t.Context()); left != nil || o.pod.closed != 1 {
		t.Errorf("left %q, closed %d times, want once", left, o.pod.closed)
	}
}

func TestAbandonEndsAnOpenThatHangs(t *testing.T) {
	p, o := newAhead(nil)
	p.Begin(t.Context())
	if left := p.Abandon(t.Context()); left != nil || o.pod.closed != 0 {
		t.Errorf("left %q, closed %d", left, o.pod.closed)
	}
	if left := p.Abandon(t.Context()); left != nil {
		t.Errorf("the second time: %q", left)
	}
}

func TestProvisionTakesOverTheSandboxOfBegin(t *testing.T) {
	p, o := newAhead(nil)
	p.Begin(t.Context())
	close(o.let)
	s, err := p.Provision(t.Context(), inspect.Needs{})
	if err == nil || s.Pod != sandbox.Pod(o.pod) || o.opened != 1 {
		t.Errorf("opened %d, pod %v, err %v; want one pod and an error", o.opened, s.Pod, err)
	}
	if p.Abandon(t.Context()); o.pod.closed != 0 {
		t.Error("the sandbox that was taken over was closed")
	}
}

func TestBeginOpensNoSandboxThatDependsOnTheDump(t *testing.T) {
	p, o := newAhead(map[string]string{"shared_preload_libraries": "pg_cron"})
	p.Begin(t.Context())
	if p.Abandon(t.Context()); o.opened != 0 {
		t.Error("the sandbox was opened before the database's name was known")
	}
}

func TestAbandonReturnsTheLeftoversOfAFailedOpen(t *testing.T) {
	p, o := newAhead(nil)
	p.Opener = failing{&sandbox.LeftBehind{Err: errors.New("no engine"), Things: []string{"container x"}}}
	if _, err := p.Provision(t.Context(), inspect.Needs{}); err == nil || err.Error() != "no engine" {
		t.Errorf("err %v", err)
	}
	if left := p.Abandon(t.Context()); len(left) != 1 || left[0] != "container x" || o.opened != 0 {
		t.Errorf("left %q", left)
	}
	if left := p.Abandon(t.Context()); left != nil {
		t.Errorf("the second time: %q", left)
	}
}

type failing struct{ err error }

func (f failing) Open(context.Context, sandbox.Spec) (sandbox.Running, error) {
	return sandbox.Running{}, f.err
}

func TestAnInterruptedProvisionIsAbandoned(t *testing.T) {
	p, o := newAhead(nil)
	ctx, cancel := context.WithCancel(t.Context())
	p.Begin(t.Context())
	cancel()
	if _, err := p.Provision(ctx, inspect.Needs{}); !errors.Is(err, context.Canceled) {
		t.Errorf("err %v", err)
	}
	if p.Abandon(t.Context()); o.opened != 1 || o.pod.closed != 0 {
		t.Errorf("opened %d, closed %d", o.opened, o.pod.closed)
	}
}
