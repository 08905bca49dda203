package sftp

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"time"

	"github.com/pkg/sftp"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// A reader asks for the next bytes before it needs them: with one request at a time,
// the way to the server and back would limit the speed.
const (
	chunkSize = 256 << 10 // bytes, which the library requests in pieces of 32 KiB at once
	readAhead = 4         // chunks
)

// ReadRange opens the file again. It fails with backup_changed if its size or its time,
// in seconds, are not those that were listed.
func (s *Source) ReadRange(ctx context.Context, o locate.Object, offset, length int64) (io.ReadCloser, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	name := s.path(o)
	if name == "" {
		return nil, outcome.Fail(outcome.SourceDenied, "%s is outside %s", locate.Show(o.Key), s.uriOf(s.root))
	}
	r, err := use(ctx, s, func(c *conn) (*reader, error) { return s.open(ctx, c, name, o) }, func(r *reader) { _ = r.Close() })
	if err != nil {
		return nil, s.readFailure(ctx, name, err)
	}
	r.next, r.end = offset, offset+length
	return r, nil
}

// open opens a file that is the one that was listed.
func (s *Source) open(ctx context.Context, c *conn, name string, o locate.Object) (*reader, error) {
	f, err := c.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		err = o.CheckSame(s.uriOf(name), info)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	c.enter()
	return &reader{Source: s, ctx: ctx, conn: c, file: f, name: name}, nil
}

// Unchanged compares the file's size and time with those that were listed.
func (s *Source) Unchanged(ctx context.Context, o locate.Object) error {
	name := s.path(o)
	info, err := s.stat(ctx, name)
	if err != nil {
		return s.readFailure(ctx, name, err)
	}
	return o.CheckSame(s.uriOf(name), info)
}

// reader reads a range of a file. It is not safe for concurrent use.
type reader struct {
	*Source
	ctx  context.Context
	conn *conn
	file *sftp.File
	name string

	next, end int64    // the range that is not yet requested
	ahead     []*chunk // requested, in their order
	left      []byte   // arrived, and not yet returned
	spare     []byte   // the buffer of left
	err       error    // after left
	closed    bool
}

// chunk is one request for bytes.
type chunk struct {
	buf  []byte
	n    int
	err  error
	done chan struct{}
}

func (r *reader) Read(p []byte) (int, error) {
	for len(r.left) == 0 && r.err == nil {
		r.advance()
	}
	if len(r.left) == 0 {
		return 0, r.err
	}
	n := copy(p, r.left)
	r.left = r.left[n:]
	return n, nil
}

// advance waits for the next chunk.
func (r *reader) advance() {
	if r.ctx.Err() != nil {
		r.err = context.Cause(r.ctx)
		return
	}
	for len(r.ahead) < readAhead && r.next < r.end {
		r.request()
	}
	if len(r.ahead) == 0 {
		r.err = io.EOF
		return
	}
	c, begun := r.ahead[0], time.Now()
	select {
	case <-c.done:
	case <-r.ctx.Done():
		if time.Since(begun) >= r.silence/2 { // the next attempt needs another connection
			r.conn.shut()
		}
		r.err = context.Cause(r.ctx)
		return
	}
	r.ahead = r.ahead[1:]
	r.left, r.spare, r.err = c.buf[:c.n], c.buf, r.failure(c)
}

func (r *reader) request() {
	size := min(chunkSize, r.end-r.next)
	c, from := &chunk{done: make(chan struct{})}, r.next
	if int64(cap(r.spare)) >= size {
		c.buf, r.spare = r.spare[:size], nil
	} else {
		c.buf = make([]byte, size)
	}
	r.ahead, r.next = append(r.ahead, c), r.next+size
	r.running.Go(func() {
		c.n, c.err = r.file.ReadAt(c.buf, from)
		close(c.done)
	})
}

// failure returns the error of a chunk. A request ends with io.EOF if the file became shorter,
// and also if the connection is closing.
func (r *reader) failure(c *chunk) error {
	switch {
	case c.n == len(c.buf):
		return nil
	case errors.Is(c.err, io.EOF):
		info, err := r.stat(r.ctx, r.name)
		if err != nil {
			return r.readFailure(r.ctx, r.name, err)
		}
		if info.Size() < r.end {
			return outcome.Fail(outcome.BackupChanged, "%s became shorter while it was read", r.uriOf(r.name))
		}
	case !isBroken(c.err):
		return r.readFailure(r.ctx, r.name, c.err)
	}
	r.conn.shut()
	return errors.New("the connection broke")
}

// Close closes the file once all its requests have ended. It does not wait for them: a
// server that does not answer must not stop the drill.
func (r *reader) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	r.err, r.left = fs.ErrClosed, nil
	r.running.Go(func() {
		for _, c := range r.ahead {
			<-c.done
		}
		_ = r.file.Close()
		r.conn.leave()
	})
	return nil
}
