package pgp

import (
	"bufio"
	"errors"
	"io"
	"slices"

	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"github.com/drillgres/drillgres/drill/outcome"
)

// maxNesting bounds compressed packets inside each other. gpg writes one.
const maxNesting = 8

// content is the decrypted inside of a message: a literal packet with the data, perhaps
// compressed, perhaps between signatures.
type content struct {
	decrypted io.ReadCloser
	levels    []*bufio.Reader // the decrypted data, and the inside of each compressed packet
	body      io.Reader       // of the literal packet
}

func openContent(decrypted io.ReadCloser) (*content, error) {
	c := &content{decrypted: decrypted}
	var r io.Reader = decrypted
	for range maxNesting {
		level := bufio.NewReaderSize(r, dataBuffer)
		c.levels = append(c.levels, level)
		p, err := firstOf(level)
		if err != nil {
			return nil, c.doubt(err)
		}
		switch p := p.(type) {
		case *packet.LiteralData:
			c.body = p.Body
			return c, nil
		case *packet.Compressed:
			r = p.Body
		}
	}
	return nil, c.doubt(unsupported("the message has more than %d layers of compression", maxNesting))
}

// firstOf returns the first packet that is literal or compressed.
func firstOf(r *bufio.Reader) (packet.Packet, error) {
	for {
		h, err := peekHeader(r)
		if err != nil {
			return nil, unexpected(err)
		}
		switch {
		case h.tag == tagLiteral || h.tag == tagCompressed:
			p, err := packet.Read(r)
			if errors.As(err, new(pgperrors.UnsupportedError)) {
				return nil, unsupported("the content is compressed in a way that this version does not read")
			}
			return p, err
		case !isIgnored(h.tag):
			return nil, unsupported("the encrypted message does not contain data but a packet of type %d", h.tag)
		}
		if err := skip(r, h); err != nil {
			return nil, err
		}
	}
}

// isIgnored reports whether a packet beside the data means nothing for the data.
func isIgnored(tag byte) bool {
	return slices.Contains([]byte{tagSignature, tagOnePass, tagMarker, tagTrust, tagPadding}, tag) || tag >= firstNonCritical
}

// doubt returns err, or the error of the checksum: what looks like another format may be
// damage.
func (c *content) doubt(err error) error {
	var f *outcome.Failure
	if !errors.As(err, &f) {
		return err
	}
	if e := c.close(); e != nil {
		return e
	}
	return err
}

// close reads the rest of the decrypted data, and compares the checksum of all.
func (c *content) close() error {
	if _, err := io.Copy(io.Discard, c.levels[0]); err != nil {
		return err
	}
	return c.decrypted.Close()
}

// finish reads what follows the literal packet: signatures at most. The checksum of the
// message is the last thing in it.
func (c *content) finish() error {
	for _, level := range slices.Backward(c.levels) {
		if err := readRest(level); err != nil {
			return c.doubt(err)
		}
	}
	return c.close()
}

func readRest(r *bufio.Reader) error {
	for {
		h, err := peekHeader(r)
		switch {
		case err == io.EOF: //nolint:errorlint // the reader's own end
			return nil
		case err != nil:
			return err
		case !isIgnored(h.tag):
			return unsupported("the encrypted message contains more than one piece of data")
		}
		if err := skip(r, h); err != nil {
			return err
		}
	}
}
