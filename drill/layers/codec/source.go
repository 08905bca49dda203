package codec

import (
	"bytes"
	"context"
	"io"
)

// source remembers the error of a reader, and counts its bytes. Its methods run in one
// goroutine at a time.
type source struct {
	ctx  context.Context
	r    io.Reader
	read int64
	end  bool
	err  error // not io.EOF
}

func (s *source) Read(p []byte) (int, error) {
	if s.err == nil {
		s.err = s.ctx.Err()
	}
	if s.err != nil {
		return 0, s.err
	}
	if s.end {
		return 0, io.EOF
	}
	n, err := s.r.Read(p)
	s.read += int64(n)
	switch {
	case err == io.EOF: //nolint:errorlint // an error of r may wrap io.EOF
		s.end = true
	case err != nil:
		s.err = err
	}
	return n, err
}

// tally counts bytes.
type tally struct {
	n       int64
	nonzero bool
}

func (t *tally) Write(p []byte) (int, error) {
	t.n += int64(len(p))
	t.nonzero = t.nonzero || len(bytes.Trim(p, "\x00")) > 0
	return len(p), nil
}
