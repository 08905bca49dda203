package layers

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/drillgres/drillgres/drill/outcome"
)

// maxWindow is the largest window that zstd(1) decodes by default.
const maxWindow = 128 << 20

// openCodec opens a compressed stream.
func openCodec(s *Stream, in opened, name string) (*level, error) {
	l := &level{Layer: Layer{Name: name}, at: func() int64 { return in.outer.offset() - int64(in.br.Buffered()) }}
	terminal := wentThroughTerminal(in.head)
	l.explain = func(err error) error {
		failure := decodeError(err, name)
		if terminal && failure.Code != outcome.StreamTruncated {
			return throughTerminal(name)
		}
		return failure
	}
	switch name {
	case "gzip":
		g := &gzipReader{br: in.br}
		l.r = g
		l.trailing = func() int64 {
			if g.trailing.nonzero {
				return g.trailing.n
			}
			return 0
		}
	case "zstd":
		z, err := newZstd(in.br)
		if err != nil {
			return nil, l.explain(err)
		}
		l.r = z
		s.closers = append(s.closers, func() error { z.Close(); return nil })
	}
	return l, nil
}

func newZstd(r io.Reader) (*zstd.Decoder, error) {
	return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxWindow))
}

// decodeError returns the Failure for an error of a decompressor.
func decodeError(err error, name string) *outcome.Failure {
	var f *outcome.Failure
	if errors.As(err, &f) {
		return f
	}
	if errors.As(err, new(flate.CorruptInputError)) {
		err = errors.New("corrupt input") // its own offset counts from the member's beginning
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return outcome.Fail(outcome.StreamTruncated, "decode %s: the stream ends early", name)
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return outcome.Fail(outcome.FormatUnsupported, "decode zstd: the stream needs a window of more than %d MiB", maxWindow>>20).
			WithHint("compress the backup with a window of at most 128 MiB (zstd --long=27)")
	}
	return outcome.Fail(outcome.StreamCorrupt, "decode %s: %w", name, err)
}

// Text that went through a terminal has a carriage return before each line feed, which
// damages binary data. manyFeeds is how many line feeds must have one: in compressed data
// one in 256 bytes is a line feed.
const manyFeeds = 8

// wentThroughTerminal reports whether the first bytes have many line feeds, all behind a
// carriage return.
func wentThroughTerminal(head []byte) bool {
	feeds := bytes.Count(head, []byte("\n"))
	return feeds >= manyFeeds && bytes.Count(head, []byte("\r\n")) == feeds
}

func throughTerminal(name string) error {
	return outcome.Fail(outcome.StreamCorrupt, "the %s stream went through a terminal, which put a carriage return before each line feed", name).
		WithHint("do not allocate a terminal in the backup job: no docker exec -t, no ssh -t")
}

// gzipReader reads a gzip file like gzip(1): it reads adjacent members and ignores
// anything else after the last one.
type gzipReader struct {
	br   *bufio.Reader
	z    *gzip.Reader
	done bool

	trailing tally // of the bytes after the last member
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

func (m *gzipReader) Read(p []byte) (int, error) {
	for !m.done {
		if m.z == nil {
			if err := m.open(); err != nil {
				return 0, err
			}
		}
		n, err := m.z.Read(p)
		if err == io.EOF { //nolint:errorlint // an error of the source may wrap it
			err = m.nextMember()
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
	return 0, m.drain()
}

// nextMember opens the next member, if there is one.
func (m *gzipReader) nextMember() error {
	head, _ := m.br.Peek(2)
	if !bytes.HasPrefix(head, []byte{0x1f}) || (len(head) == 2 && head[1] != 0x8b) {
		m.done = true
		return nil
	}
	return m.open()
}

func (m *gzipReader) open() error {
	if m.z == nil {
		m.z = new(gzip.Reader)
	}
	err := m.z.Reset(m.br)
	m.z.Multistream(false)
	if err == io.EOF { //nolint:errorlint // the header is incomplete: its magic was read
		return io.ErrUnexpectedEOF
	}
	return err
}

// drain reads the bytes after the last member, because the source computes a
// checksum of all bytes.
func (m *gzipReader) drain() error {
	if _, err := io.Copy(&m.trailing, m.br); err != nil {
		return err
	}
	return io.EOF
}
