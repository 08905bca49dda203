package prove

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
)

// damage is what is done to a copy.
type damage struct {
	edits   []edit
	decoded bool // done to the dump inside the compression, which is put around it again
	summed  bool // the checksum of the intact backup is beside the copy
}

// edit changes one place of a stream.
type edit struct {
	at   int64
	cut  int64  // bytes that are left out; rest: all that follow
	put  []byte // in their place
	flip byte   // the bits of the byte at this place that are inverted
}

const rest = math.MaxInt64

// apply copies r to w with the edits done to it, which are in the order of
// their places. It fails if the stream ends before the last of them.
func apply(ctx context.Context, w io.Writer, r io.Reader, edits []edit) error {
	at := int64(0)
	for _, e := range edits {
		if err := pass(ctx, w, r, e.at-at); err != nil {
			return err
		}
		at = e.at
		if e.flip != 0 {
			if err := flip(w, r, e.flip); err != nil {
				return err
			}
			at++
		}
		if _, err := w.Write(e.put); err != nil {
			return err
		}
		if e.cut == rest {
			return nil
		}
		if err := pass(ctx, io.Discard, r, e.cut); err != nil {
			return err
		}
		at += e.cut
	}
	err := pass(ctx, w, r, rest)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// step is how much is copied before the context is looked at again. Between
// two files the kernel copies so much at once.
const step = 64 << 20

// pass copies exactly n bytes.
func pass(ctx context.Context, w io.Writer, r io.Reader, n int64) error {
	for n > 0 {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		done, err := io.CopyN(w, r, min(n, step))
		n -= done
		if err == io.EOF { //nolint:errorlint // an error of the source may wrap it
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func flip(w io.Writer, r io.Reader, bits byte) error {
	b := make([]byte, 1)
	if _, err := io.ReadFull(r, b); err != nil {
		return fmt.Errorf("the byte to flip: %w", err)
	}
	b[0] ^= bits
	_, err := w.Write(b)
	return err
}
