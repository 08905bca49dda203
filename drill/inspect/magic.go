package inspect

import (
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/drillgres/drillgres/drill/outcome"
)

const (
	archiveMagic = "PGDMP"
	sourceBuffer = 64 << 10
	sniffLength  = 4096 // bytes from which the format is detected
	// maxWindow is the largest window that zstd(1) decodes by default.
	maxWindow = 128 << 20
)

func newZstd(r io.Reader) (*zstd.Decoder, error) {
	return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
}

func hasPrefix(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && string(b[:len(prefix)]) == prefix
}

func errEmpty(what string) error {
	return outcome.Fail(outcome.BackupEmpty, "the backup is empty: %s", what)
}
