package chaos

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// door is a way to the container engine that can be blocked.
type door struct {
	listener net.Listener
	engine   string // socket of the engine behind it

	mu    sync.Mutex
	pass  chan struct{} // closed while the door is open
	conns []net.Conn
}

// newDoor makes a door to the engine at hand. It can be named by DOCKER_HOST.
func newDoor(t *testing.T) *door {
	t.Helper()
	engine := "/var/run/docker.sock"
	if host, ok := os.LookupEnv("DOCKER_HOST"); ok {
		if engine, ok = strings.CutPrefix(host, "unix://"); !ok {
			t.Skipf("the engine at %s has no socket to put a door before", host)
		}
	}
	dir, err := os.MkdirTemp("", "engine") // short, as the paths of sockets must be
	if err != nil {
		t.Fatal(err)
	}
	d := &door{engine: engine, pass: make(chan struct{})}
	close(d.pass)
	if d.listener, err = new(net.ListenConfig).Listen(t.Context(), "unix", filepath.Join(dir, "sock")); err != nil {
		t.Fatal(err)
	}
	go d.serve()
	t.Cleanup(func() {
		d.takeAway()
		_ = os.RemoveAll(dir)
	})
	return d
}

func (d *door) host() string { return "unix://" + d.listener.Addr().String() }

// block lets nothing more through: who waits for the engine, waits.
func (d *door) block() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pass = make(chan struct{})
}

// takeAway ends all conversations with the engine and lets nobody in.
func (d *door) takeAway() {
	_ = d.listener.Close()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.conns {
		_ = c.Close()
	}
	d.conns = nil
}

func (d *door) serve() {
	for {
		front, err := d.listener.Accept()
		if err != nil {
			return
		}
		back, err := net.Dial("unix", d.engine) //nolint:noctx // ends with takeAway
		if err != nil {
			_ = front.Close()
			continue
		}
		d.mu.Lock()
		d.conns = append(d.conns, front, back)
		d.mu.Unlock()
		go d.carry(front, back)
		go d.carry(back, front)
	}
}

// carry hands on what it reads as long as the door is open.
func (d *door) carry(from, to net.Conn) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		d.mu.Lock()
		pass := d.pass
		d.mu.Unlock()
		select {
		case <-pass:
		default:
			return // blocked for good: the connection stays open, and silent
		}
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				_ = from.Close()
				return
			}
		}
		if errors.Is(err, io.EOF) {
			if half, ok := to.(*net.UnixConn); ok {
				_ = half.CloseWrite()
			}
			return
		}
		if err != nil {
			_ = to.Close()
			return
		}
	}
}
