package zipfile

import (
	"archive/zip"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha1" // what the format uses
	"crypto/subtle"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash"
	"io"

	"github.com/drillgres/drillgres/drill/outcome"
)

// The format is described on https://www.winzip.com/en/support/aes-encryption/: salt,
// check value, AES in counter mode, and the first bytes of an HMAC-SHA1 of the ciphertext.
const (
	fieldAES   = 0x9901
	checkSize  = 2
	macSize    = 10
	iterations = 1000
)

// Key is the passphrase of an archive. It never prints it.
type Key struct{ passphrase string }

// Passphrase returns the Key of archives that were encrypted with a passphrase.
func Passphrase(p string) *Key { return &Key{p} }

// Fingerprint returns "passphrase", because anything else would help to guess it.
func (k Key) Fingerprint() string { return "passphrase" }

// Format prints the fingerprint for every verb.
func (k Key) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, k.Fingerprint()) }

// String returns the fingerprint.
func (k Key) String() string { return k.Fingerprint() }

// MarshalJSON encodes the fingerprint.
func (k Key) MarshalJSON() ([]byte, error) { return json.Marshal(k.Fingerprint()) }

// aesField is the extra field of an encrypted member.
type aesField struct {
	version uint16 // 1: AE-1, with a CRC-32; 2: AE-2, without
	keySize int    // bytes
	method  uint16 // of compression
}

func (f aesField) String() string { return fmt.Sprintf("AES-%d (AE-%d)", f.keySize*8, f.version) }

// findAES returns the extra field, if there is a valid one.
func findAES(extra []byte) (aesField, bool) {
	for len(extra) >= 4 {
		id, size := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if extra = extra[4:]; size > len(extra) {
			break
		}
		if field := extra[:size]; id == fieldAES {
			return parseAES(field)
		}
		extra = extra[size:]
	}
	return aesField{}, false
}

func parseAES(field []byte) (aesField, bool) {
	if len(field) < 7 || string(field[2:4]) != "AE" {
		return aesField{}, false
	}
	f := aesField{
		version: binary.LittleEndian.Uint16(field),
		keySize: 8 + 8*int(field[4]), // 1: 128 bits, 2: 192, 3: 256
		method:  binary.LittleEndian.Uint16(field[5:]),
	}
	return f, f.version >= 1 && f.version <= 2 && field[4] >= 1 && field[4] <= 3
}

// decrypt returns a reader of the decrypted member, and the key that opened it.
func (a *Archive) decrypt(f *zip.File, field aesField, stored io.Reader, keys []*Key) (*sealed, *Key, error) {
	if len(keys) == 0 {
		return nil, nil, outcome.Fail(outcome.KeyMissing, "%s in the zip archive is encrypted with %s, and backup.keys has no passphrase for it", show(f.Name), field).
			WithHint("add the passphrase of the archive to backup.keys: in a disaster without it, the backup is lost")
	}
	head := make([]byte, field.keySize/2+checkSize)
	if f.CompressedSize64 < uint64(len(head)+macSize) {
		return nil, nil, errCorrupt(f.Name, "it is too short to be encrypted")
	}
	if _, err := io.ReadFull(stored, head); err != nil {
		return nil, nil, a.fail(err, "read zip: the beginning of %s", show(f.Name))
	}
	salt, check := head[:field.keySize/2], head[field.keySize/2:]
	for _, key := range keys {
		all, err := pbkdf2.Key(sha1.New, key.passphrase, salt, iterations, 2*field.keySize+checkSize)
		if err != nil {
			return nil, nil, errUnsupported(f.Name, "its key cannot be derived")
		}
		if subtle.ConstantTimeCompare(all[2*field.keySize:], check) == 0 {
			continue
		}
		block, err := aes.NewCipher(all[:field.keySize])
		if err != nil {
			return nil, nil, err
		}
		left := f.CompressedSize64 - uint64(len(head)+macSize)
		return &sealed{stored: stored, left: left, mac: hmac.New(sha1.New, all[field.keySize:2*field.keySize]), stream: counterMode{block: block}}, key, nil
	}
	return nil, nil, outcome.Fail(outcome.KeyWrong, "none of the keys in backup.keys opens %s in the zip archive, which is encrypted with %s", show(f.Name), field).
		WithHint("add the passphrase that the backup job uses to backup.keys: in a disaster with only these keys, the backup is lost")
}

// sealed reads and decrypts the ciphertext of a member.
type sealed struct {
	stored io.Reader
	left   uint64 // bytes of ciphertext
	mac    hash.Hash
	stream counterMode
}

func (s *sealed) Read(p []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	p = p[:min(uint64(len(p)), s.left)]
	n, err := s.stored.Read(p)
	s.left -= uint64(n)
	s.mac.Write(p[:n])
	s.stream.xor(p[:n])
	if err == io.EOF && s.left > 0 { //nolint:errorlint // the archive's end
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// verify reads the rest, which the decompressor did not need, and reports whether the
// ciphertext matches its authentication code.
func (s *sealed) verify() (bool, error) {
	if _, err := io.Copy(io.Discard, s); err != nil {
		return false, err
	}
	var want [macSize]byte
	if _, err := io.ReadFull(s.stored, want[:]); err != nil {
		return false, err
	}
	return hmac.Equal(s.mac.Sum(nil)[:macSize], want[:]), nil
}

// counterMode is AES with a little-endian counter from 1, where cipher.NewCTR counts
// big-endian.
type counterMode struct {
	block   cipher.Block
	counter uint64
	pad     [64 * aes.BlockSize]byte
	unused  int // bytes at the end of pad
}

// xor decrypts p.
func (m *counterMode) xor(p []byte) {
	for len(p) > 0 {
		if m.unused == 0 {
			m.fill()
		}
		n := subtle.XORBytes(p, p, m.pad[len(m.pad)-m.unused:])
		m.unused -= n
		p = p[n:]
	}
}

func (m *counterMode) fill() {
	clear(m.pad[:])
	for at := 0; at < len(m.pad); at += aes.BlockSize {
		m.counter++
		block := m.pad[at : at+aes.BlockSize]
		binary.LittleEndian.PutUint64(block, m.counter)
		m.block.Encrypt(block, block)
	}
	m.unused = len(m.pad)
}
