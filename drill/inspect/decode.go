package inspect

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

const (
	sourceBuffer = 64 << 10
	sniffLength  = 4096 // bytes from which compression and format are detected, including a tar header
	// maxWindow is the largest window that zstd(1) decodes by default.
	maxWindow = 128 << 20
)

// Decode returns a reader of the decompressed backup and the name of the compression
// ("", gzip or zstd), which it detects from the first bytes. Decode and the reader
// return the stream-level errors of [Scan] or errors of r. The caller closes the
// reader; r stays open.
func Decode(r io.Reader, l Limits) (io.ReadCloser, string, error) {
	d, err := decode(r, &budget{max: l.MaxDecoded})
	if err != nil {
		return nil, "", err
	}
	return d, d.wrap, nil
}

func decode(r io.Reader, spent *budget) (*decoder, error) {
	src := &source{r: r}
	br := bufio.NewReaderSize(src, sourceBuffer)
	from := bufferedSource{src, br}
	head, _ := br.Peek(sniffLength)
	if src.err != nil {
		return nil, src.err
	}
	if len(head) == 0 {
		return nil, errEmpty("it has no bytes")
	}
	d := &decoder{Closer: io.NopCloser(nil), from: from, spent: spent, wrap: compressionOf(head), terminal: wentThroughTerminal(head, manyFeeds)}
	switch d.wrap {
	case "gzip":
		d.gzip = &gzipReader{br: br}
		d.r = d.gzip
	case "zstd":
		z, err := newZstd(br)
		if err != nil {
			return nil, d.fail(err)
		}
		d.r, d.Closer = z, z.IOReadCloser()
	default:
		if err := rejectWrapped(head); err != nil {
			return nil, err
		}
		d.r = br
	}
	return d, nil
}

func newZstd(r io.Reader) (*zstd.Decoder, error) {
	return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxWindow))
}

// bufferedSource is the input of a decoder: a source behind a buffer.
type bufferedSource struct {
	*source
	br *bufio.Reader
}

// offset returns how many bytes the decoder has read.
func (s bufferedSource) offset() int64 { return s.read - int64(s.br.Buffered()) }

// decoder turns the errors of a decompressor into Failures.
type decoder struct {
	io.Closer
	r     io.Reader
	from  bufferedSource
	spent *budget
	wrap  string
	total int64

	gzip     *gzipReader // r, if it is gzip
	terminal bool        // the compressed bytes may have gone through a terminal
}

// trailingBytes returns how many bytes are behind the end of the compressed stream,
// after all of it was read. Zeros are padding and do not count.
func (d *decoder) trailingBytes() int64 {
	if d.gzip == nil || !d.gzip.trailing.nonzero {
		return 0
	}
	return d.gzip.trailing.n
}

func (d *decoder) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	d.total += int64(n)
	if over := d.spent.spend(n); over != nil {
		return n, over
	}
	switch {
	case err == nil:
		return n, nil
	case d.from.err != nil:
		return n, d.from.err
	case err != io.EOF:
		return n, d.fail(err)
	case d.total == 0:
		return n, errEmpty("the " + d.wrap + " stream contains no data")
	}
	return n, io.EOF
}

// fail returns the Failure for an error of the decompressor.
func (d *decoder) fail(err error) error {
	failure := decodeError(err, d.wrap, d.from.offset())
	if d.terminal && !hasCode(failure, outcome.StreamTruncated) {
		return throughTerminal(outcome.StreamCorrupt, d.wrap+" stream")
	}
	return failure
}

func errEmpty(what string) error {
	return outcome.Fail(outcome.BackupEmpty, "the backup is empty: %s", what)
}

// decodeError returns the Failure for an error of a decompressor at an offset of
// the file. Damage that a checksum detects is before that offset.
func decodeError(err error, wrap string, offset int64) error {
	if errors.As(err, new(flate.CorruptInputError)) {
		err = errors.New("corrupt input") // its own offset counts from the member's beginning
	}
	f := outcome.Fail(outcome.StreamCorrupt, "decode %s: %w", wrap, err)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		f = outcome.Fail(outcome.StreamTruncated, "decode %s: the stream ends early", wrap)
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return outcome.Fail(outcome.FormatUnsupported, "decode zstd: the stream needs a window of more than %d MiB", maxWindow>>20).
			WithHint("compress the backup with a window of at most 128 MiB (zstd --long=27)")
	}
	f.Offset = offset
	return f
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
