package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/sandbox"
)

// serve runs a small server in the pod until the test ends. It returns when the
// port accepts connections.
func serve(t testing.TB, p *pod, port, script string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		_, _ = p.Exec(ctx, sandbox.Command{Args: []string{"perl", "-e", perlServer + script, port}})
	})
	t.Cleanup(func() { cancel(); running.Wait() })
	sh(t, p, p.tools.listen, "127.0.0.1", port)
}

const perlServer = `use IO::Socket::INET; $SIG{CHLD} = 'IGNORE';
my $l = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $ARGV[0], Listen => 20, ReuseAddr => 1) or die;
while (my $c = $l->accept) { next if fork; binmode $c; $c->autoflush(1); work($c); exit }
`

const (
	echo  = `sub work { my $c = shift; print $c $b while sysread $c, $b, 65536 }`
	flood = `sub work { my $c = shift; my $b = 'x' x 65536; syswrite $c, $b for 1..4096 }`
	mute  = `sub work { sleep 3600 }`
)

func TestDialCarriesBytesBothWays(t *testing.T) {
	p := sharedPod(t)
	serve(t, p, "7001", echo)
	c := dial(t, p, "127.0.0.1:7001")
	want := "a line\nwith \x00 and \r\n in it"
	if _, err := io.WriteString(c, want); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(want))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != want {
		t.Errorf("echoed %q, %v", got, err)
	}
	if c.RemoteAddr().String() != "127.0.0.1:7001" || c.RemoteAddr().Network() != "tcp" {
		t.Errorf("remote address %v", c.RemoteAddr())
	}
}

func TestADialIntoAStartingPodWaitsForTheServer(t *testing.T) {
	p := sharedPod(t)
	type dialed struct {
		conn net.Conn
		err  error
	}
	done := make(chan dialed, 1)
	go func() {
		c, err := starting{p}.Dial(t.Context(), "tcp", "127.0.0.1:7011")
		done <- dialed{c, err}
	}()
	eventually(t, "it waits", func() bool { return processes(t, p, "mapfile") != "" })
	serve(t, p, "7011", echo)
	d := <-done
	if d.err != nil {
		t.Fatal(d.err)
	}
	defer d.conn.Close() //nolint:errcheck // the answer has been read
	if _, err := io.WriteString(d.conn, "x"); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 1)
	if _, err := io.ReadFull(d.conn, got); err != nil || got[0] != 'x' {
		t.Errorf("echoed %q, %v", got, err)
	}
}

// spareOf waits until a pod has a spare process, and returns it.
func spareOf(t *testing.T, p *pod) (x *execution) {
	t.Helper()
	eventually(t, "there is a spare process", func() bool {
		p.spare.mu.Lock()
		defer p.spare.mu.Unlock()
		x = p.spare.process
		return x != nil
	})
	return x
}

func TestDialUsesTheSpareProcess(t *testing.T) {
	p := sharedPod(t)
	dial(t, p, "127.0.0.1:"+postgresPort)     // starts one, if that of Open is too old
	eventually(t, "it is used", func() bool { // unless the watch of the pod was quicker
		x := spareOf(t, p)
		return dial(t, p, "127.0.0.1:"+postgresPort).(*conn).execution == x
	})
}

func TestDialWorksWithoutItsSpareProcess(t *testing.T) {
	p := sharedPod(t)
	for name, lose := range map[string]func(x *execution){
		"cut off": func(x *execution) { x.conn.Close() },
		"too old": func(*execution) {
			p.spare.mu.Lock()
			defer p.spare.mu.Unlock()
			p.spare.since = time.Now().Add(-time.Hour)
		},
	} {
		t.Run(name, func(t *testing.T) {
			dial(t, p, "127.0.0.1:"+postgresPort)
			x := spareOf(t, p)
			lose(x)
			if c := dial(t, p, "127.0.0.1:"+postgresPort); c.(*conn).execution == x {
				t.Error("the lost process was used")
			}
		})
	}
}

func TestDialReadsEverythingUntilTheServerCloses(t *testing.T) {
	p := sharedPod(t)
	serve(t, p, "7002", flood)
	c := dial(t, p, "localhost:7002")
	began := time.Now()
	n, err := io.Copy(io.Discard, c)
	if err != nil || n != 256<<20 {
		t.Errorf("read %d bytes, %v", n, err)
	}
	t.Logf("%.0f MB/s", float64(n)/1e6/time.Since(began).Seconds())
}

func TestDialReachesPostgresByEveryNameOfTheHostsFile(t *testing.T) {
	p := sharedPod(t)
	for _, host := range []string{"127.0.0.1", "localhost", "postgres", "cache", "::1"} {
		c, err := p.Dial(t.Context(), "tcp", net.JoinHostPort(host, postgresPort))
		if err != nil {
			t.Errorf("%s: %v", host, err)
			continue
		}
		_ = c.Close()
	}
}

func TestDialReturnsTheSystemsError(t *testing.T) {
	p := sharedPod(t)
	for address, want := range map[string]error{"127.0.0.1:7999": syscall.ECONNREFUSED, "192.0.2.1:443": syscall.ENETUNREACH} {
		_, err := p.Dial(t.Context(), "tcp", address)
		var op *net.OpError
		if !errors.Is(err, want) || !errors.As(err, &op) {
			t.Errorf("dial %s: %v, want %v", address, err, want)
		}
	}
	if _, err := p.Dial(t.Context(), "tcp", "no port"); err == nil {
		t.Error("an address without a port was dialled")
	}
}

func TestDialKeepsDeadlines(t *testing.T) {
	p := sharedPod(t)
	serve(t, p, "7003", mute)
	c := dial(t, p, "127.0.0.1:7003")
	if err := c.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	_, err := c.Read(make([]byte, 1))
	var timeout net.Error
	if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("got %v", err)
	}
}

