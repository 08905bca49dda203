package inspect

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Limits bounds the cost of reading a backup. Memory is always bounded.
type Limits struct {
	// MaxDecoded is how many bytes a backup may decode to, including the compressed
	// blocks of a custom archive; 0: unlimited.
	MaxDecoded int64
}

// Scan reads a backup to its end, once, and returns its contents. It detects the
// compression and the format from the content, never from the name.
//
// On an error, Contents holds what was read before it. Scan wraps errors of r.
// Every other error is a Failure about the stream (see [StreamLevel]) or about the
// dump in it. A stream that does not decode takes precedence over an earlier error
// in the dump.
func Scan(ctx context.Context, r io.Reader, l Limits) (Contents, error) {
	spent := &budget{max: l.MaxDecoded}
	stream, err := decode(&cancelled{ctx: ctx, r: r}, spent)
	if err != nil {
		return Contents{}, err
	}
	defer func() { _ = stream.Close() }()

	f := newFeed(stream, feedBuffer)
	c, err := read(f, spent)
	if c.Source.Compression = stream.wrap; stream.wrap != "" && !StreamLevel(err) {
		err = withOffsetIn(err, "the decoded data")
	}
	if streamErr := f.drain(); streamErr != nil {
		err = streamErr
	}
	c.Source.DecodedBytes, c.Source.TrailingBytes = f.offset(), stream.trailingBytes()
	return c, err
}

// StreamLevel reports whether err is about reading and decoding the bytes. The fetch
// stage reports such errors; the inspect stage reports errors in the dump. An error
// that is not a Failure is stream-level.
func StreamLevel(err error) bool {
	if err == nil {
		return false
	}
	var f *outcome.Failure
	if !errors.As(err, &f) {
		return true
	}
	switch f.Code {
	case outcome.NotADump, outcome.DumpTruncated, outcome.DumpCorrupt, outcome.DumpHostile:
		return false
	default:
		return true
	}
}

// cancelled is a reader that fails once its context is done.
type cancelled struct {
	ctx context.Context
	r   io.Reader
}

func (c *cancelled) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// source records the first error of the reader below the decoders, so that a
// decoder's error is not taken for damage.
type source struct {
	r    io.Reader
	read int64
	err  error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.read += int64(n)
	if err != nil && err != io.EOF && s.err == nil {
		s.err = fmt.Errorf("read backup: %w", err)
	}
	return n, err
}

// budget counts decoded bytes.
type budget struct{ max, spent int64 }

// spend subtracts n bytes from the budget. It fails if the budget is exceeded.
func (b *budget) spend(n int) error {
	b.spent += int64(n)
	if b.max > 0 && b.spent > b.max {
		return outcome.Fail(outcome.DiskBudgetExceeded, "decode backup: it decodes to more than %d bytes", b.max).
			WithHint("raise work.limit if the backup really is this large")
	}
	return nil
}

func isFailure(err error) bool {
	var f *outcome.Failure
	return errors.As(err, &f)
}

func hasCode(err error, code outcome.Code) bool {
	var f *outcome.Failure
	return errors.As(err, &f) && f.Code == code
}
