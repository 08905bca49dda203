package docker

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
)

const (
	lingerWithin = 2 * time.Second // for a closed connection to end inside
	maxComplaint = 4 << 10         // bytes of a connection's standard error that are kept
)

// conn is a connection into the pod.
type conn struct {
	*execution
	pod     *pod
	address addr

	reading   sync.Mutex
	left      int // bytes of the current frame
	stream    stdcopy.StdType
	complaint []byte // standard error, cut

	closed atomic.Bool
}

var _ net.Conn = (*conn)(nil)

// Read takes the frames apart in which the engine sends output. A deadline
// may interrupt it anywhere and loses nothing.
func (c *conn) Read(b []byte) (int, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	for {
		if c.closed.Load() {
			return 0, net.ErrClosed
		}
		if len(b) == 0 {
			return 0, nil
		}
		if err := c.nextFrame(); err != nil {
			return 0, err
		}
		if c.stream == stdcopy.Stdout {
			n, err := c.conn.Reader.Read(b[:min(len(b), c.left)])
			c.left -= n
			if n > 0 {
				return n, nil
			}
			if err != nil {
				return 0, err
			}
			continue
		}
		if err := c.complain(); err != nil {
			return 0, err
		}
	}
}

// nextFrame reads the head of the next frame, if the current one is used up.
func (c *conn) nextFrame() error {
	for c.left == 0 {
		head, err := c.conn.Reader.Peek(8)
		if err != nil {
			return endOf(err, len(head))
		}
		c.stream, c.left = stdcopy.StdType(head[0]), int(binary.BigEndian.Uint32(head[4:]))
		if _, err := c.conn.Reader.Discard(8); err != nil {
			return err
		}
	}
	return nil
}

func endOf(err error, have int) error {
	if errors.Is(err, io.EOF) && have > 0 {
		return io.ErrUnexpectedEOF
	}
	return err
}

// complain reads a part of standard error.
func (c *conn) complain() error {
	buf := make([]byte, min(c.left, 512))
	n, err := c.conn.Reader.Read(buf)
	c.left -= n
	if n == 0 {
		return err
	}
	c.complaint = append(c.complaint, buf[:min(n, maxComplaint-len(c.complaint))]...)
	return nil
}

func (c *conn) Write(b []byte) (int, error) {
	if c.closed.Load() {
		return 0, net.ErrClosed
	}
	return c.conn.Conn.Write(b)
}

// Close ends the connection without waiting for its inner end, which is seen
// to in the background, at the latest by the pod's own Close.
func (c *conn) Close() error {
	if c.closed.Swap(true) {
		return net.ErrClosed
	}
	_ = c.conn.CloseWrite() // fails only where the inner end has ended
	c.pod.chores.Go(c.linger)
	return nil
}

// linger lets the inner end finish what it was handed, and kills it if it
// does not end by itself.
func (c *conn) linger() {
	defer c.conn.Close()
	_ = c.conn.Conn.SetDeadline(time.Now().Add(lingerWithin))
	rest := make([]byte, 32<<10)
	for {
		_, err := c.conn.Conn.Read(rest)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			ctx, cancel := context.WithTimeout(context.Background(), killWithin)
			defer cancel()
			_ = c.killProcess(ctx) // the pod's end is its end at the latest
			return
		}
		if err != nil {
			return
		}
	}
}

func (c *conn) LocalAddr() net.Addr                { return addr{c.address.network, "drillgres"} }
func (c *conn) RemoteAddr() net.Addr               { return c.address }
func (c *conn) SetDeadline(t time.Time) error      { return c.conn.Conn.SetDeadline(t) }
func (c *conn) SetReadDeadline(t time.Time) error  { return c.conn.Conn.SetReadDeadline(t) }
func (c *conn) SetWriteDeadline(t time.Time) error { return c.conn.Conn.SetWriteDeadline(t) }

// addr is an address inside a pod.
type addr struct{ network, address string }

func (a addr) Network() string { return a.network }
func (a addr) String() string  { return a.address }
