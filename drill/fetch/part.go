package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// part is a range of the backup that is asked for at once. got counts its bytes
// that are on the disk.
type part struct {
	index       int64
	start, size int64
	got         int64
}

// permanent marks an error after which asking again is of no use.
type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

// bring reads a part, again and again from where it stopped, until it is whole
// or several attempts in a row brought nothing.
func (d *download) bring(ctx context.Context, p part, buf []byte) error {
	for failures := 0; ; {
		before := p.got
		err := d.attempt(ctx, &p, buf)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err == nil || isFinal(err) {
			return err
		}
		if p.got > before {
			failures = 0
		}
		failures++
		if failures >= d.Attempts {
			return d.gaveUp(p, failures, err)
		}
		if err := pause(ctx, d.wait(failures)); err != nil {
			return err
		}
	}
}

// attempt asks for what is missing of the part and writes it as it comes.
func (d *download) attempt(ctx context.Context, p *part, buf []byte) error {
	stalled := fmt.Errorf("no byte for %s", words.Span(d.Stall))
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(d.Stall, func() { cancel(stalled) })
	defer watch.Stop()

	err := d.receive(ctx, p, buf, func() { watch.Reset(d.Stall) })
	if err != nil && errors.Is(context.Cause(ctx), stalled) {
		return stalled
	}
	return err
}

func (d *download) receive(ctx context.Context, p *part, buf []byte, alive func()) error {
	body, err := d.backup.Source.ReadRange(ctx, d.backup.Object, p.start+p.got, p.size-p.got)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }() // what it held was counted
	for {
		n, err := body.Read(buf)
		if n > 0 {
			alive()
			if err := d.keep(p, buf[:n]); err != nil {
				return permanent{err}
			}
		}
		switch {
		case err == nil:
		case p.got == p.size:
			return nil
		case errors.Is(err, io.EOF):
			return fmt.Errorf("the answer ended %d bytes early", p.size-p.got)
		default:
			return err
		}
	}
}

// keep writes what arrived and lets it be read.
func (d *download) keep(p *part, bytes []byte) error {
	if int64(len(bytes)) > p.size-p.got {
		return outcome.Fail(outcome.SourceUnreachable, "read %s: the source gives more bytes than it was asked for", d.backup.URI)
	}
	if _, err := d.disk.WriteAt(bytes, p.start+p.got); err != nil {
		return writeFailure(d.disk.Name(), err)
	}
	p.got += int64(len(bytes))
	d.arrived.advance(p.index, p.got)
	d.progress.add(len(bytes))
	return nil
}

// isFinal reports whether asking again is of no use: everything but a source
// that does not answer.
func isFinal(err error) bool {
	var p permanent
	var f *outcome.Failure
	return errors.As(err, &p) || errors.As(err, &f) && f.Code != outcome.SourceUnreachable
}

func (d *download) gaveUp(p part, attempts int, last error) error {
	f := outcome.Fail(outcome.SourceUnreachable, "gave up at byte %d of %d of %s, after %d attempts without a byte: %w",
		p.start+p.got, d.backup.Size, d.backup.URI, attempts, last)
	var cause *outcome.Failure
	if errors.As(last, &cause) {
		f.Hint = cause.Hint
	}
	return f
}

// wait doubles with each failure up to 32 times Backoff, and is random by half
// so that parts which broke together do not come back together.
func (d *download) wait(failures int) time.Duration {
	longest := d.Backoff << min(failures-1, 5)
	return longest/2 + rand.N(longest/2+1)
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
