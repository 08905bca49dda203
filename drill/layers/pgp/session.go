package pgp

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"golang.org/x/crypto/cast5" //nolint:staticcheck // the default of old versions of gpg

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

const (
	dataBuffer = 32 << 10
	trialBytes = 256 // of the data, which show whether a session key is right
	mdcBytes   = 22  // that the library holds back
	maxNamed   = 5   // recipients that a message names
)

// session is a session key, and the key that opened it.
type session struct {
	cipher  packet.CipherFunction // 0: the data's own
	secret  []byte
	key     *Key
	private *private // nil: by a passphrase
	sure    bool     // the session key was authenticated, or had a checksum
}

func (s *session) fingerprint() string {
	if s.private == nil {
		return "passphrase"
	}
	return s.private.fingerprint()
}

// unlock returns the right session key.
func (e *envelope) unlock(keys []*Key) (*session, error) {
	if len(keys) == 0 {
		return nil, outcome.Fail(outcome.KeyMissing, "the backup is encrypted with OpenPGP, and backup.keys has no key for it%s", e.asksFor()).
			WithHint("add the private key or the passphrase that opens the backup to backup.keys: in a disaster without it, the backup is lost")
	}
	e.ciphertext = bufio.NewReaderSize(e.in.frame, dataBuffer)
	_, _ = e.ciphertext.Peek(trialBytes) // whose error the frame keeps
	for _, k := range keys {
		for s := range e.candidates(k) {
			if s.sure || e.fits(s) {
				return s, nil
			}
		}
	}
	if e.in.frame.err != nil { // nothing can show that a key is right
		return nil, e.in.frame.err
	}
	if e.unsupported != nil {
		return nil, unsupported("no key in backup.keys opens the message%s, or the session key is encrypted in a way that this version does not read", e.asksFor())
	}
	return nil, outcome.Fail(outcome.KeyWrong, "none of the keys in backup.keys opens the backup, which is encrypted with OpenPGP%s", e.asksFor()).
		WithHint("add the key that the backup job encrypts to, or correct the job's recipient: in a disaster with only these keys, the backup is lost")
}

// candidates returns the session keys that a key opens.
func (e *envelope) candidates(k *Key) iter.Seq[*session] {
	return func(yield func(*session) bool) {
		for i := range k.private {
			p := &k.private[i]
			for _, sealed := range e.public {
				if sealed.KeyId != 0 && sealed.KeyId != p.KeyId { // 0: a hidden recipient
					continue
				}
				if err := sealed.Decrypt(p.PrivateKey, lenient); err != nil {
					e.note(err)
					continue
				}
				if !yield(&session{sealed.CipherFunc, sealed.Key, k, p, true}) {
					return
				}
			}
		}
		if k.passphrase == nil {
			return
		}
		for _, sealed := range e.symmetric {
			secret, function, err := sealed.Decrypt(k.passphrase)
			if err == nil && !yield(&session{function, secret, k, nil, sealed.Version > 4}) {
				return
			}
		}
	}
}

// note remembers that the library cannot read a session key.
func (e *envelope) note(err error) {
	if errors.As(err, new(pgperrors.UnsupportedError)) {
		e.unsupported = err
	}
}

// fits reports whether the data decrypts with a session key that was not authenticated: a
// passphrase without a checksum of its own always results in one. The data repeats two
// bytes, which a wrong passphrase passes once in 65,536 times, and then begins a packet.
func (e *envelope) fits(s *session) bool {
	if !isProtected(e.data) {
		return true // AEAD: the first chunk shows it
	}
	head, _ := e.ciphertext.Peek(trialBytes)
	block := blockOf(s.cipher, s.secret)
	if block == nil || len(head) < block.BlockSize()+2+mdcBytes {
		return false
	}
	prefix := bytes.Clone(head[:block.BlockSize()+2])
	packet.NewOCFBDecrypter(block, prefix, packet.OCFBNoResync) // decrypts prefix
	if n := len(prefix); !bytes.Equal(prefix[n-4:n-2], prefix[n-2:]) {
		return false
	}
	plain, err := e.decrypt(s, bytes.NewReader(head))
	if err != nil {
		return false
	}
	first := make([]byte, trialBytes)
	n, _ := io.ReadAtLeast(plain, first, len(head)-len(prefix)-mdcBytes)
	return isContent(first[:n])
}

