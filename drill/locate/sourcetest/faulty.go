package sourcetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"

	"github.com/drillgres/drillgres/drill/locate"
)

// ErrCut is the error of a read that a Fault cuts.
var ErrCut = errors.New("connection reset by peer")

// Fault describes what goes wrong in one call of ReadRange. The zero value is no
// fault.
type Fault struct {
	Refuse error         // ReadRange returns this error
	After  int64         // bytes that arrive before Cut, End or Stall
	Cut    bool          // the connection breaks
	End    bool          // the response ends as if it were complete
	Stall  bool          // no more bytes arrive
	Extra  []byte        // arrive after the last byte
	Pace   time.Duration // delay before each 100 bytes, in addition to any other fault
}

// Faulty is a source that injects faults into reads.
type Faulty struct {
	locate.Source
	// Plan returns the Fault of each ReadRange. It is called concurrently; n
	// counts from 1.
	Plan func(n int, offset, length int64) Fault

	calls atomic.Int64
}

var _ locate.Source = (*Faulty)(nil)

// Calls returns how often ReadRange was called.
func (f *Faulty) Calls() int { return int(f.calls.Load()) }

// ReadRange reads with the planned fault.
func (f *Faulty) ReadRange(ctx context.Context, o locate.Object, offset, length int64) (io.ReadCloser, error) {
	fault := f.Plan(int(f.calls.Add(1)), offset, length)
	if fault.Refuse != nil {
		return nil, fault.Refuse
	}
	r, err := f.Source.ReadRange(ctx, o, offset, length)
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{fault.withPace(ctx, fault.apply(ctx, r)), r}, nil
}

func (f Fault) apply(ctx context.Context, r io.Reader) io.Reader {
	switch {
	case f.Cut:
		return io.MultiReader(io.LimitReader(r, f.After), errorReader{ErrCut})
	case f.End:
		return io.LimitReader(r, f.After)
	case f.Stall:
		return io.MultiReader(io.LimitReader(r, f.After), stalledReader{ctx})
	case f.Extra != nil:
		return io.MultiReader(r, bytes.NewReader(f.Extra))
	default:
		return r
	}
}

func (f Fault) withPace(ctx context.Context, r io.Reader) io.Reader {
	if f.Pace == 0 {
		return r
	}
	return &pacedReader{ctx: ctx, r: r, pace: f.Pace}
}

// pacedReader returns a few bytes at a time.
type pacedReader struct {
	ctx  context.Context
	r    io.Reader
	pace time.Duration
}

func (p *pacedReader) Read(b []byte) (int, error) {
	select {
	case <-p.ctx.Done():
		return 0, context.Cause(p.ctx)
	case <-time.After(p.pace):
		return p.r.Read(b[:min(len(b), 100)])
	}
}

type errorReader struct{ err error }

func (f errorReader) Read([]byte) (int, error) { return 0, f.err }

// stalledReader returns nothing until its context is done.
type stalledReader struct{ ctx context.Context }

func (s stalledReader) Read([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, context.Cause(s.ctx)
}
