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

// ErrCut is what reading ends with where a Fault cuts it.
var ErrCut = errors.New("connection reset by peer")

// Fault is what goes wrong in one answer to ReadRange. The zero value is
// nothing.
type Fault struct {
	Refuse error // no answer at all
	After  int64 // bytes that still arrive before what follows:
	Cut    bool  // the connection breaks
	End    bool  // the answer ends as if it were complete
	Stall  bool  // nothing more comes
	Extra  []byte
	Pace   time.Duration // before each 100 bytes, whatever else goes wrong
}

// Faulty is a source whose reading goes wrong as planned.
type Faulty struct {
	locate.Source
	// Plan is asked at each ReadRange, concurrently; n counts from 1.
	Plan func(n int, offset, length int64) Fault

	calls atomic.Int64
}

var _ locate.Source = (*Faulty)(nil)

// Calls is how often ReadRange was called.
func (f *Faulty) Calls() int { return int(f.calls.Load()) }

// ReadRange answers with the planned fault.
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
	}{fault.paced(ctx, fault.apply(ctx, r)), r}, nil
}

func (f Fault) apply(ctx context.Context, r io.Reader) io.Reader {
	switch {
	case f.Cut:
		return io.MultiReader(io.LimitReader(r, f.After), failing{ErrCut})
	case f.End:
		return io.LimitReader(r, f.After)
	case f.Stall:
		return io.MultiReader(io.LimitReader(r, f.After), stalled{ctx})
	case f.Extra != nil:
		return io.MultiReader(r, bytes.NewReader(f.Extra))
	default:
		return r
	}
}

func (f Fault) paced(ctx context.Context, r io.Reader) io.Reader {
	if f.Pace == 0 {
		return r
	}
	return &paced{ctx: ctx, r: r, pace: f.Pace}
}

// paced gives a little at a time.
type paced struct {
	ctx  context.Context
	r    io.Reader
	pace time.Duration
}

func (p *paced) Read(b []byte) (int, error) {
	select {
	case <-p.ctx.Done():
		return 0, context.Cause(p.ctx)
	case <-time.After(p.pace):
		return p.r.Read(b[:min(len(b), 100)])
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// stalled gives nothing until its context ends.
type stalled struct{ ctx context.Context }

func (s stalled) Read([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, context.Cause(s.ctx)
}
