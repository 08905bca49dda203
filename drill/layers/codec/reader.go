package codec

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"

	"github.com/drillgres/drillgres/drill/outcome"
)

const (
	sourceBuffer = 64 << 10
	// maxWindow is the largest window of zstd that zstd(1) decodes by default, and the
	// largest dictionary of xz, whose levels need 64 MiB at most. A stream needs as much
	// memory: 64 MiB for xz -9, 128 MiB for zstd --long=27.
	maxWindow = 128 << 20
)

// decoder is what decodes a stream. Read returns io.EOF when all of the source was read
// and decoded, and any other error as the library or the program reports it.
type decoder interface {
	io.Reader
	// stop releases what the decoder holds. It may be called twice.
	stop()
	// fail returns the Failure for an error of Read that is not the source's.
	fail(err error) error
}

// Reader reads the decompressed bytes of a stream.
type Reader struct {
	src      *source
	br       *bufio.Reader
	d        decoder
	trailing *tally
	consumed atomic.Int64
	err      error
}

// Open returns a reader of the decompressed r, whose compression has the name that
// [Detect] returned. Read returns
//
//   - io.EOF only when all of r was read and found intact, also if it has no data in it,
//   - an error of r or of ctx as it is,
//   - StreamTruncated if r ends before the stream, and StreamCorrupt if it is damaged,
//   - FormatUnsupported if the stream needs more memory than is allowed, a dictionary,
//     or a program that is missing or does not work.
//
// The bytes before an error may be incomplete or wrong. The caller closes the reader; r
// stays open. Close and a Read that fails wait until a running Read of r has returned.
func Open(ctx context.Context, name string, r io.Reader) (*Reader, error) {
	return open(ctx, name, r, programs[name])
}

// open tries each of the programs before the library.
func open(ctx context.Context, name string, r io.Reader, programs []program) (*Reader, error) {
	src := &source{ctx: ctx, r: r}
	z := &Reader{src: src, br: bufio.NewReaderSize(src, sourceBuffer), trailing: new(tally)}
	switch name {
	case "gzip":
		z.d = &gzipReader{br: z.br, trailing: z.trailing}
	case "zstd":
		d, err := newZstd(z.br)
		if err != nil {
			return nil, decodeError(err, name)
		}
		z.d = zstdReader{d}
	case "lz4":
		f := z.framed(name, new(lz4Framing))
		f.single = true
		z.d = &lz4Reader{framed: f}
	case "xz":
		framing := new(xzFraming)
		if z.d = start(ctx, z.framed(name, framing), programs); z.d == nil {
			framing.onlyLZMA2 = true
			z.d = &xzReader{framed: z.framed(name, framing)}
		}
	case "bzip2":
		if z.d = start(ctx, z.framed(name, new(bzip2Framing)), programs); z.d == nil {
			z.d = newBzip2(z.framed(name, new(bzip2Framing)))
		}
	default:
		return nil, fmt.Errorf("open a stream of %q: unknown compression", name)
	}
	return z, nil
}

func (z *Reader) framed(name string, f framing) *framed {
	return &framed{name: name, br: z.br, src: z.src, f: f, trailing: z.trailing}
}

// Read reads decompressed bytes; see [Open] for its errors.
func (z *Reader) Read(p []byte) (int, error) {
	if z.err != nil {
		return 0, z.err
	}
	n, err := z.d.Read(p)
	if err == nil {
		return n, nil
	}
	z.d.stop()
	switch {
	case z.src.err != nil:
		err = z.src.err
	case err != io.EOF: //nolint:errorlint // a wrapped io.EOF is an error
		err = z.d.fail(err)
	}
	z.err = err
	z.consumed.Store(z.src.read - int64(z.br.Buffered()))
	return n, err
}

// Close releases what the reader holds. It may be called twice.
func (z *Reader) Close() error {
	z.d.stop()
	if z.err == nil {
		z.err = errors.New("read a closed stream")
	}
	return nil
}

// Trailing returns how many bytes are behind the end of the last stream and were
// ignored, as gzip and bzip2 do with a warning. Zeros alone are padding and do not count.
// It is valid after io.EOF.
func (z *Reader) Trailing() int64 {
	if !z.trailing.nonzero {
		return 0
	}
	return z.trailing.n
}

// Consumed returns how many bytes of the source were decoded, or handed to the program
// that decodes them. It is valid after Read has returned an error.
func (z *Reader) Consumed() int64 { return z.consumed.Load() }

// decodeError returns the Failure for an error of a library.
func decodeError(err error, name string) error {
	switch {
	case errors.As(err, new(flate.CorruptInputError)):
		err = errCorrupt // its own offset counts from the member's beginning
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errTruncated(name)
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return outcome.Fail(outcome.FormatUnsupported, "decode zstd: the stream needs a window of more than %d MiB", maxWindow>>20).
			WithHint("compress the backup with a window of at most 128 MiB (zstd --long=27)")
	}
	return outcome.Fail(outcome.StreamCorrupt, "decode %s: %w", name, err)
}

var errCorrupt = errors.New("corrupt input")

func errTruncated(name string) error {
	return outcome.Fail(outcome.StreamTruncated, "decode %s: the stream ends early", name)
}
