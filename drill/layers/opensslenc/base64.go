package opensslenc

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"

	"github.com/drillgres/drillgres/drill/layers/source"
)

const (
	whitespace = " \t\r\n"
	// encodedMagic is what "Salted__" is in base64, up to a character that the salt decides too.
	encodedMagic = "U2FsdGVkX1"
)

// isBase64 reports whether head begins a file of openssl enc -a or -A.
func isBase64(head []byte) bool {
	rest, ok := bytes.CutPrefix(bytes.TrimLeft(head, whitespace), []byte(encodedMagic))
	return ok && (len(rest) == 0 || bytes.IndexByte([]byte("89+/"), rest[0]) >= 0)
}

// base64Reader decodes lines of any length up to the padding or the end. It is read through
// a buffer, because it needs room for three bytes. Its errors are Failures, io.EOF, or
// those of in.
type base64Reader struct {
	in       *source.Reader
	text     []byte // reused; between two reads the characters that do not fill a group yet
	trailing int64  // bytes after the padding
}

var errPadding = errors.New("base64 padding")

func (b *base64Reader) Read(p []byte) (n int, err error) {
	for n == 0 && err == nil {
		n, err = b.decode(p)
	}
	if errors.Is(err, errPadding) {
		if b.trailing, err = b.in.Drain(whitespace); err == nil {
			err = io.EOF
		}
	}
	return n, err
}

// decode decodes what is buffered, as far as p has room for it.
func (b *base64Reader) decode(p []byte) (int, error) {
	if _, err := b.in.Peek(1); err != nil {
		return 0, b.ended()
	}
	room := len(p) / 3 * 4
	if room == 0 {
		return 0, io.ErrShortBuffer
	}
	lines, _ := b.in.Peek(min(b.in.Buffered(), room))
	used, padded := b.collect(lines)
	if _, err := b.in.Discard(used); err != nil {
		return 0, err
	}
	groups := len(b.text) / 4 * 4
	n, err := base64.StdEncoding.Strict().Decode(p, b.text[:groups])
	if err != nil {
		return 0, errCorrupt("the base64 text is damaged")
	}
	b.text = append(b.text[:0], b.text[groups:]...)
	if padded {
		return n, errPadding
	}
	return n, nil
}

// collect appends the characters of the lines to the text, up to a group that ends in
// padding. It returns how many bytes of the lines it has used.
func (b *base64Reader) collect(lines []byte) (used int, padded bool) {
	for used < len(lines) {
		line := lines[used:]
		if end := bytes.IndexByte(line, '\n'); end >= 0 {
			line = line[:end+1]
		}
		if at := bytes.IndexByte(line, '='); at >= 0 {
			line = line[:at+1]
		}
		used += len(line)
		b.text = append(b.text, bytes.Trim(line, whitespace)...)
		if line[len(line)-1] == '=' && len(b.text)%4 == 0 {
			return used, true
		}
	}
	return used, false
}

// ended returns the error for the end of the text.
func (b *base64Reader) ended() error {
	switch {
	case b.in.Err() != nil:
		return b.in.Err()
	case len(b.text) > 0:
		return errTruncated("the base64 text ends early")
	}
	return io.EOF
}
