package codec

import (
	"bufio"
	"bytes"
	"io"

	"github.com/klauspost/compress/gzip"
)

// gzipReader reads a gzip file like gzip(1): it reads adjacent members and ignores
// anything else after the last one.
type gzipReader struct {
	br   *bufio.Reader
	z    *gzip.Reader
	done bool

	trailing *tally // of the bytes after the last member
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

// drain reads the bytes after the last member, because the source computes a checksum
// of all bytes.
func (m *gzipReader) drain() error {
	if _, err := io.Copy(m.trailing, m.br); err != nil {
		return err
	}
	return io.EOF
}

func (m *gzipReader) stop() {}

func (m *gzipReader) fail(err error) error { return decodeError(err, "gzip") }
