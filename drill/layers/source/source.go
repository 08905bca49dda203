// Package source reads the stored bytes below a decrypting layer, and what follows the
// layer's end. It remembers how they ended: that distinguishes a cut file, a damaged file and
// a failing network.
package source

import (
	"bufio"
	"bytes"
	"io"
)

const bufferSize = 64 << 10

// Reader is the buffered input of a layer.
type Reader struct {
	*bufio.Reader
	raw *raw
}

// New returns a Reader of r.
func New(r io.Reader) *Reader {
	raw := &raw{r: r}
	return &Reader{Reader: bufio.NewReaderSize(raw, bufferSize), raw: raw}
}

// Err returns the error of the underlying reader as it was, or nil. Its end is not an
// error.
func (r *Reader) Err() error { return r.raw.err }

// Exhausted reports whether someone has read all bytes and then asked for more.
func (r *Reader) Exhausted() bool { return r.raw.ended && r.Buffered() == 0 }

// Drain reads to the end, for a checksum of the whole file. It returns how many of the bytes are
// not padding.
func (r *Reader) Drain(padding string) (n int64, err error) {
	buf := make([]byte, 4096)
	for {
		m, err := r.Read(buf)
		n += int64(len(bytes.Trim(buf[:m], padding)))
		switch {
		case r.Err() != nil:
			return n, r.Err()
		case err == io.EOF: //nolint:errorlint // an error of the source may wrap it
			return n, nil
		case err != nil:
			return n, err
		}
	}
}

// raw remembers the first error of r. It reports the end separately from the last bytes,
// so that who sees the end has asked for more than there is.
type raw struct {
	r     io.Reader
	err   error
	ended bool
}

func (s *raw) Read(p []byte) (int, error) {
	switch {
	case s.err != nil:
		return 0, s.err
	case s.ended:
		return 0, io.EOF
	case len(p) == 0:
		return 0, nil
	}
	n, err := s.r.Read(p)
	switch {
	case err == nil:
		return n, nil
	case err != io.EOF: //nolint:errorlint // an error that wraps io.EOF is still an error
		s.err = err
		return n, err
	case n > 0:
		return n, nil
	}
	s.ended = true
	return 0, io.EOF
}
