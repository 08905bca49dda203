package opensslenc

import (
	"crypto/md5" // what openssl enc used before 1.1
	"crypto/pbkdf2"
	"crypto/sha1" // what -md sha1 asks for
	"crypto/sha256"
	"crypto/sha512"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
)

// What openssl enc -pbkdf2 uses if nothing else is asked for.
const (
	defaultCipher     = "aes-256-cbc"
	defaultDigest     = "sha256"
	defaultIterations = 10000
)

// digest is a hash function of -md.
type digest struct {
	name string
	make func() hash.Hash
}

var digests = []digest{
	{"md5", md5.New},
	{"sha1", sha1.New},
	{"sha224", sha256.New224},
	{"sha256", sha256.New},
	{"sha384", sha512.New384},
	{"sha512", sha512.New},
}

// legacyDigests are the defaults of EVP_BytesToKey: sha256 since OpenSSL 1.1, md5 before.
var legacyDigests = []string{"sha256", "md5"}

// Key opens files of openssl enc. It holds a passphrase, which it never prints, and
// everything else that openssl enc does not store in the file.
type Key struct {
	passphrase string
	cipher     cipherSpec
	digests    []digest // that are tried, in order
	iterations int      // of PBKDF2; 0: EVP_BytesToKey
}

// Options are the passphrase and the options of the openssl enc command that made a file.
// Only the passphrase is required.
type Options struct {
	Passphrase string
	Cipher     string // default aes-256-cbc
	Digest     string // -md; default sha256; with EVP_BytesToKey sha256 and md5 are tried
	PBKDF2     *bool  // false: EVP_BytesToKey, as without -pbkdf2; default true
	Iterations int    // -iter; default 10000
}

// NewKey returns the Key for the options. The errors never contain the passphrase.
func NewKey(o Options) (*Key, error) {
	if o.Passphrase == "" {
		return nil, errors.New("the passphrase is empty")
	}
	k := &Key{passphrase: o.Passphrase}
	if err := k.setCipher(o.Cipher); err != nil {
		return nil, err
	}
	legacy := o.PBKDF2 != nil && !*o.PBKDF2
	if err := k.setDigests(o.Digest, legacy); err != nil {
		return nil, err
	}
	switch {
	case o.Iterations < 0:
		return nil, fmt.Errorf("%d iterations are not possible", o.Iterations)
	case legacy && o.Iterations > 0:
		return nil, errors.New("iterations need pbkdf2: openssl enc -iter implies -pbkdf2")
	case legacy:
	case o.Iterations > 0:
		k.iterations = o.Iterations
	default:
		k.iterations = defaultIterations
	}
	return k, nil
}

func (k *Key) setCipher(name string) error {
	if name == "" {
		name = defaultCipher
	}
	wanted := strings.ToLower(name)
	if full, ok := cipherAliases[wanted]; ok {
		wanted = full
	}
	at := slices.IndexFunc(ciphers, func(c cipherSpec) bool { return c.name == wanted })
	if at < 0 {
		return fmt.Errorf("unknown cipher %q (supported: %s)", name, names(ciphers, func(c cipherSpec) string { return c.name }))
	}
	k.cipher = ciphers[at]
	return nil
}

func (k *Key) setDigests(name string, legacy bool) error {
	wanted := []string{strings.ReplaceAll(strings.ToLower(name), "-", "")}
	switch {
	case name == "" && legacy:
		wanted = legacyDigests
	case name == "":
		wanted = []string{defaultDigest}
	}
	for _, w := range wanted {
		at := slices.IndexFunc(digests, func(d digest) bool { return d.name == w })
		if at < 0 {
			return fmt.Errorf("unknown digest %q (supported: %s)", name, names(digests, func(d digest) string { return d.name }))
		}
		k.digests = append(k.digests, digests[at])
	}
	return nil
}

func names[T any](all []T, name func(T) string) string {
	list := make([]string, 0, len(all))
	for _, one := range all {
		list = append(list, name(one))
	}
	return strings.Join(list, ", ")
}

// Fingerprint returns the options of the key, and nothing of the passphrase:
// "aes-256-cbc, pbkdf2 sha256, 10000 iterations", "aes-256-cbc, EVP_BytesToKey sha256 or
// md5".
func (k Key) Fingerprint() string {
	tried := make([]string, 0, len(k.digests))
	for _, d := range k.digests {
		tried = append(tried, d.name)
	}
	return k.describe(strings.Join(tried, " or "))
}

// describe returns the fingerprint with one digest.
func (k Key) describe(digest string) string {
	if k.iterations == 0 {
		return fmt.Sprintf("%s, EVP_BytesToKey %s", k.cipher.name, digest)
	}
	return fmt.Sprintf("%s, pbkdf2 %s, %d iterations", k.cipher.name, digest, k.iterations)
}

// Format prints the fingerprint for every verb.
func (k Key) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, k.Fingerprint()) }

// String returns the fingerprint.
func (k Key) String() string { return k.Fingerprint() }

// MarshalJSON encodes the fingerprint.
func (k Key) MarshalJSON() ([]byte, error) { return json.Marshal(k.Fingerprint()) }

// derive returns the key and the initialisation vector of the cipher.
func (k *Key) derive(d digest, salt []byte) (key, iv []byte, err error) {
	length := k.cipher.keySize + k.cipher.blockSize
	var all []byte
	if k.iterations > 0 {
		all, err = pbkdf2.Key(d.make, k.passphrase, salt, k.iterations, length)
	} else {
		all = bytesToKey(d, k.passphrase, salt, length)
	}
	if err != nil {
		return nil, nil, err
	}
	return all[:k.cipher.keySize], all[k.cipher.keySize:length], nil
}

// bytesToKey is OpenSSL's EVP_BytesToKey with a count of 1, documented in its manual page:
// each digest is of the one before, the passphrase and the salt.
func bytesToKey(d digest, passphrase string, salt []byte, length int) (all []byte) {
	h := d.make()
	for last := []byte(nil); len(all) < length; all = append(all, last...) {
		h.Reset()
		h.Write(last)
		h.Write([]byte(passphrase))
		h.Write(salt)
		last = h.Sum(nil)
	}
	return all
}
