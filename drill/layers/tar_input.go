package layers

import (
	"bytes"
	"io"
	"strconv"
)

// Of a header (pax, "ustar Interchange Format").
const (
	tarBlock      = 512
	tarMagic      = "ustar"
	tarMagicAt    = 257
	tarChecksumAt = 148
	tarChecksum   = 8 // digits and their end
)

// isTar reports whether head is the first header of a tar archive. Archives of old programs
// have no magic, but a checksum.
func isTar(head []byte) bool {
	return len(head) >= tarMagicAt+len(tarMagic) && hasPrefix(head[tarMagicAt:], tarMagic) || isOldTar(head)
}

func isOldTar(head []byte) bool {
	if len(head) < tarBlock || head[0] == 0 {
		return false
	}
	digits := bytes.Trim(head[tarChecksumAt:tarChecksumAt+tarChecksum], " \x00")
	want, err := strconv.ParseInt(string(digits), 8, 64)
	sum := int64(tarChecksum * ' ') // which stands for the checksum itself
	for i, c := range head[:tarBlock] {
		if i < tarChecksumAt || i >= tarChecksumAt+tarChecksum {
			sum += int64(c)
		}
	}
	return err == nil && sum == want
}

// tarInput is what the reader of a tar archive reads.
type tarInput struct {
	r      io.Reader
	ended  bool  // all of it was read
	behind int64 // bytes behind the trailer. Zeros at the end are padding, and do not count
}

func (i *tarInput) Read(p []byte) (int, error) {
	n, err := i.r.Read(p)
	i.ended = i.ended || err == io.EOF //nolint:errorlint // the reader's own end
	return n, err
}

// readBehind reads what follows the trailer of the archive.
func (i *tarInput) readBehind() error {
	buf := make([]byte, bufferSize)
	for read := int64(0); ; {
		n, err := i.r.Read(buf)
		if filled := len(bytes.TrimRight(buf[:n], "\x00")); filled > 0 {
			i.behind = read + int64(filled)
		}
		read += int64(n)
		switch {
		case err == io.EOF: //nolint:errorlint // the reader's own end
			return nil
		case err != nil:
			return err
		}
	}
}

func (i *tarInput) trailing() int64 { return i.behind }
