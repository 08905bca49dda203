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

// portTools are the scripts by which a shell in the Postgres container reaches a
// TCP port.
type portTools struct {
	shell  string
	dial   string // connects to $1 port $2, prints its process id, copies bytes
	listen string // waits until port $2 of $1 accepts connections
	serve  string // after listen: waits until Postgres there accepts sessions too, but not for long
}

var (
	// bash waits for the children of both directions, so that none becomes an
	// orphan of Postgres: as process 1 it would mistake a killed orphan for a
	// crashed backend. They are on one line because between two lines bash forgets a child
	// that has ended already: wait -n would wait for the other one, which may never end.
	withBash = portTools{
		shell: "bash",
		dial: `exec 3<>"/dev/tcp/$1/$2" 4<&0 || exit 1
echo $$
cat <&3 & from=$!; cat <&4 >&3 & to=$!; exec 3<&- 4<&-; wait -n; kill -s KILL $from $to 2>/dev/null; wait`,
		// It starts no process in the loop: there may be many attempts, while the server
		// needs the processor.
		listen: `exec 8<> <(:); until true 3<>"/dev/tcp/$1/$2"; do read -rt 0.02 -u 8; done 2>/dev/null; true`,
		// A server whose port is open still refuses sessions for a moment. Line 8 of its lock file is
		// its status, as pg_ctl reads it.
		serve: `for ((i = 0; i < 50; i++)); do
	mapfile -ts 7 status 2>/dev/null <"$PGDATA/postmaster.pid" && [[ ${status[0]} == ready* ]] && break
	read -rt 0.01 -u 8
done`,
	}
	withNetcat = portTools{
		shell: "sh",
		dial: `nc -z "$1" "$2" || exit 1
echo $$
exec nc "$1" "$2"`,
		listen: `until nc -z "$1" "$2" 2>/dev/null; do sleep 0.1; done`,
	}
)

// readAddress makes what a dialling process reads from its input the arguments of the scripts of portTools.
const readAddress = `read -r host port || exit
set -- "$host" "$port"
`

// Dial connects to an address inside the pod. It runs a command there whose
// input and output are the connection. A spare command saves the time of its start.
func (p *pod) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	defer p.renewSpare()
	if x := p.spare.take(); x != nil {
		c, err := p.connect(ctx, x, network, address)
		var answer syscall.Errno
		if err == nil || ctx.Err() != nil || errors.As(err, &answer) {
			return c, err
		}
		// The process may have been killed, or its connection to the engine cut, while it was spare.
	}
	return p.dial(ctx, network, address, p.tools.dial)
}

// starting dials into a pod whose server is still starting. The process that connects is started
// before, and waits for the server: to start it takes longer than the last step of the server's start.
type starting struct{ *pod }

// Dial connects as soon as the server accepts sessions. If ctx ends first, the process stays until the
// pod is closed or the server accepts it.
func (s starting) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return s.dial(ctx, network, address, strings.Join([]string{s.tools.listen, s.tools.serve, s.tools.dial}, "\n"))
}

// dial connects with a new process, which runs a script of portTools.
func (p *pod) dial(ctx context.Context, network, address, script string) (net.Conn, error) {
	x, err := p.startDialing(ctx, script)
	if err != nil {
		return nil, dialFailed(network, address, p.explain(ctx, err))
	}
	return p.connect(ctx, x, network, address)
}

// startDialing starts a process that waits for an address to dial.
func (p *pod) startDialing(ctx context.Context, script string) (*execution, error) {
	bare := *p.box
	bare.shell = false // the process id is printed to standard output, before the connection's bytes
	return bare.start(ctx, sandbox.Command{
		Args:  []string{p.tools.shell, "-c", readAddress + script, p.tools.shell},
		Stdin: strings.NewReader(""), // only attaches standard input, which the connection uses
	})
}

func dialFailed(network, address string, err error) error {
	return &net.OpError{Op: "dial", Net: network, Addr: addr{network, address}, Err: err}
}

// connect gives an address to a dialling process, and returns its connection.
func (p *pod) connect(ctx context.Context, x *execution, network, address string) (net.Conn, error) {
	c := &conn{execution: x, pod: p, address: addr{network, address}}
	host, port, err := net.SplitHostPort(address)
	if err == nil {
		_, _ = x.conn.Conn.Write([]byte(host + " " + port + "\n")) // if that fails, the process has ended
		err = c.awaitConnected(ctx)
	}
	if err != nil {
		c.conn.Close()
		return nil, dialFailed(network, address, err)
	}
	return c, nil
}

// awaitConnected waits until the inner process is connected, which it reports by
// printing its process id.
func (c *conn) awaitConnected(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = c.conn.Conn.SetReadDeadline(time.Unix(1, 0)) })
	pid, err := c.readLine()
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
	if lost := failureIn(c.box.check(ctx)); lost != nil {
		return lost
	}
	return dialError(string(c.stderr))
}

// readLine reads a line, byte by byte so that nothing after it is consumed.
func (c *conn) readLine() (string, error) {
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

// dialError returns why the inner process could not connect, from its standard
// error.
func dialError(stderr string) error {
	for text, err := range map[string]syscall.Errno{
		"refused":     syscall.ECONNREFUSED,
		"unreachable": syscall.ENETUNREACH,
		"timed out":   syscall.ETIMEDOUT,
	} {
		if strings.Contains(strings.ToLower(stderr), text) {
			return err
		}
	}
	return fmt.Errorf("cannot connect: %s", strings.Join(strings.Fields(stderr), " "))
}
