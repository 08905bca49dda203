package sftp

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

const (
	// dialTimeout bounds the connection to the server. The handshake may be silent for
	// as long as the connection later.
	dialTimeout = 10 * time.Second
	// attempts is how often a request is made whose connection breaks.
	attempts = 3
)

// conn is a connection to the server.
type conn struct {
	*sftp.Client
	ssh   *ssh.Client
	shut  func() // closes the connection; may be called several times
	down  chan struct{}
	users atomic.Int64
	used  atomic.Int64 // when it was last used, in Unix nanoseconds
}

func (c *conn) isDown() bool {
	select {
	case <-c.down:
		return true
	default:
		return false
	}
}

func (c *conn) enter() {
	c.users.Add(1)
	c.used.Store(time.Now().UnixNano())
}

func (c *conn) leave() {
	c.used.Store(time.Now().UnixNano())
	c.users.Add(-1)
}

// isIdle reports whether nobody has used the connection for a while.
func (c *conn) isIdle(limit time.Duration) bool {
	return c.users.Load() == 0 && time.Since(time.Unix(0, c.used.Load())) > limit
}

// use returns what do returns, with a connection that works. It tries again on a new
// connection if the connection breaks. do may go on after use has returned, until the
// connection ends; discard gets its late value, unless discard is nil.
func use[T any](ctx context.Context, s *Source, do func(*conn) (T, error), discard func(T)) (value T, err error) {
	delay := s.backoff
	for attempt := 1; ; attempt++ {
		c, err := s.connect(ctx)
		if err == nil {
			value, err = ask(ctx, s, c, do, discard)
			if err == nil || !c.isDown() {
				return value, err
			}
		}
		if ctx.Err() != nil || attempt == attempts || !isUnreachable(err) {
			return value, err
		}
		if err := locate.Pause(ctx, delay); err != nil {
			return value, err
		}
		delay *= 2
	}
}

// ask makes one request. It closes the connection if the server does not answer it,
// although it may answer others.
func ask[T any](ctx context.Context, s *Source, c *conn, do func(*conn) (T, error), discard func(T)) (T, error) {
	begun := time.Now()
	value, err := locate.Await(ctx, s.patience, func() (T, error) {
		c.enter()
		defer c.leave()
		return do(c)
	}, discard)
	switch {
	case isBroken(err), err != nil && time.Since(begun) >= s.silence/2:
		c.shut()
	}
	return value, err
}

// isUnreachable reports whether a new connection may help: the error is not the
// server's refusal.
func isUnreachable(err error) bool {
	var f *outcome.Failure
	return !errors.As(err, &f) || f.Code == outcome.SourceUnreachable
}

// connect returns the connection, and opens one if there is none that works.
func (s *Source) connect(ctx context.Context) (*conn, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	select {
	case s.dialing <- struct{}{}:
		defer func() { <-s.dialing }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if c := s.current.Load(); c != nil && !c.isDown() {
		return c, nil
	}
	if s.closed.Load() {
		return nil, outcome.Fail(outcome.SourceUnreachable, "read %s: it was closed", s.shown)
	}
	c, err := s.dial(ctx)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, err
	}
	s.current.Store(c)
	return c, nil
}

// dial opens a connection, logs in and starts the subsystem.
func (s *Source) dial(ctx context.Context) (*conn, error) {
	hosts, err := s.readKnownHosts()
	if err != nil {
		return nil, err
	}
	login, err := s.newLogin(ctx)
	if err != nil {
		return nil, err
	}
	defer login.close()
	dialer := net.Dialer{Timeout: dialTimeout}
	wire, err := dialer.DialContext(ctx, "tcp", s.address())
	if err != nil {
		return nil, s.dialFailure(err)
	}
	wire = &impatient{Conn: wire, limit: s.silence}
	stop := context.AfterFunc(ctx, func() { _ = wire.Close() })
	c, err := s.handshake(wire, hosts, login)
	if !stop() && err == nil {
		c.shut()
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, ignoreClosed(wire.Close()))
	}
	return c, nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (s *Source) handshake(wire net.Conn, hosts *knownHosts, l *login) (*conn, error) {
	config := &ssh.ClientConfig{
		User: s.user, Auth: l.methods,
		HostKeyCallback: hosts.check, HostKeyAlgorithms: hosts.algorithms(),
	}
	secured, channels, requests, err := ssh.NewClientConn(wire, s.address(), config)
	if err != nil {
		return nil, s.handshakeFailure(err, hosts, l)
	}
	c := &conn{ssh: ssh.NewClient(secured, channels, requests), down: make(chan struct{})}
	if c.Client, err = sftp.NewClient(c.ssh); err != nil {
		_ = c.ssh.Close()
		return nil, s.subsystemFailure(err)
	}
	c.used.Store(time.Now().UnixNano())
	c.shut = sync.OnceFunc(func() {
		close(c.down)
		_ = c.ssh.Close() // ends every request
	})
	silence, idle := s.silence, s.idle
	s.running.Go(func() { c.keepAlive(silence/3, idle) })
	s.running.Go(func() {
		_ = c.Wait()
		c.shut()
	})
	return c, nil
}

// keepAlive asks the server for a sign of life, and closes the connection if nobody
// uses it any more. A server that is gone does not answer, so that the read that waits
// for its bytes ends.
func (c *conn) keepAlive(every, idle time.Duration) {
	tick := time.NewTicker(min(every, idle))
	defer tick.Stop()
	for {
		select {
		case <-c.down:
			return
		case <-tick.C:
		}
		if c.isIdle(idle) {
			c.shut()
			return
		}
		if _, _, err := c.ssh.SendRequest("keepalive@openssh.com", true, nil); err != nil {
			c.shut()
			return
		}
	}
}

// impatient is a connection that fails if nothing arrives, or nothing can be sent, for
// a while.
type impatient struct {
	net.Conn
	limit time.Duration
}

func (i *impatient) Read(p []byte) (int, error) {
	if err := i.SetReadDeadline(time.Now().Add(i.limit)); err != nil {
		return 0, err
	}
	return i.Conn.Read(p)
}

func (i *impatient) Write(p []byte) (int, error) {
	if err := i.SetWriteDeadline(time.Now().Add(i.limit)); err != nil {
		return 0, err
	}
	return i.Conn.Write(p)
}
