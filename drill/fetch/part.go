package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
	"github.com/drillgres/drillgres/drill/work"
)

// part is a range of the backup that one request downloads. arrived counts the
// bytes that are on disk.
type part struct {
	index       int64
	start, size int64
	arrived     int64
}

// permanentError marks an error that a retry cannot fix.
type permanentError struct{ error }

func (p permanentError) Unwrap() error { return p.error }

// fetchPart downloads a part. It resumes after an error, until the part is
// complete or Attempts consecutive attempts return no byte.
func (d *download) fetchPart(ctx context.Context, p part, buf []byte) error {
	for failures := 0; ; {
		before := p.arrived
		err := d.attemptPart(ctx, &p, buf)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err == nil || isPermanent(err) {
			return err
		}
		if p.arrived > before {
			failures = 0
		}
		failures++
		if failures >= d.Attempts {
			return d.giveUpFailure(p, failures, err)
		}
		if err := locate.Pause(ctx, d.backoff(failures)); err != nil {
			return err
		}
	}
}

// attemptPart requests the missing bytes of the part and writes them as they
// arrive.
func (d *download) attemptPart(ctx context.Context, p *part, buf []byte) error {
	if d.Stall == 0 { // the source has its own limit
		return d.receive(ctx, p, buf, func() {})
	}
	stalled := fmt.Errorf("no bytes for %s", words.Span(d.Stall))
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
	body, err := d.backup.Source.ReadRange(ctx, d.backup.Object, p.start+p.arrived, p.size-p.arrived)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }() // the bytes that were read are counted
	for {
		n, err := body.Read(buf)
		if n > 0 {
			alive()
			if err := d.write(p, buf[:n]); err != nil {
				return permanentError{err}
			}
		}
		switch {
		case err == nil:
		case p.arrived == p.size:
			return nil
		case errors.Is(err, io.EOF):
			return fmt.Errorf("the response ended %d bytes early", p.size-p.arrived)
		default:
			return err
		}
	}
}

// write writes bytes that have arrived to disk and makes them available to the
// reader.
func (d *download) write(p *part, bytes []byte) error {
	if int64(len(bytes)) > p.size-p.arrived {
		return outcome.Fail(outcome.SourceUnreachable, "read %s: the source returned more bytes than requested", d.backup.URI)
	}
	if _, err := d.disk.WriteAt(bytes, p.start+p.arrived); err != nil {
		return work.WriteFailure("write "+d.disk.Name(), err)
	}
	p.arrived += int64(len(bytes))
	d.arrived.advance(p.index, p.arrived)
	d.progress.add(len(bytes))
	return nil
}

// isPermanent reports whether a retry is useless. That is so for every Failure
// except source_unreachable.
func isPermanent(err error) bool {
	var p permanentError
	var f *outcome.Failure
	return errors.As(err, &p) || errors.As(err, &f) && f.Code != outcome.SourceUnreachable
}

func (d *download) giveUpFailure(p part, attempts int, last error) error {
	f := outcome.Fail(outcome.SourceUnreachable, "gave up at byte %d of %d of %s, after %d attempts without a byte: %w",
		p.start+p.arrived, d.backup.Size, d.backup.URI, attempts, last)
	var cause *outcome.Failure
	if errors.As(last, &cause) {
		f.Hint = cause.Hint
	}
	return f
}

// backoff returns the delay before the next attempt. It doubles with each failure
// up to 32 times Backoff. Half of it is random, so that parts that failed at the
// same time do not retry at the same time.
func (d *download) backoff(failures int) time.Duration {
	longest := d.Backoff << min(failures-1, 5)
	return longest/2 + rand.N(longest/2+1)
}
