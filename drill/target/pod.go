package target

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"

	"github.com/drillgres/drillgres/drill/sandbox"
)

// pod stands for a sandbox, with the client programs outside of it.
type pod struct {
	programs sandbox.Programs // nil: none is needed
}

var _ sandbox.Pod = (*pod)(nil)

// Exec runs a client program.
func (p *pod) Exec(ctx context.Context, c sandbox.Command) (int, error) {
	if p.programs == nil {
		return 0, fmt.Errorf("run %s: no client programs were opened", strings.Join(c.Args[:1], ""))
	}
	return p.programs.Exec(ctx, c)
}

// Dial connects to an address on the network.
func (p *pod) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, address)
}

// Place returns the path itself: the client programs see the files of this machine.
func (p *pod) Place(_ context.Context, path string) (string, error) { return filepath.Abs(path) }

// Start is for the application, which a restore does not start.
func (p *pod) Start(context.Context, sandbox.Container) (sandbox.Process, error) {
	return nil, errors.New("a real server starts no other container")
}

// Lost never reports anything: an error of a session does.
func (p *pod) Lost() <-chan struct{} { return nil }

// Cause returns nil.
func (p *pod) Cause() error { return nil }

// Health returns nil: nothing is known of the machine of the server.
func (p *pod) Health(context.Context) error { return nil }

// Close removes the container of the client programs.
func (p *pod) Close(ctx context.Context) []string {
	if p.programs == nil {
		return nil
	}
	return p.programs.Close(ctx)
}
