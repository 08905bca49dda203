package codec

import (
	"bufio"
	"compress/bzip2"
	"io"
	"strings"

	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"

	"github.com/drillgres/drillgres/drill/outcome"
)

// xzReader reads xz by a library.
type xzReader struct {
	*framed
	z io.Reader
}

func (x *xzReader) Read(p []byte) (int, error) {
	if x.z == nil {
		// The library reads single bytes.
		z, err := xz.ReaderConfig{DictCap: lzma.MinDictCap}.NewReader(bufio.NewReader(x.framed))
		if err != nil {
			return 0, err
		}
		x.z = z
	}
	n, err := x.z.Read(p)
	if err == io.EOF { //nolint:errorlint // a wrapped io.EOF is an error
		err = x.finish()
	}
	return n, err
}

func (x *xzReader) stop() { x.z = nil }

// bzip2Reader reads bzip2 by the standard library.
type bzip2Reader struct {
	*framed
	z io.Reader
}

func newBzip2(f *framed) *bzip2Reader {
	return &bzip2Reader{framed: f, z: bzip2.NewReader(bufio.NewReader(f))}
}

func (b *bzip2Reader) Read(p []byte) (int, error) {
	n, err := b.z.Read(p)
	if err == io.EOF { //nolint:errorlint // a wrapped io.EOF is an error
		err = b.finish()
	}
	return n, err
}

func (b *bzip2Reader) stop() {}

// lz4Reader reads each frame of lz4 by a new reader of the library, which by itself
// reads no other frame behind a legacy one.
type lz4Reader struct {
	*framed
	z *lz4.Reader
}

func (l *lz4Reader) Read(p []byte) (int, error) {
	for {
		if l.z == nil {
			if !l.more() {
				return 0, l.finish()
			}
			l.z = lz4.NewReader(l.framed)
		}
		n, err := l.z.Read(p)
		if err == io.EOF { //nolint:errorlint // a wrapped io.EOF is an error
			l.z, err = nil, nil
		}
		if n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
	}
}

func (l *lz4Reader) stop() { l.z = nil }

func (l *lz4Reader) fail(err error) error {
	if strings.Contains(err.Error(), "dictionary ID") {
		return outcome.Fail(outcome.FormatUnsupported, "decode lz4: the stream needs a dictionary").
			WithHint("compress the backup without a dictionary")
	}
	return l.framed.fail(err)
}
