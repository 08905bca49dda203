package zipfile

import (
	"archive/zip"
	"bufio"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strconv"

	"github.com/klauspost/compress/flate"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

const (
	flagEncrypted = 1 << 0
	flagStrong    = 1 << 6
	methodAES     = 99

	bufferSize = 64 << 10
	shownName  = 100 // characters
)

// methodNames are the compression methods of PKWARE's APPNOTE that programs use.
var methodNames = map[uint16]string{
	zip.Store: "store", zip.Deflate: "deflate", 9: "deflate64", 12: "bzip2", 14: "lzma", 20: "zstd", 93: "zstd", 95: "xz", 98: "ppmd",
}

func isEncrypted(f *zip.File) bool {
	return f.Flags&(flagEncrypted|flagStrong) != 0 || f.Method == methodAES
}

// decoder returns a reader of the decompressed bytes.
func decoder(method uint16, stored io.Reader) (io.Reader, error) {
	buffered := bufio.NewReaderSize(stored, bufferSize)
	switch method {
	case zip.Store:
		return buffered, nil
	case zip.Deflate:
		return flate.NewReader(buffered), nil
	}
	return nil, fmt.Errorf("it is compressed with %s", methodName(method))
}

// content reads a member, and checks it at its end.
type content struct {
	in     *input
	name   string
	method uint16
	body   io.Reader
	sealed *sealed // nil if the member is not encrypted

	size      uint64
	read      uint64
	crc       uint32
	sum       uint32
	unchecked bool // the archive stores no CRC-32 of the member
	err       error
}

func (c *content) Read(p []byte) (int, error) {
	if c.err != nil || len(p) == 0 {
		return 0, c.err
	}
	n, err := c.body.Read(p)
	c.read += uint64(n)
	if !c.unchecked {
		c.sum = crc32.Update(c.sum, crc32.IEEETable, p[:n])
	}
	switch {
	case c.in.err != nil:
		c.err = c.in.err
	case c.read > c.size:
		c.err = errCorrupt(c.name, "it has more bytes than the central directory states")
	case err == io.EOF: //nolint:errorlint // the decoder's own end
		c.err = c.finish()
	case err != nil:
		c.err = c.decodeError(err)
	}
	if n > 0 && (c.err == nil || c.err == io.EOF) { //nolint:errorlint // its own end
		return n, nil
	}
	return n, c.err
}

// finish checks the member. It returns io.EOF if it is whole.
func (c *content) finish() error {
	if c.sealed != nil {
		ok, err := c.sealed.verify()
		switch {
		case c.in.err != nil:
			return c.in.err
		case err != nil:
			return errCorrupt(c.name, "it ends early")
		case !ok:
			return errCorrupt(c.name, "it does not match its authentication code")
		}
	}
	switch {
	case c.read != c.size:
		return errCorrupt(c.name, "it has fewer bytes than the central directory states")
	case !c.unchecked && c.sum != c.crc:
		return errCorrupt(c.name, "it does not match its checksum")
	}
	return io.EOF
}

// decodeError returns the Failure for an error of the decompressor, which does not know
// what is behind the archive's own end.
func (c *content) decodeError(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errCorrupt(c.name, "its "+methodName(c.method)+" stream ends early")
	}
	return errCorrupt(c.name, "its "+methodName(c.method)+" stream is damaged")
}

// show returns a name for printing: quoted, and not longer than a line.
func show(name string) string { return strconv.Quote(words.Shorten(name, shownName)) }

func errCorrupt(name, how string) error {
	return outcome.Fail(outcome.StreamCorrupt, "read %s in the zip archive: %s", show(name), how)
}

func errUnsupported(name, how string) *outcome.Failure {
	return outcome.Fail(outcome.FormatUnsupported, "read %s in the zip archive: %s, which this version does not read", show(name), how)
}
