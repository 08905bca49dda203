package sftp_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/locate/sftp"
	"github.com/drillgres/drillgres/drill/outcome"
)

// server is OpenSSH's sshd on a port of the loopback interface. It starts one sshd for
// each connection, and its traffic can be cut or held.
type server struct {
	dir        string // of its configuration
	login      string
	port       string
	connected  atomic.Int64
	repairedAt atomic.Int64 // the number of the connection from which on the quota has no end
	quota      atomic.Int64 // bytes that it may still send; negative: any number
	hold       atomic.Bool  // at the end of the quota, the connection falls silent; otherwise it is cut
	listener   net.Listener
	wires      sync.Map
	sshd       string
	keyFile    string // the client's
	knownHosts string
}

// start starts a server with lines of sshd_config in addition to the usual ones. Its
// host keys are of the types ed25519 and ecdsa, and only the former is known, although the
// library prefers the latter.
func start(t *testing.T, lines ...string) *server {
	t.Helper()
	s := &server{dir: t.TempDir(), sshd: findSSHD(t)}
	s.quota.Store(-1)
	u, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	s.login = u.Username
	if u.Uid == "0" {
		_ = os.MkdirAll("/run/sshd", 0o755) // a distribution makes it when its own sshd starts
	}
	isolate(t)
	s.keyFile = s.keygen(t, "client", "ed25519", "")
	s.copyFile(t, "client.pub", "authorized_keys")
	s.keygen(t, "host_ed25519", "ed25519", "")
	s.keygen(t, "host_ecdsa", "ecdsa", "")
	s.configure(t, lines...)
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	_, s.port, _ = net.SplitHostPort(s.listener.Addr().String())
	s.knownHosts = filepath.Join(s.dir, "known_hosts")
	s.know(t, "host_ed25519")
	var serving sync.WaitGroup
	serving.Go(func() { s.serve(t, &serving) })
	t.Cleanup(func() {
		_ = s.listener.Close()
		s.cut()
		serving.Wait()
	})
	return s
}

// findSSHD returns the path of sshd, which must be absolute for it to run.
func findSSHD(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"sshd", "/usr/sbin/sshd", "/usr/local/sbin/sshd"} {
		if found, err := exec.LookPath(name); err == nil {
			return found
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("sshd is not installed (apt-get install openssh-server)")
	}
	t.Skip("sshd is not installed (apt-get install openssh-server)")
	return ""
}

// isolate hides the user's own keys and agent.
func isolate(t *testing.T) {
	t.Helper()
	t.Setenv("HOME", t.TempDir())
	t.Setenv("SSH_AUTH_SOCK", "")
	t.Setenv("SFTP_PASSWORD", "")
}

func (s *server) configure(t *testing.T, lines ...string) {
	t.Helper()
	text := fmt.Sprintf("HostKey %[1]s/host_ed25519\nHostKey %[1]s/host_ecdsa\nAuthorizedKeysFile %[1]s/authorized_keys\n", s.dir)
	if !strings.Contains(strings.Join(lines, "\n"), "Subsystem") {
		text += "Subsystem sftp internal-sftp\n"
	}
	text += strings.Join(lines, "\n") + "\nStrictModes no\nUsePAM no\nPermitRootLogin yes\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPidFile none\n"
	write(t, filepath.Join(s.dir, "sshd_config"), []byte(text))
}

// keygen makes a pair of keys with ssh-keygen.
func (s *server) keygen(t *testing.T, name, kind, passphrase string) string {
	t.Helper()
	path := filepath.Join(s.dir, name)
	_ = os.Remove(path)
	if out, err := exec.CommandContext(t.Context(), "ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "", "-f", path).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %v\n%s", err, out)
	}
	return path
}

func (s *server) copyFile(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(s.dir, from))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(s.dir, to), content)
}

func (s *server) public(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(s.dir, name+".pub"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(content))
}

// know writes the only known keys of the server.
func (s *server) know(t *testing.T, names ...string) {
	t.Helper()
	var lines bytes.Buffer
	for _, name := range names {
		fmt.Fprintf(&lines, "[127.0.0.1]:%s %s\n", s.port, s.public(t, name))
	}
	write(t, s.knownHosts, lines.Bytes())
}

func (s *server) serve(t *testing.T, serving *sync.WaitGroup) {
	for {
		wire, err := s.listener.Accept()
		if err != nil {
			return
		}
		if s.connected.Add(1) == s.repairedAt.Load() {
			s.quota.Store(-1)
		}
		s.wires.Store(wire, true)
		serving.Go(func() { s.handle(t, wire) })
	}
}

// handle runs an sshd for one connection.
func (s *server) handle(t *testing.T, wire net.Conn) {
	defer func() { _ = wire.Close() }()
	sshd := exec.Command(s.sshd, "-i", "-f", filepath.Join(s.dir, "sshd_config"), "-E", filepath.Join(s.dir, "log"))
	in, err := sshd.StdinPipe()
	if err != nil {
		t.Error(err)
		return
	}
	sshd.Stdout = &gate{Conn: wire, server: s}
	if err := sshd.Start(); err != nil {
		t.Error(err)
		return
	}
	_, _ = io.Copy(in, wire)
	_ = in.Close()
	_ = sshd.Process.Kill()
	_ = sshd.Wait()
}

// cut breaks all connections.
func (s *server) cut() {
	s.wires.Range(func(wire, _ any) bool {
		_ = wire.(net.Conn).Close()
		s.wires.Delete(wire)
		return true
	})
}

// gate passes on what the server sends, within its quota.
type gate struct {
	net.Conn
	server *server
}

func (g *gate) Write(p []byte) (int, error) {
	left := g.server.quota.Load()
	switch {
	case left < 0:
		return g.Conn.Write(p)
	case left >= int64(len(p)):
		g.server.quota.Add(-int64(len(p)))
		return g.Conn.Write(p)
	case g.server.hold.Load():
		g.server.quota.Store(0)
		return len(p), nil // lost on the way
	default:
		g.server.quota.Store(-1)
		_ = g.Close()
		return 0, net.ErrClosed
	}
}

// source returns the source at a path on the server.
func (s *server) source(t *testing.T, path string) *sftp.Source {
	t.Helper()
	return s.sourceWith(t, path, config.SFTP{KnownHosts: s.knownHosts, KeyFile: s.keyFile})
}

func (s *server) sourceWith(t *testing.T, path string, o config.SFTP) *sftp.Source {
	t.Helper()
	source, err := sftp.New(s.url(path), o)
	if err != nil {
		t.Fatal(err)
	}
	source.Hurry(20*time.Second, time.Minute)
	t.Cleanup(func() { _ = source.Close() })
	return source
}

func (s *server) url(path string) string {
	return "sftp://" + s.login + "@127.0.0.1:" + s.port + path
}

func write(t testing.TB, name string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// newKey returns a private key that no server knows.
func newKey(t *testing.T) (private ed25519.PrivateKey, text []byte) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	return private, pem.EncodeToMemory(block)
}

// want checks a failure: its code, a part of its message and a part of its hint.
func want(t *testing.T, err error, code outcome.Code, message, hint string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %s", code)
	}
	f := outcome.AsFailure(err)
	if f.Code != code || !strings.Contains(f.Error(), message) || !strings.Contains(f.Hint, hint) {
		t.Errorf("got %s: %v (hint: %s); want %s with %q and %q", f.Code, f, f.Hint, code, message, hint)
	}
}
