package docker

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/sandbox"
)

// The ssh command must get the user and the host as arguments, and the client's
// requests as input.
func TestAnEngineBehindSSH(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "engine.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	serveEngine(t, "FAR", listener)
	arguments := fakeSSH(t, socket)
	e, err := Connect(t.Context(), Options{Getenv: only("DOCKER_HOST", "ssh://me@build.example:2222")})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close() //nolint:errcheck // closes idle connections
	d, err := e.Describe(t.Context())
	if err != nil || d.Name != "FAR" || d.Host != "ssh://me@build.example:2222" {
		t.Errorf("got %+v, %v", d, err)
	}
	passed, err := os.ReadFile(arguments)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"-l me", "-p 2222", "build.example", "docker system dial-stdio"} {
		if !contains(string(passed), want) {
			t.Errorf("the arguments of ssh are %s, without %s", passed, want)
		}
	}
}

// TestAConnectionThroughSSHKeepsDeadlines has an engine that never answers.
func TestAConnectionThroughSSHKeepsDeadlines(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "engine.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close() //nolint:errcheck // ends with the test
	fakeSSH(t, socket)
	at, err := resolve("ssh://me@build.example", func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	engine, err := at.connect()
	if err != nil {
		t.Fatal(err)
	}
	for name, set := range map[string]func(net.Conn, time.Time) error{"read": net.Conn.SetReadDeadline, "both": net.Conn.SetDeadline} {
		t.Run(name, func(t *testing.T) {
			c, err := engine.Dialer()(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close() //nolint:errcheck // nothing was sent
			read := make(chan error, 1)
			go func() {
				_, err := c.Read(make([]byte, 1))
				read <- err
			}()
			for _, at := range []time.Time{time.Now().Add(time.Hour), {}, time.Now().Add(50 * time.Millisecond)} {
				if err := set(c, at); err != nil {
					t.Fatal(err)
				}
			}
			select {
			case err := <-read:
				if !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("the read ended with %v", err)
				}
			case <-time.After(10 * time.Second):
				t.Error("the read outlives its deadline")
			}
		})
	}
}

// TestASandboxBehindSSH opens a whole pod on the real engine, through a
// command that replaces ssh.
func TestASandboxBehindSSH(t *testing.T) {
	near := connect(t, t.TempDir())
	socket, local := strings.CutPrefix(near.at.Host, "unix://")
	if err := near.Close(); err != nil || !local {
		t.Skipf("the engine at %s has no socket (%v)", near.at, err)
	}
	fakeSSH(t, socket)
	e, err := Connect(t.Context(), Options{Root: t.TempDir(), Host: "ssh://me@build.example"})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close() //nolint:errcheck // closes idle connections
	p, clean := openPod(t, e, func(*sandbox.Spec) {})
	defer clean()
	if got := sh(t, p, `wc -c < "$1"`, place(t, p, "12345")); got != "5" {
		t.Errorf("a file of this machine has %s bytes there", got)
	}
}

func place(t *testing.T, p *pod, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "dump")
	writeFile(t, name, content)
	inside, err := p.Place(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return inside
}

// fakeEngine starts an engine that reports its id and refuses to create
// containers.
func fakeEngine(t *testing.T, id string) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serveEngine(t, id, listener)
	return listener.Addr().String()
}

func serveEngine(t *testing.T, id string, listener net.Listener) {
	t.Helper()
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", "1.41")
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.HasSuffix(r.URL.Path, "/info"):
			_, _ = fmt.Fprintf(w, `{"ID": %q, "Name": %q}`, id, id)
		case strings.HasSuffix(r.URL.Path, "/create"):
			w.WriteHeader(http.StatusConflict)
			_, _ = fmt.Fprintf(w, `{"message": "refused by %s"}`, id)
		}
	})}}
	server.Start()
	t.Cleanup(server.Close)
}

// fakeSSH puts a command called ssh on the PATH that connects to a socket on
// this machine. The command is this test binary, in which TestMain calls asSSH.
// It writes its arguments to the file that fakeSSH returns.
func fakeSSH(t *testing.T, socket string) (arguments string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	name := filepath.Join(dir, "ssh")
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	if err := os.Symlink(self, name); err != nil {
		t.Skipf("no link to the test binary: %v", err)
	}
	arguments = filepath.Join(dir, "arguments")
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv(sshSocket, socket)
	t.Setenv(sshArguments, arguments)
	return arguments
}

// Variables with the settings of the command that replaces ssh.
const (
	sshSocket    = "DRILLGRES_TEST_SSH_SOCKET"
	sshArguments = "DRILLGRES_TEST_SSH_ARGUMENTS"
)

// asSSH is that command. Like docker system dial-stdio it ends when the engine
// closes the connection.
func asSSH() int {
	if err := os.WriteFile(os.Getenv(sshArguments), []byte(strings.Join(os.Args[1:], " ")), 0o600); err != nil {
		return 255
	}
	conn, err := net.Dial("unix", os.Getenv(sshSocket))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 255
	}
	go func() {
		_, _ = io.Copy(conn, os.Stdin)
		_ = conn.(*net.UnixConn).CloseWrite()
	}()
	_, _ = io.Copy(os.Stdout, conn)
	return 0
}
