package pgp

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
)

// Packet types. RFC 9580, section 5; type 20 is GnuPG's own.
const (
	tagPublicSession  = 1 // session key, encrypted to a public key
	tagSignature      = 2
	tagSymmetric      = 3 // session key, encrypted with a passphrase
	tagOnePass        = 4
	tagCompressed     = 8
	tagUnprotected    = 9 // encrypted without a checksum
	tagMarker         = 10
	tagLiteral        = 11
	tagTrust          = 12
	tagProtected      = 18
	tagGnuPG          = 20
	tagPadding        = 21
	firstNonCritical  = 40
	longestHeader     = 6
	longestSessionKey = 4096 // bytes of such a packet; the largest of today has 1,700
)

var errNoPacket = errors.New("not the beginning of a packet")

// header is the header of a packet. RFC 9580, section 4.2.
type header struct {
	tag    byte
	size   int   // of the header itself
	length int64 // of the body, or of its first part
	part   bool  // more parts follow
	toEnd  bool  // the body ends with the file
}

// parseHeader returns false if p is too short or does not begin a packet.
func parseHeader(p []byte) (h header, ok bool) {
	switch {
	case len(p) == 0 || p[0]&0x80 == 0:
		return header{}, false
	case p[0]&0x40 != 0:
		h.tag = p[0] & 0x3f
		n := 0
		h.length, n, h.part = parseLength(p[1:])
		h.size = 1 + n
		return h, n > 0
	}
	h.tag = p[0] >> 2 & 0xf
	if h.toEnd = p[0]&3 == 3; h.toEnd {
		h.size = 1
		return h, true
	}
	n := 1 << (p[0] & 3)
	if h.size = 1 + n; len(p) < h.size {
		return h, false
	}
	h.length = bigEndian(p[1:h.size])
	return h, true
}

// parseLength returns a length in the new format and its size, which is 0 if p is too
// short.
func parseLength(p []byte) (length int64, size int, part bool) {
	switch {
	case len(p) == 0:
		return 0, 0, false
	case p[0] < 192:
		return int64(p[0]), 1, false
	case p[0] < 224 && len(p) > 1:
		return int64(p[0]-192)<<8 + int64(p[1]) + 192, 2, false
	case p[0] >= 224 && p[0] < 255:
		return 1 << (p[0] & 0x1f), 1, true
	case p[0] == 255 && len(p) > 4:
		return bigEndian(p[1:5]), 5, false
	}
	return 0, 0, false
}

func bigEndian(p []byte) (n int64) {
	for _, b := range p {
		n = n<<8 | int64(b)
	}
	return n
}

// peekHeader returns the header of the next packet. It returns io.EOF if there is none.
func peekHeader(r *bufio.Reader) (header, error) {
	p, err := r.Peek(longestHeader)
	h, ok := parseHeader(p)
	switch {
	case ok:
		return h, nil
	case len(p) == 0 || err != nil && err != io.EOF: //nolint:errorlint // the reader's own end
		return h, err
	case err != nil && p[0]&0x80 != 0:
		return h, io.ErrUnexpectedEOF
	}
	return h, errNoPacket
}

// skip reads a packet without looking at it, however large it says it is.
func skip(r *bufio.Reader, h header) error {
	if _, err := r.Discard(h.size); err != nil {
		return err
	}
	if h.toEnd {
		_, err := io.Copy(io.Discard, r)
		return err
	}
	for {
		if _, err := io.CopyN(io.Discard, r, h.length); err != nil {
			return unexpected(err)
		}
		if !h.part {
			return nil
		}
		p, err := r.Peek(longestHeader - 1)
		n := 0
		if h.length, n, h.part = parseLength(p); n == 0 {
			return unexpected(err)
		}
		if _, err := r.Discard(n); err != nil {
			return err
		}
	}
}

func unexpected(err error) error {
	if err == io.EOF || err == nil { //nolint:errorlint // the reader's own end
		return io.ErrUnexpectedEOF
	}
	return err
}

// isContent reports whether the first packet of decrypted data is one that an encrypted
// message contains. About one of 2,000 random beginnings is.
func isContent(p []byte) bool {
	h, ok := parseHeader(p)
	if !ok || len(p) < h.size+3 {
		return false
	}
	p = p[h.size:]
	switch h.tag {
	case tagLiteral:
		return bytes.IndexByte([]byte("btul1m"), p[0]) >= 0
	case tagCompressed:
		zlib := p[1]&0xf == 8 && (int(p[1])<<8|int(p[2]))%31 == 0
		return p[0] < 2 || p[0] == 2 && zlib || p[0] == 3 && p[1] == 'B' && p[2] == 'Z'
	case tagOnePass:
		return p[0] == 3 || p[0] == 6
	case tagSignature:
		return p[0] >= 3 && p[0] <= 6
	case tagMarker:
		return bytes.HasPrefix(p, []byte("PGP"))
	case tagPadding:
		return !h.part
	}
	return false
}

var (
	publicAlgorithms = []byte{1, 2, 16, 18, 20, 25, 26, 35, 36}
	ciphers          = []byte{1, 2, 3, 4, 7, 8, 9, 10, 11, 12, 13}
	derivations      = []byte{0, 1, 3, derivationArgon2}
)

// isSessionKey reports whether p is the body of a packet with a session key, as far as it
// goes. RFC 9580, sections 5.1 and 5.3.
func isSessionKey(tag byte, p []byte) bool {
	has := func(i int, of ...byte) bool { return i >= len(p) || slices.Contains(of, p[i]) }
	if len(p) == 0 {
		return false
	}
	switch {
	case tag == tagPublicSession && p[0] == 3:
		return has(9, publicAlgorithms...)
	case tag == tagPublicSession && p[0] == 6 && has(1, 0, 21, 33):
		return len(p) == 1 || has(2+int(p[1]), publicAlgorithms...)
	case tag == tagSymmetric && p[0] == 4:
		return has(1, ciphers...) && has(2, derivations...)
	case tag == tagSymmetric && p[0] == 5:
		return has(1, ciphers...) && has(2, 1, 2, 3) && has(3, derivations...)
	case tag == tagSymmetric && p[0] == 6:
		return has(2, ciphers...) && has(3, 1, 2, 3) && has(5, derivations...)
	}
	return false
}