func TestACloseFreesAReader(t *testing.T) {
	p := sharedPod(t)
	serve(t, p, "7004", mute)
	c := dial(t, p, "127.0.0.1:7004")
	read := make(chan error)
	go func() {
		_, err := c.Read(make([]byte, 1))
		read <- err
	}()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	select {
	case err := <-read:
		if err == nil {
			t.Error("a closed connection returned a byte")
		}
	case <-time.After(patience):
		t.Fatal("the reader hangs")
	}
	if _, err := c.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("write after close: %v", err)
	}
}

func TestDialGivesUpWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	cancel(why)
	if _, err := sharedPod(t).Dial(ctx, "tcp", "127.0.0.1:5432"); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
}

func TestPgxThroughTheSandbox(t *testing.T) {
	p := sharedPod(t)
	c, err := query(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for range 200 {
		var n int
		if err := c.QueryRow(t.Context(), "select 1").Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%s a round trip", time.Since(began)/200)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := c.Exec(ctx, "select pg_sleep(60)"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a query outlived its context: %v", err)
	}
	_ = c.Close(t.Context())
}

// The image's Unix socket needs no password, but TCP must.
func TestPostgresAsksForThePassword(t *testing.T) {
	out := sh(t, sharedPod(t), `psql -X -w -h 127.0.0.1 -U drill_admin -d postgres -c 'select 1' 2>&1; true`)
	if want := "no password supplied"; !contains(out, want) {
		t.Errorf("got %q, want %q", out, want)
	}
}

func TestClosedConnectionsLeaveNoProcesses(t *testing.T) {
	p := sharedPod(t)
	serve(t, p, "7005", mute)
	for range 5 {
		c, err := p.Dial(t.Context(), "tcp", "127.0.0.1:7005")
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	wantNoProcesses(t, p, "/dev/tcp/$1/$2")
}

// TestADialEndsWithEitherSide runs the script of bash on this machine. Its server or its client closes the
// connection at once, perhaps before the script waits for that.
func TestADialEndsWithEitherSide(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil || runtime.GOOS != "linux" {
		t.Skip("needs the bash of a Linux")
	}
	for _, closes := range []string{"server", "client"} {
		t.Run(closes, func(t *testing.T) {
			address := listen(t, closes == "server")
			var hang atomic.Int32
			var dialling sync.WaitGroup
			for range 4 {
				dialling.Go(func() {
					for range 20 {
						if !dialEnds(t, address, closes == "client") {
							hang.Add(1)
							return
						}
					}
				})
			}
			dialling.Wait()
			if n := hang.Load(); n > 1 { // bash itself misses the end of a child once in thousands of times
				t.Errorf("%d processes hang after the %s has closed the connection", n, closes)
			}
		})
	}
}

// listen accepts connections, and closes them at once or at the end of the test.
func listen(t *testing.T, closeAtOnce bool) *net.TCPAddr {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if closeAtOnce {
				_ = c.Close()
			} else {
				defer c.Close() //nolint:errcheck // nothing was written
			}
		}
	}()
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().(*net.TCPAddr)
}

// dialEnds reports whether a dialling process ends. Its input ends at once or at the end of the test.
func dialEnds(t *testing.T, to *net.TCPAddr, closeInput bool) bool {
	c := exec.CommandContext(t.Context(), "bash", "-c", readAddress+withBash.dial, "bash")
	input, err := c.StdinPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Error(err)
		return true
	}
	ended := make(chan struct{})
	go func() { _ = c.Wait(); close(ended) }()
	_, _ = fmt.Fprintln(input, to.IP, to.Port)
	if closeInput {
		_ = input.Close()
	} else {
		t.Cleanup(func() { _ = input.Close() })
	}
	select {
	case <-ended:
		return true
	case <-time.After(30 * time.Second):
		return false
	}
}

func TestDialErrorIsTheSystemsError(t *testing.T) {
	for stderr, want := range map[string]error{
		"bash: connect: Connection refused\nbash: line 1: /dev/tcp/x/1: Connection refused": syscall.ECONNREFUSED,
		"nc: 10.0.0.1 (10.0.0.1:80): Network unreachable":                                   syscall.ENETUNREACH,
		"nc: timed out": syscall.ETIMEDOUT,
	} {
		if err := dialError(stderr); !errors.Is(err, want) {
			t.Errorf("%q: got %v, want %v", stderr, err, want)
		}
	}
	if err := dialError("bash: nohost: Name or service not known"); err == nil || !contains(err.Error(), "Name or service not known") {
		t.Errorf("got %v", err)
	}
}

func dial(t testing.TB, p *pod, address string) net.Conn {
	t.Helper()
	c, err := p.Dial(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func BenchmarkDial(b *testing.B) {
	p := sharedPod(b)
	for b.Loop() {
		c, err := p.Dial(b.Context(), "tcp", "127.0.0.1:5432")
		if err != nil {
			b.Fatal(err)
		}
		_ = c.Close()
	}
}

func BenchmarkExec(b *testing.B) {
	p := sharedPod(b)
	for b.Loop() {
		if code, err := p.Exec(b.Context(), sandbox.Command{Args: []string{"true"}}); err != nil || code != 0 {
			b.Fatal(code, err)
		}
	}
}

func BenchmarkExecInput(b *testing.B) {
	p := sharedPod(b)
	const size = 512 << 20
	b.SetBytes(size)
	for b.Loop() {
		code, err := p.Exec(b.Context(), sandbox.Command{Args: []string{"sh", "-c", "cat >/dev/null"}, Stdin: io.LimitReader(&endless{}, size)})
		if err != nil || code != 0 {
			b.Fatal(code, err)
		}
	}
}
