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
	lingerWithin  = 2 * time.Second // until the inner process of a closed connection is killed
	maxErrorBytes = 4 << 10         // of a connection's standard error that are kept
)

// conn is a connection into the pod: the standard input and output of a process
// there, the inner process.
type conn struct {
	*execution
	pod     *pod
	address addr

	reading sync.Mutex
	left    int // unread bytes of the current frame
	stream  stdcopy.StdType
	stderr  []byte // at most maxErrorBytes

	closed atomic.Bool
}

var _ net.Conn = (*conn)(nil)

// Read parses the frames in which the engine sends output. No bytes are lost if
// a deadline interrupts it.
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
		if err := c.readStderr(); err != nil {
			return 0, err
		}
	}
}

// nextFrame reads the header of the next frame if nothing of the current one is
// left.
func (c *conn) nextFrame() error {
	for c.left == 0 {
		header, err := c.conn.Reader.Peek(8)
		if errors.Is(err, io.EOF) && len(header) > 0 {
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		c.stream, c.left = stdcopy.StdType(header[0]), int(binary.BigEndian.Uint32(header[4:]))
		if _, err := c.conn.Reader.Discard(8); err != nil {
			return err
		}
	}
	return nil
}

// readStderr reads a part of standard error.
func (c *conn) readStderr() error {
	buf := make([]byte, min(c.left, 512))
	n, err := c.conn.Reader.Read(buf)
	c.left -= n
	if n == 0 {
		return err
	}
	c.stderr = append(c.stderr, buf[:min(n, maxErrorBytes-len(c.stderr))]...)
	return nil
}

func (c *conn) Write(b []byte) (int, error) {
	if c.closed.Load() {
		return 0, net.ErrClosed
	}
	return c.conn.Conn.Write(b)
}

// Close closes the connection. The inner process ends in the background, at the
// latest when the pod is closed.
func (c *conn) Close() error {
	if c.closed.Swap(true) {
		return net.ErrClosed
	}
	_ = c.conn.CloseWrite() // fails only if the inner process has ended
	c.pod.background.Go(c.linger)
	return nil
}

// linger lets the inner process handle what was written to it, and kills it if
// it does not end on its own.
func (c *conn) linger() {
	defer c.conn.Close()
	_ = c.conn.Conn.SetDeadline(time.Now().Add(lingerWithin))
	discarded := make([]byte, 32<<10)
	for {
		_, err := c.conn.Conn.Read(discarded)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			ctx, cancel := context.WithTimeout(context.Background(), killWithin)
			defer cancel()
			_ = c.killProcess(ctx) // it ends with the pod at the latest
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
