package inspect

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Limits bound what reading a backup may cost. Memory is bounded without them.
type Limits struct {
	// MaxDecoded is how many bytes a backup may decode to, the compressed
	// blocks of a custom archive among them; 0: any number.
	MaxDecoded int64
}

// Scan reads a backup to its end, once, and returns what it says of itself. It
// unwraps the compression and recognises the format by content, never by name.
//
// With an error, Contents is as far as the backup could be read. An error of r
// is returned wrapped. Every other error is a Failure, about the stream (see
// [StreamLevel]) or about the dump in it. A stream that does not decode is
// reported even where the dump in it broke before.
func Scan(ctx context.Context, r io.Reader, l Limits) (Contents, error) {
	spent := &budget{max: l.MaxDecoded}
	stream, compression, err := decode(&cancelled{ctx: ctx, r: r}, spent)
	if err != nil {
		return Contents{}, err
	}
	defer func() { _ = stream.Close() }()

	f := newFeed(stream, feedBuffer)
	c, err := read(f, spent)
	if c.Source.Compression = compression; compression != "" && !StreamLevel(err) {
		err = withOffsetIn(err, "what is decoded")
	}
	if rest := f.drain(); rest != nil {
		err = rest
	}
	c.Source.DecodedBytes = f.offset()
	return c, err
}

// StreamLevel reports whether err is about bringing and decoding the bytes,
// which the fetch stage reports, rather than about the dump that they hold,
// which the inspect stage does. An error that is no Failure is about the bytes.
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

// cancelled makes reads end with the context.
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

// source remembers the first error of the reader below the decoders, so that
// it is never mistaken for damage.
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

// spend takes n bytes off the budget.
func (b *budget) spend(n int) error {
	b.spent += int64(n)
	if b.max > 0 && b.spent > b.max {
		return outcome.Fail(outcome.DiskBudgetExceeded, "decode backup: it holds more than %d bytes", b.max).
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
