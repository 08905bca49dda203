// Package pgp decrypts backups that gpg or another OpenPGP program encrypted, in one pass
// and with the memory of one chunk. Signatures are not verified.
package pgp

import (
	"io"

	"github.com/ProtonMail/go-crypto/openpgp/armor"

	"github.com/drillgres/drillgres/drill/layers/source"
	"github.com/drillgres/drillgres/drill/outcome"
)

const armoredBuffer = 4096

// Opened is the plaintext of a message.
type Opened struct {
	io.Reader
	Key         *Key   // that opened it
	Fingerprint string // of the private key that opened it, of those in the Key
	Cipher      string // and its mode, such as "AES-256 with MDC" or "AES-256 OCB"
	Findings    []outcome.Finding
	in          *input
}

// Trailing returns how many bytes follow the end of the message, after Read has returned
// io.EOF. Zeros, and white space around armor, are padding and do not count. A second
// message does.
func (o *Opened) Trailing() int64 { return o.in.trailing }

// Open returns the plaintext of an encrypted message, which may be armored. It tries the
// keys in their order. It returns key_missing without keys, key_wrong if none of them opens
// the message, format_unsupported (also for a message without integrity protection), and
// stream_truncated or stream_corrupt if what comes before the data is damaged. Read returns
// those two and format_unsupported: they are about the backup, because a key has proved
// right. It returns io.EOF only after the message's own checksum was compared. Errors of r
// are returned as they are.
func Open(r io.Reader, keys []*Key) (*Opened, error) {
	in := &input{Reader: source.New(r)}
	head, _ := in.Peek(armoredBuffer)
	if err := in.Err(); err != nil {
		return nil, err
	}
	if err := in.unarmor(head); err != nil {
		return nil, in.judge(err)
	}
	m := &envelope{in: in}
	if err := m.read(); err != nil {
		return nil, in.judge(err)
	}
	s, err := m.unlock(keys)
	if err != nil {
		return nil, in.judge(err)
	}
	c, err := m.open(s)
	if err != nil {
		return nil, in.judge(err)
	}
	return &Opened{Reader: &plaintext{in: in, content: c}, Key: s.key, Fingerprint: s.fingerprint(), Cipher: m.cipherName(s), Findings: s.findings(), in: in}, nil
}

// unarmor sets the binary body.
func (in *input) unarmor(head []byte) error {
	if !isArmored(head) {
		in.body = in.Reader.Reader
		return nil
	}
	in.armor = &source.Armor{In: in.Reader, End: armorEnd}
	block, err := armor.Decode(in.armor)
	switch {
	case err == io.EOF: //nolint:errorlint // the library's own end
		return io.ErrUnexpectedEOF
	case err != nil:
		return err
	case block.Type != "PGP MESSAGE":
		return outcome.Fail(outcome.FormatUnsupported, "decrypt OpenPGP: the armor is not that of a message")
	}
	in.setBody(block.Body)
	return nil
}
