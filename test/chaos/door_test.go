package chaos

import (
	"cmp"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
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
	conns []*passage
}

// passage is one connection to the engine.
type passage struct {
	front, back net.Conn
	sent        int64 // bytes to the engine
	cut         bool
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
		_, _ = c.front.Close(), c.back.Close()
	}
	d.conns = nil
}

// cutBusiest ends in order the one connection that has carried the most to the
// engine, as a proxy or an ssh tunnel may. The engine and all other connections to it
// live on.
func (d *door) cutBusiest(t *testing.T) {
	d.mu.Lock()
	defer d.mu.Unlock()
	busiest := slices.MaxFunc(d.conns, func(a, b *passage) int { return cmp.Compare(a.sent, b.sent) })
	if busiest.sent < 256<<10 {
		t.Fatalf("no connection carries a backup: the busiest has carried %d bytes", busiest.sent)
	}
	busiest.cut = true
	_ = busiest.back.Close()
	if half, ok := busiest.front.(*net.UnixConn); ok {
		_ = half.CloseWrite()
	}
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
		p := &passage{front: front, back: back}
		d.mu.Lock()
		d.conns = append(d.conns, p)
		d.mu.Unlock()
		go d.carry(p, front, back, &p.sent)
		go d.carry(p, back, front, new(int64))
	}
}

func (d *door) isCut(p *passage) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return p.cut
}

// carry hands on what it reads as long as the door is open, and counts it. What comes
// for a connection that was cut is read and lost: closing it unread would not be in
// order.
func (d *door) carry(p *passage, from, to net.Conn, count *int64) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		d.mu.Lock()
		pass := d.pass
		*count += int64(n)
		cut := p.cut
		d.mu.Unlock()
		if cut {
			_, _ = io.Copy(io.Discard, p.front)
			return
		}
		select {
		case <-pass:
		default:
			return // blocked for good: the connection stays open, and silent
		}
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				if d.isCut(p) {
					continue
				}
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
