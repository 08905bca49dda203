package docker

import (
	"context"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// withDeadlines makes the connections of a dialer keep deadlines. Those through a command such as ssh ignore
// them: nothing ended a wait for a server that does not answer.
func withDeadlines(dial dialer) dialer {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &commandConn{Conn: c}, nil
	}
}

// commandConn is a connection through a command. A deadline that passes closes it.
type commandConn struct {
	net.Conn
	passed atomic.Bool // a deadline

	mu               sync.Mutex
	reading, writing *time.Timer // nil: no deadline
}

func (c *commandConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	return n, c.explain(err)
}

func (c *commandConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	return n, c.explain(err)
}

// explain returns os.ErrDeadlineExceeded instead of the error of a connection that a deadline has closed.
func (c *commandConn) explain(err error) error {
	if err != nil && c.passed.Load() {
		return os.ErrDeadlineExceeded
	}
	return err
}

func (c *commandConn) SetReadDeadline(t time.Time) error  { return c.set(t, &c.reading) }
func (c *commandConn) SetWriteDeadline(t time.Time) error { return c.set(t, &c.writing) }
func (c *commandConn) SetDeadline(t time.Time) error      { return c.set(t, &c.reading, &c.writing) }

func (c *commandConn) set(t time.Time, timers ...**time.Timer) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, timer := range timers {
		if *timer != nil {
			(*timer).Stop()
			*timer = nil
		}
		if !t.IsZero() {
			*timer = time.AfterFunc(time.Until(t), c.end)
		}
	}
	return nil
}

func (c *commandConn) end() {
	c.passed.Store(true)
	_ = c.Conn.Close() // those who wait for it get an error
}

// CloseWrite closes the command's input.
func (c *commandConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

func (c *commandConn) Close() error {
	_ = c.SetDeadline(time.Time{}) // never fails
	return c.Conn.Close()
}
