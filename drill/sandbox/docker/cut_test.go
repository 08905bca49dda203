package docker

import (
	"bytes"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox"
)

// cutting is a proxy in front of the engine, like an ssh tunnel, that closes one
// connection in order while the engine lives.
type cutting struct {
	listener net.Listener
	engine   string // its socket
	in, out  int64  // the connection of a command is cut after it has carried so many bytes to or from the engine; 0: never
	oneWay   bool   // only the direction to the engine ends

	mu    sync.Mutex
	conns []net.Conn
	cuts  int
}

// throughProxy returns the container of the shared pod, reached over TCP through a
// proxy.
func throughProxy(t *testing.T, c *cutting) *box {
	t.Helper()
	p := sharedPod(t)
	c.engine = "/var/run/docker.sock"
	if host, ok := os.LookupEnv("DOCKER_HOST"); ok {
		if c.engine, ok = strings.CutPrefix(host, "unix://"); !ok {
			t.Skipf("the engine at %s has no socket to put a proxy before", host)
		}
	}
	var err error
	if c.listener, err = new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	go c.serve()
	t.Cleanup(c.close)
	e, err := Connect(t.Context(), Options{Host: "tcp://" + c.listener.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	b := *p.box
	b.client = e.client
	return &b
}

func (c *cutting) close() {
	_ = c.listener.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		_ = conn.Close()
	}
}

func (c *cutting) serve() {
	for {
		front, err := c.listener.Accept()
		if err != nil {
			return
		}
		back, err := net.Dial("unix", c.engine) //nolint:noctx // ends with close
		if err != nil {
			_ = front.Close()
			continue
		}
		c.mu.Lock()
		c.conns = append(c.conns, front, back)
		c.mu.Unlock()
		go c.carry(front.(*net.TCPConn), back.(*net.UnixConn))
	}
}

// carry copies both directions until each ends in order, or the connection is cut.
func (c *cutting) carry(front *net.TCPConn, back *net.UnixConn) {
	head := make([]byte, 32<<10)
	n, err := front.Read(head)
	if err != nil {
		_, _ = front.Close(), back.Close()
		return
	}
	_, _ = back.Write(head[:n])
	command := bytes.Contains(head[:n], []byte("/start HTTP/")) && bytes.Contains(head[:n], []byte("/exec/"))
	in, out := int64(-1), int64(-1)
	if command && c.in > 0 {
		in = c.in
	}
	if command && c.out > 0 {
		out = c.out
	}
	started := &firstOutput{from: back, seen: make(chan struct{})}
	go func() {
		defer started.end()
		if copyUpTo(front, started, out) {
			c.cut(front, back)
			return
		}
		_ = front.CloseWrite()
	}()
	if copyUpTo(back, front, in) {
		<-started.seen // a command that cannot be killed costs the other tests their container
		if c.oneWay {
			c.count()
			_ = back.CloseWrite()
			return
		}
		c.cut(front, back)
		return
	}
	_ = back.CloseWrite()
}

// firstOutput notes when something follows the head of the engine's answer: the process ids
// of a command.
type firstOutput struct {
	from io.Reader
	head []byte
	seen chan struct{}
	once sync.Once
}

func (f *firstOutput) Read(p []byte) (int, error) {
	n, err := f.from.Read(p)
	const longestHead = 4 << 10
	if len(f.head) < longestHead {
		f.head = append(f.head, p[:n]...)
		if _, output, found := bytes.Cut(f.head, []byte("\r\n\r\n")); found && len(output) > 0 {
			f.end()
		}
	}
	return n, err
}

func (f *firstOutput) end() { f.once.Do(func() { close(f.seen) }) }

func (c *cutting) count() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cuts++
}

func (c *cutting) cut(front *net.TCPConn, back *net.UnixConn) {
	c.count()
	_ = front.CloseWrite() // what was sent before arrives
	_ = back.Close()
	time.AfterFunc(time.Second, func() { _ = front.Close() })
}

// copyUpTo copies until the end of from, or returns true after that many bytes.
func copyUpTo(to io.Writer, from io.Reader, limit int64) bool {
	if limit < 0 {
		_, _ = io.Copy(to, from)
		return false
	}
	n, _ := io.CopyN(to, from, limit)
	return n == limit
}

