package pgp

import (
	"bufio"
	"bytes"
	"crypto"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
)

// Key opens OpenPGP messages. It holds a passphrase or the private keys of one file, and
// never prints them.
type Key struct {
	passphrase []byte // nil: not a passphrase
	private    []private
}

// private is a private key or subkey that can decrypt.
type private struct {
	*packet.PrivateKey
	entity *openpgp.Entity
	sub    *openpgp.Subkey // nil: the primary key
}

func (p private) fingerprint() string { return fingerprint(p.entity) }

func fingerprint(e *openpgp.Entity) string {
	return strings.ToUpper(hex.EncodeToString(e.PrimaryKey.Fingerprint))
}

// lenient accepts keys that were made with methods which are weak today, because the
// backups that were encrypted to them exist.
var lenient = &packet.Config{
	RejectPublicKeyAlgorithms: map[packet.PublicKeyAlgorithm]bool{},
	RejectHashAlgorithms:      map[crypto.Hash]bool{},
	RejectCurves:              map[packet.Curve]bool{},
	MinRSABits:                512,
}

// Passphrase returns the Key of messages that were encrypted with a passphrase.
func Passphrase(p string) *Key { return &Key{passphrase: []byte(p)} }

// Fingerprint returns the fingerprint of the primary key in upper-case hexadecimal, or
// "passphrase". Those of a file with several keys are separated by commas.
func (k Key) Fingerprint() string {
	if len(k.private) == 0 {
		return "passphrase"
	}
	var all []string
	for _, p := range k.private {
		if f := p.fingerprint(); !slices.Contains(all, f) {
			all = append(all, f)
		}
	}
	return strings.Join(all, ", ")
}

// Format prints the fingerprint for every verb.
func (k Key) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, k.Fingerprint()) }

// String returns the fingerprint.
func (k Key) String() string { return k.Fingerprint() }

// MarshalJSON encodes the fingerprint.
func (k Key) MarshalJSON() ([]byte, error) { return json.Marshal(k.Fingerprint()) }

// ParseKey parses a file with one or more private keys, binary or armored, as gpg
// --export-secret-keys writes it. The passphrase is that of protected keys; it is ignored
// if there are none. The errors say what is wrong and contain nothing of the file.
func ParseKey(file []byte, passphrase string) (*Key, error) {
	if Detect(file) {
		return nil, errors.New("the file is an OpenPGP message, not a private key")
	}
	entities, err := readEntities(file)
	if err != nil {
		return nil, err
	}
	k, locked, elsewhere := &Key{}, 0, false
	var failure error
	for _, e := range entities {
		for _, p := range privateKeys(e) {
			switch {
			case p.Dummy():
				elsewhere = true
				continue
			case !p.PubKeyAlgo.CanEncrypt():
				continue
			case p.Encrypted && passphrase == "":
				locked++
				continue
			}
			if err := p.Decrypt([]byte(passphrase)); err != nil {
				failure = unlockError(err)
				continue
			}
			k.private = append(k.private, p)
		}
	}
	switch {
	case len(k.private) > 0:
		return k, nil
	case locked > 0:
		return nil, errors.New("the private key needs a passphrase")
	case failure != nil:
		return nil, failure
	case elsewhere:
		return nil, errors.New("the private key that decrypts is not in the file, but on a smart card or elsewhere")
	case isPublic(entities):
		return nil, errors.New("the file has a public key only: the private key is needed (gpg --export-secret-keys)")
	}
	return nil, errors.New("the file has no private key that can decrypt")
}

func unlockError(err error) error {
	if errors.As(err, new(pgperrors.UnsupportedError)) {
		return errors.New("the private key is protected in a way that this version does not read")
	}
	return errors.New("wrong passphrase for the private key")
}

func isPublic(entities openpgp.EntityList) bool {
	return !slices.ContainsFunc(entities, func(e *openpgp.Entity) bool { return len(privateKeys(e)) > 0 })
}

// privateKeys returns the subkeys first, which messages are usually encrypted to.
func privateKeys(e *openpgp.Entity) (all []private) {
	for i := range e.Subkeys {
		if sub := &e.Subkeys[i]; sub.PrivateKey != nil {
			all = append(all, private{sub.PrivateKey, e, sub})
		}
	}
	if e.PrivateKey != nil {
		all = append(all, private{e.PrivateKey, e, nil})
	}
	return all
}

// readEntities reads all keys of a file, which may have several armored blocks.
func readEntities(file []byte) (all openpgp.EntityList, err error) {
	if !bytes.Contains(file, []byte("-----BEGIN PGP ")) {
		all, err = openpgp.ReadKeyRing(bytes.NewReader(file))
		if err != nil || len(all) == 0 {
			return nil, errors.New("the file is not an OpenPGP key")
		}
		return all, nil
	}
	for r := bufio.NewReader(bytes.NewReader(file)); ; { // which Decode reads no further than it must
		block, err := armor.Decode(r)
		switch {
		case err == io.EOF && len(all) > 0: //nolint:errorlint // no further block
			return all, nil
		case err != nil:
			return nil, errors.New("the file has no complete OpenPGP key")
		case block.Type != openpgp.PrivateKeyType && block.Type != openpgp.PublicKeyType:
			continue
		}
		entities, err := openpgp.ReadKeyRing(block.Body)
		if err != nil {
			return nil, errors.New("the OpenPGP key in the file is damaged or of a kind that this version does not read")
		}
		all = append(all, entities...)
	}
}
