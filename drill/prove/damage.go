package prove

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
)

// damage describes what is done to a copy.
type damage struct {
	of      string // the name of the copied file; empty: that of the dump
	removed bool   // the file is left out
	edits   []edit
	decoded bool // the edits apply to the dump inside the compression
	summed  bool // the copy gets a sidecar file with the checksum of the intact backup
}

// edit changes one position of a stream.
type edit struct {
	at   int64
	cut  int64  // number of bytes to remove; toEnd: all that follow
	put  []byte // inserted in their place
	flip byte   // the bits to invert in the byte at this position
}

const toEnd = math.MaxInt64

// apply copies r to w and applies the edits, which must be sorted by position. It
// returns an error if the stream ends before the last of them.
func apply(ctx context.Context, w io.Writer, r io.Reader, edits []edit) error {
	at := int64(0)
	for _, e := range edits {
		if err := copyExactly(ctx, w, r, e.at-at); err != nil {
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
		if e.cut == toEnd {
			return nil
		}
		if err := copyExactly(ctx, io.Discard, r, e.cut); err != nil {
			return err
		}
		at += e.cut
	}
	err := copyExactly(ctx, w, r, toEnd)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// chunk is how many bytes are copied between two checks of the context. Between two
// files, the kernel copies a chunk at once.
const chunk = 64 << 20

// copyExactly copies n bytes. It returns io.ErrUnexpectedEOF if r has fewer.
func copyExactly(ctx context.Context, w io.Writer, r io.Reader, n int64) error {
	for n > 0 {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		done, err := io.CopyN(w, r, min(n, chunk))
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
		return fmt.Errorf("read the byte to flip: %w", err)
	}
	b[0] ^= bits
	_, err := w.Write(b)
	return err
}