func TestExecOverAConnectionThatIsCut(t *testing.T) {
	input := strings.Repeat("x", 8<<20)
	for _, c := range []struct {
		name   string
		proxy  *cutting
		script string
		stdin  string
	}{
		{"in the middle of the input", &cutting{in: 3 << 20 / 2}, "cat >/dev/null", input},
		{"in the middle of the input, and the command fails", &cutting{in: 3 << 20 / 2}, "cat >/dev/null; exit 3", input},
		{"to the command only", &cutting{in: 3 << 20 / 2, oneWay: true}, "cat >/dev/null", input},
		{"in the middle of the output", &cutting{out: 1 << 20}, "head -c 8388608 /dev/zero", ""},
		{"after the input, while it runs", &cutting{out: 64 << 10}, "cat >/dev/null; head -c 65536 /dev/zero; sleep 300", "all of it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := throughProxy(t, c.proxy)
			command := sandbox.Command{Args: []string{"sh", "-c", c.script, "cut-off"}, WholeInput: true}
			if c.stdin != "" {
				command.Stdin = strings.NewReader(c.stdin)
			}
			code, err := b.Exec(t.Context(), command)
			if err == nil {
				t.Fatalf("exit code %d although the connection was cut", code)
			}
			f := wantCode(t, err, outcome.SandboxLost)
			t.Log(f)
			if c.proxy.cuts == 0 {
				t.Error("nothing was cut")
			}
			wantNoProcesses(t, common.pod, "cut-off")
		})
	}
}

func TestExecThroughAProxyThatCutsNothing(t *testing.T) {
	b := throughProxy(t, &cutting{})
	input := strings.Repeat("x", 4<<20)
	var out bytes.Buffer
	for script, want := range map[string]int{"cat": 0, "cat; exit 3": 3, "cat; kill -9 $$": 137} {
		out.Reset()
		code, err := b.Exec(t.Context(), sandbox.Command{
			Args: []string{"sh", "-c", script}, Stdin: strings.NewReader(input), Stdout: &out, WholeInput: true,
		})
		if err != nil || code != want || out.String() != input {
			t.Errorf("%s: exit code %d, %v, %d bytes", script, code, err, out.Len())
		}
	}
}

// head may end before its input. A restore may not.
func TestExecOfACommandThatEndsBeforeItsInput(t *testing.T) {
	p := sharedPod(t)
	for _, whole := range []bool{false, true} {
		code, err := p.Exec(t.Context(), sandbox.Command{Args: []string{"head", "-c", "10"}, Stdin: &endless{}, WholeInput: whole})
		if !whole && (err != nil || code != 0) {
			t.Errorf("exit code %d, %v", code, err)
		}
		if whole {
			if f := wantCode(t, err, outcome.SandboxLost); !contains(f.Error(), "before the end of its input") {
				t.Error(f)
			}
		}
	}
}

func TestEndMarks(t *testing.T) {
	for _, c := range []struct {
		chunks []string
		want   string
		seen   bool
	}{
		{[]string{"out\n", "MARK\n"}, "out\n", true},
		{[]string{"out", "MA", "RK", "\n"}, "out", true},
		{[]string{"outMAMARK\nlate\n"}, "outMAlate\n", true},
		{[]string{"MARK\n"}, "", true},
		{[]string{"MARK\nMARK\n"}, "MARK\n", true}, // of a process that was left behind
		{[]string{"MAR", "K", "\r\n"}, "MARK\r\n", false},
		{[]string{"out", "MARK"}, "outMARK", false},
		{nil, "", false},
	} {
		var out, errs bytes.Buffer
		e := endMarks{text: "MARK"}
		first, last := e.filter(&out, &errs)
		_, _ = io.WriteString(last, "MARK\n")
		for _, chunk := range c.chunks {
			if n, err := io.WriteString(first, chunk); n != len(chunk) || err != nil {
				t.Errorf("%q: wrote %d, %v", chunk, n, err)
			}
		}
		e.flush()
		if out.String() != c.want || e.seen() != c.seen {
			t.Errorf("%q: passed on %q, seen %t; want %q, %t", c.chunks, out.String(), e.seen(), c.want, c.seen)
		}
	}
}
