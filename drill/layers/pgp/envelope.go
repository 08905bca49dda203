package pgp

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Bounds on what a message may ask for before a key has proved right.
const (
	maxSessionKeys = 1024 // packets; gpg writes one for each recipient
	maxPassphrases = 16   // of these, with a passphrase, each of which takes up to a second
	// Argon2 is bounded to 2 GiB, which RFC 9580 recommends at most (section 3.7.1.4), and
	// to ten passes. The other derivations have a bound of their own (62 MiB of hashing).
	derivationArgon2 = 4
	maxArgon2Memory  = 21 // logarithm of KiB
	maxArgon2Passes  = 10
	// leastData is a lower bound on the bytes of encrypted data.
	leastData = 40
)

// envelope is what comes before the data of a message: its session key, encrypted to each
// recipient.
type envelope struct {
	in        *input
	public    []*packet.EncryptedKey
	symmetric []*packet.SymmetricKeyEncrypted
	data      packet.Packet
	// ciphertext is the body of data.
	ciphertext *bufio.Reader
	gnupgMode  []byte // cipher and mode of a packet of type 20
	// unsupported is the reason why a session key was skipped.
	unsupported error
}

// read reads the message up to the encrypted data.
func (e *envelope) read() error {
	for packets := 0; ; packets++ {
		h, err := peekHeader(e.in.body)
		switch {
		case err == io.EOF && packets == 0 && e.in.armor == nil: //nolint:errorlint // the reader's own end
			return errNotAMessage("it is empty")
		case err != nil:
			return unexpected(err)
		case packets > maxSessionKeys:
			return unsupported("the message has more than %d session keys", maxSessionKeys)
		}
		switch h.tag {
		case tagProtected, tagGnuPG:
			return e.readData(h)
		case tagPublicSession, tagSymmetric:
			err = e.readSessionKey(h)
		case tagMarker, tagPadding:
			err = skip(e.in.body, h)
		case tagUnprotected:
			return unsupported("the message has no integrity protection (MDC), so that damage to it cannot be noticed").
				WithHint("encrypt backups with a current gpg, without --rfc2440, --rfc1991 and --disable-mdc")
		case tagCompressed, tagLiteral, tagOnePass, tagSignature:
			return errNotAMessage("it is not encrypted")
		default:
			return errNotAMessage("it has another kind of packet first")
		}
		if err != nil {
			return err
		}
	}
}

// unsupported returns the Failure for what this version does not read.
func unsupported(format string, args ...any) *outcome.Failure {
	return outcome.Fail(outcome.FormatUnsupported, "decrypt OpenPGP: "+format, args...).
		WithHint("decrypt the backup with gpg, and drill the copy")
}

func errNotAMessage(why string) error {
	return unsupported("the file is not an encrypted message: %s", why)
}

// readSessionKey reads a packet with a session key. One that the library does not read is
// skipped, because another may be readable.
func (e *envelope) readSessionKey(h header) error {
	if h.part || h.toEnd || h.length > longestSessionKey {
		return unsupported("a packet with a session key has no plausible length")
	}
	raw, err := e.in.body.Peek(h.size + int(min(h.length, leastData)))
	switch {
	case err != nil:
		return unexpected(err)
	case h.length == 0:
		return errNoPacket
	}
	if h.tag == tagSymmetric && isTooMuchWork(raw[h.size:]) {
		return unsupported("the derivation of the passphrase (Argon2) needs more than 2 GiB of memory or %d passes", maxArgon2Passes)
	}
	p, err := packet.Read(e.in.body)
	switch {
	case errors.As(err, new(pgperrors.UnsupportedError)):
		e.unsupported = err
		return nil
	case err != nil:
		if _, more := e.in.body.Peek(1); more != nil { // a packet with data must follow
			return io.ErrUnexpectedEOF
		}
		return err
	}
	switch p := p.(type) {
	case *packet.EncryptedKey:
		e.public = append(e.public, p)
	case *packet.SymmetricKeyEncrypted:
		if e.symmetric = append(e.symmetric, p); len(e.symmetric) > maxPassphrases {
			return unsupported("the message can be opened by more than %d passphrases", maxPassphrases)
		}
	}
	return nil
}

// isTooMuchWork reports whether the passphrase of a session key goes through Argon2 with
// parameters above the bounds. RFC 9580, sections 3.7.1.4 and 5.3.
func isTooMuchWork(p []byte) bool {
	at := map[byte]int{4: 2, 5: 3, 6: 5}[p[0]]
	const passes, memory = 17, 19 // after the type and 16 bytes of salt
	return at > 0 && len(p) > at+memory && p[at] == derivationArgon2 &&
		(p[at+passes] > maxArgon2Passes || p[at+memory] > maxArgon2Memory)
}

// readData reads the header of the encrypted data.
func (e *envelope) readData(h header) error {
	raw, err := e.in.body.Peek(h.size + leastData)
	if err != nil {
		return unexpected(err)
	}
	if h.tag == tagGnuPG {
		if raw[h.size] != 1 { // the library does not look
			return unsupported("the data is encrypted in a way that this version does not read")
		}
		e.gnupgMode = bytes.Clone(raw[h.size+1 : h.size+3])
	}
	p, err := packet.Read(e.in.body)
	if err != nil {
		return unsupported("the data is encrypted in a way that this version does not read")
	}
	e.data = p
	switch p := p.(type) {
	case *packet.SymmetricallyEncrypted:
		e.in.frame = &frame{r: p.Contents}
	case *packet.AEADEncrypted:
		e.in.frame = &frame{r: p.Contents}
	}
	return nil
}
