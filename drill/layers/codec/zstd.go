package codec

import (
	"io"

	"github.com/klauspost/compress/zstd"
)

// zstdReader reads frames of zstd, and skips the skippable ones. Like zstd(1), it does
// not accept anything else behind them.
type zstdReader struct{ *zstd.Decoder }

func newZstd(r io.Reader) (*zstd.Decoder, error) {
	return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxWindow))
}

func (z zstdReader) stop() { z.Close() }

func (z zstdReader) fail(err error) error { return decodeError(err, "zstd") }
