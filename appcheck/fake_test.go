package appcheck_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/appcheck"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/sandbox"
)

// fakePod starts no containers. Its port 8080 is an HTTP server of the test.
type fakePod struct {
	sandbox.Pod
	app      *fakeProcess
	services []*fakeProcess

	mu        sync.Mutex
	started   []sandbox.Container
	refusals  int // dials that are refused before one succeeds
	addresses map[string]string
}

func newPod(t *testing.T, handler http.Handler) *fakePod {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return &fakePod{
		app:       newProcess(),
		addresses: map[string]string{"127.0.0.1:8080": server.Listener.Addr().String()},
	}
}

func (p *fakePod) Start(_ context.Context, c sandbox.Container) (sandbox.Process, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.started = append(p.started, c)
	if c.Name != "app_under_test" {
		p.services = append(p.services, newProcess())
		return p.services[len(p.services)-1], nil
	}
	return p.app, nil
}

func (p *fakePod) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	p.mu.Lock()
	refused := p.refusals > 0
	p.refusals--
	actual, known := p.addresses[address]
	p.mu.Unlock()
	if refused || !known {
		return nil, &net.OpError{Op: "dial", Net: network, Err: errors.New("connection refused")}
	}
	return new(net.Dialer).DialContext(ctx, network, actual)
}

func (p *fakePod) Health(context.Context) error { return nil }

func (p *fakePod) container(t *testing.T, name string) sandbox.Container {
	t.Helper()
	for _, c := range p.started {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no container %q among %v", name, p.started)
	return sandbox.Container{}
}

// fakeProcess is a container that ends when the test calls end.
type fakeProcess struct {
	done        chan struct{}
	end         func()
	exit        int
	outOfMemory bool
	removed     bool
	lines       []string
	exec        func(c sandbox.Command) (int, error)
}

func newProcess() *fakeProcess {
	p := &fakeProcess{done: make(chan struct{})}
	p.end = sync.OnceFunc(func() { close(p.done) })
	return p
}

func (p *fakeProcess) Done() <-chan struct{}                           { return p.done }
func (p *fakeProcess) Ended() (int, bool)                              { return p.exit, p.outOfMemory }
func (p *fakeProcess) Logs(_ context.Context, n int) ([]string, error) { return p.lines, nil }
func (p *fakeProcess) Remove(context.Context) error {
	p.removed = true
	return nil
}
func (p *fakeProcess) Digest() string { return "" }
func (p *fakeProcess) Exec(_ context.Context, c sandbox.Command) (int, error) {
	return p.exec(c)
}

// server returns a server to which the application connects as superuser, so that
// no connection to Postgres is needed.
func server(p sandbox.Pod) provision.Server {
	return provision.Server{Running: sandbox.Running{Pod: p}, Database: "shop", User: "drillgres", Password: "canary/1234"}
}

func app() *config.App {
	return &config.App{
		Image: "shop:1", Role: "drillgres", Port: 8080,
		Ready: config.Ready{HTTP: "/healthz", Within: config.Duration(time.Minute)},
	}
}

func check(t *testing.T, p *fakePod, a *config.App) (appcheck.Report, outcome.Code, string) {
	t.Helper()
	report, err := appcheck.Checker{Config: a}.Check(t.Context(), server(p))
	for _, c := range report.Checks {
		if c.RestsOn == "" {
			t.Errorf("check %s does not say what it rests on", c.Name)
		}
		switch c.Status {
		case outcome.CheckPassed, outcome.CheckFailed, outcome.CheckUnknown, outcome.CheckNotConfigured:
		default:
			t.Errorf("check %s has the status %q", c.Name, c.Status)
		}
	}
	if err == nil {
		return report, "", ""
	}
	var f *outcome.Failure
	if !errors.As(err, &f) {
		t.Fatalf("not a Failure: %v", err)
	}
	return report, f.Code, f.Error()
}

func want[T any](t *testing.T, what string, got, expected T) {
	t.Helper()
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func ok(http.ResponseWriter, *http.Request) {}