// isProtected reports whether data is encrypted in CFB mode with a checksum.
func isProtected(data packet.Packet) bool {
	p, ok := data.(*packet.SymmetricallyEncrypted)
	return ok && p.Version == 1
}

// blockOf returns the block cipher, or nil if the library does not read it.
func blockOf(function packet.CipherFunction, secret []byte) (block cipher.Block) {
	var err error
	switch function {
	case packet.CipherAES128, packet.CipherAES192, packet.CipherAES256:
		block, err = aes.NewCipher(secret)
	case packet.Cipher3DES:
		block, err = des.NewTripleDESCipher(secret) //nolint:gosec // old messages are read
	case packet.CipherCAST5:
		block, err = cast5.NewCipher(secret)
	}
	if err != nil {
		return nil
	}
	return block
}

// decrypt returns the decrypted data. It copies the packet, because the library's has
// state.
func (e *envelope) decrypt(s *session, r io.Reader) (io.ReadCloser, error) {
	switch p := e.data.(type) {
	case *packet.SymmetricallyEncrypted:
		again := *p
		again.Contents = r
		return again.Decrypt(s.cipher, s.secret)
	case *packet.AEADEncrypted:
		again := *p
		again.Contents = r
		return again.Decrypt(s.cipher, s.secret)
	}
	return nil, errNoPacket
}

// open opens the data.
func (e *envelope) open(s *session) (*content, error) {
	plain, err := e.decrypt(s, e.ciphertext)
	switch {
	case errors.As(err, new(pgperrors.UnsupportedError)):
		return nil, unsupported("the data is encrypted with a cipher that this version does not read")
	case err != nil:
		return nil, err
	}
	c, err := openContent(plain)
	if err != nil && !s.sure && !isProtected(e.data) && errors.Is(err, pgperrors.ErrAEADTagVerification) {
		return nil, outcome.Fail(outcome.KeyWrong, "none of the keys in backup.keys opens the backup, which is encrypted with OpenPGP%s", e.asksFor())
	}
	return c, err
}

var cipherNames = map[packet.CipherFunction]string{
	packet.Cipher3DES: "3DES", packet.CipherCAST5: "CAST5",
	packet.CipherAES128: "AES-128", packet.CipherAES192: "AES-192", packet.CipherAES256: "AES-256",
}

var modeNames = map[packet.AEADMode]string{packet.AEADModeEAX: "EAX", packet.AEADModeOCB: "OCB", packet.AEADModeGCM: "GCM"}

func (e *envelope) cipherName(s *session) string {
	name := func(function packet.CipherFunction, mode string) string {
		return cmp.Or(cipherNames[function], "unknown cipher") + " " + mode
	}
	switch p := e.data.(type) {
	case *packet.SymmetricallyEncrypted:
		if p.Version > 1 {
			return name(p.Cipher, modeNames[p.Mode])
		}
	case *packet.AEADEncrypted:
		return name(packet.CipherFunction(e.gnupgMode[0]), modeNames[packet.AEADMode(e.gnupgMode[1])])
	}
	return name(s.cipher, "with MDC")
}

// asksFor names the recipients of the message by their key ids.
func (e *envelope) asksFor() string {
	var names []string
	for _, p := range e.public {
		name := fmt.Sprintf("key %016X", p.KeyId)
		if p.KeyId == 0 {
			name = "a hidden recipient"
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(e.symmetric) > 0 {
		names = append(names, "a passphrase")
	}
	if len(names) == 0 {
		return ""
	}
	return ": it asks for " + words.List(names, maxNamed)
}
