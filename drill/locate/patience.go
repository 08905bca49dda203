package locate

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/drillgres/drillgres/drill/words"
)

// Patience is how long one operation on a local file system may take. On the mount of
// a server that does not answer it never ends, and no context ends it. Storage that
// recalls a file from tape may need minutes.
const Patience = 5 * time.Minute

// Await returns what do returns. Once the context is done it returns its cause, and
// after limit an error that says so. In both cases do may go on forever, because
// nothing interrupts a blocked system call; if it returns a value later, discard gets
// it, unless discard is nil.
func Await[T any](ctx context.Context, limit time.Duration, do func() (T, error), discard func(T)) (T, error) {
	type result struct {
		value T
		err   error
	}
	var none T
	if ctx.Err() != nil {
		return none, context.Cause(ctx)
	}
	ended, abandoned := make(chan result), make(chan struct{})
	go func() {
		value, err := do()
		select {
		case ended <- result{value, err}:
		case <-abandoned:
			if err == nil && discard != nil {
				discard(value)
			}
		}
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case r := <-ended:
		return r.value, r.err
	case <-ctx.Done():
		close(abandoned)
		return none, context.Cause(ctx)
	case <-timer.C:
		close(abandoned)
		return none, fmt.Errorf("the file system did not answer within %s", words.Span(limit))
	}
}

// readSize is the size of one read of a patient reader, in bytes.
const readSize = 256 << 10

// Patiently returns a reader of r, a local file. Reading fails once the context is
// done, or if one read takes longer than limit.
func Patiently(ctx context.Context, limit time.Duration, r io.Reader) io.Reader {
	return &patientReader{ctx: ctx, limit: limit, r: r}
}

type patientReader struct {
	ctx   context.Context
	limit time.Duration
	r     io.Reader
	buf   []byte // belongs to the blocked read after an abandoned one, and is not used again
	left  []byte
	err   error
}

func (p *patientReader) Read(b []byte) (int, error) {
	if len(p.left) == 0 && p.err == nil {
		p.fill()
	}
	if len(p.left) == 0 {
		return 0, p.err
	}
	n := copy(b, p.left)
	p.left = p.left[n:]
	return n, nil
}

// fill reads the next bytes. It sets the error that ends all reading.
func (p *patientReader) fill() {
	if p.buf == nil {
		p.buf = make([]byte, readSize)
	}
	buf := p.buf
	type chunk struct {
		n   int
		err error
	}
	c, err := Await(p.ctx, p.limit, func() (chunk, error) {
		n, err := p.r.Read(buf)
		return chunk{n, err}, nil
	}, nil)
	if err != nil {
		p.buf, p.err = nil, err
		return
	}
	p.left, p.err = buf[:c.n], c.err
}

// Pause waits for d. It returns the cause of ctx if that ends first.
func Pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
