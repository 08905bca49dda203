package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/drillgres/drillgres/drill/sandbox"
)

// A reach is how a shell in the Postgres container gets at a TCP port.
type reach struct {
	shell  string
	dial   string // connects to $1 port $2, says its process id, carries bytes
	listen string // ends when port $1 accepts connections
}

var (
	// Both directions are children that bash waits for, so that no orphan
	// ends under the server: as process 1 it would take a killed one for a
	// crashed backend of its own.
	byBash = reach{
		shell: "bash",
		dial: `exec 3<>"/dev/tcp/$1/$2" 4<&0 || exit 1
echo $$
cat <&3 & from=$!
cat <&4 >&3 & to=$!
exec 3<&- 4<&-
wait -n
kill -s KILL $from $to 2>/dev/null
wait`,
		listen: `until (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; do sleep 0.05; done`,
	}
	byNetcat = reach{
		shell: "sh",
		dial: `nc -z "$1" "$2" || exit 1
echo $$
exec nc "$1" "$2"`,
		listen: `until nc -z 127.0.0.1 "$1" 2>/dev/null; do sleep 0.1; done`,
	}
)

// Dial connects to an address inside the pod: a command there whose input and
// output are the connection. It costs the engine one exec.
func (p *pod) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	failed := func(err error) error {
		return &net.OpError{Op: "dial", Net: network, Addr: addr{network, address}, Err: err}
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, failed(err)
	}
	bare := *p.box
	bare.shell = false // the process id comes by standard output, before the connection's bytes
	x, err := bare.start(ctx, sandbox.Command{
		Args:  []string{p.reach.shell, "-c", p.reach.dial, p.reach.shell, host, port},
		Stdin: strings.NewReader(""), // its input is the connection; there only has to be one
	})
	if err != nil {
		return nil, failed(p.explain(ctx, err))
	}
	c := &conn{execution: x, pod: p, address: addr{network, address}}
	if err := c.greet(ctx); err != nil {
		c.conn.Close()
		return nil, failed(err)
	}
	return c, nil
}

// greet waits until the inner end is connected: until it says its process id.
func (c *conn) greet(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = c.conn.Conn.SetReadDeadline(time.Unix(1, 0)) })
	pid, err := c.line()
	if !stop() {
		return context.Cause(ctx)
	}
	if err == nil {
		c.pid = knownPid(pid)
		return nil
	}
	if !errors.Is(err, io.EOF) {
		return c.box.explain(ctx, err)
	}
	if lost := failureIn(c.box.look(ctx)); lost != nil {
		return lost
	}
	return refusal(string(c.complaint))
}

// line reads a line and not a byte of what follows it.
func (c *conn) line() (string, error) {
	var line []byte
	for b := make([]byte, 1); ; {
		if _, err := c.Read(b); err != nil {
			return "", err
		}
		if b[0] == '\n' {
			return string(line), nil
		}
		line = append(line, b[0])
	}
}

// refusal is why the inner end could not connect.
func refusal(complaint string) error {
	for text, err := range map[string]syscall.Errno{
		"refused":     syscall.ECONNREFUSED,
		"unreachable": syscall.ENETUNREACH,
		"timed out":   syscall.ETIMEDOUT,
	} {
		if strings.Contains(strings.ToLower(complaint), text) {
			return err
		}
	}
	return fmt.Errorf("cannot connect: %s", strings.Join(strings.Fields(complaint), " "))
}
