package agefile

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"golang.org/x/crypto/ssh"
)

// maxKeyFile bounds an identity file, also after its decryption.
const maxKeyFile = 16 << 20

// Key opens age files. It holds a passphrase or the identities of one file, and never
// prints them.
type Key struct{ identities []identity }

// identity is one private key or passphrase.
type identity struct {
	age.Identity
	fingerprint string
}

// Passphrase returns the Key of files that were encrypted with a passphrase. An empty
// passphrase opens nothing, because age refuses to encrypt with one.
func Passphrase(p string) *Key {
	id, err := age.NewScryptIdentity(p)
	if err != nil {
		return &Key{}
	}
	id.SetMaxWorkFactor(maxWorkFactor)
	return &Key{[]identity{{id, "passphrase"}}}
}

// Fingerprint returns what identifies the key in public: age1…, "ssh-ed25519 SHA256:…",
// "ssh-rsa SHA256:…", "age1pq SHA256:…" (the hash of a recipient that has 2,000
// characters), or "passphrase". Those of a file with several identities are separated by
// commas.
func (k Key) Fingerprint() string {
	all := make([]string, 0, len(k.identities))
	for _, id := range k.identities {
		all = append(all, id.fingerprint)
	}
	if len(all) == 0 {
		return "passphrase"
	}
	return strings.Join(all, ", ")
}

// Format prints the fingerprint for every verb.
func (k Key) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, k.Fingerprint()) }

// String returns the fingerprint.
func (k Key) String() string { return k.Fingerprint() }

// MarshalJSON encodes the fingerprint.
func (k Key) MarshalJSON() ([]byte, error) { return json.Marshal(k.Fingerprint()) }

// ParseKey parses a file with age identities, one per line, or with one SSH private key
// (ssh-ed25519 or ssh-rsa). The passphrase is that of an encrypted SSH key, or of an
// identity file that is itself encrypted by age; it is ignored if the file needs none. The
// errors say what is wrong and contain nothing of the file.
func ParseKey(file []byte, passphrase string) (*Key, error) {
	if Detect(file) {
		plain, err := decryptFile(file, passphrase)
		if err != nil {
			return nil, err
		}
		file = plain
	}
	if bytes.Contains(file, []byte("-----BEGIN ")) {
		return parseSSH(file, passphrase)
	}
	return parseIdentities(file)
}

// decryptFile decrypts an identity file.
func decryptFile(file []byte, passphrase string) ([]byte, error) {
	if passphrase == "" {
		return nil, errors.New("the identity file is encrypted and needs a passphrase")
	}
	try := &attempt{keys: []*Key{Passphrase(passphrase)}}
	opened, err := open(bytes.NewReader(file), try)
	switch {
	case err == nil:
	case try.tooMuchWork || try.key != nil || try.stanzas == nil:
		return nil, fmt.Errorf("decrypt the identity file: %w", err)
	case try.stanzas[0].Type == stanzaScrypt:
		return nil, errors.New("wrong passphrase for the encrypted identity file")
	default:
		return nil, errors.New("the identity file is encrypted to another key, not with a passphrase")
	}
	plain, err := io.ReadAll(io.LimitReader(opened, maxKeyFile+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("decrypt the identity file: %w", err)
	case len(plain) > maxKeyFile:
		return nil, errors.New("the identity file is too large")
	}
	return plain, nil
}

// parseIdentities parses age's own format. It words all errors itself, because those of
// the library may quote characters of a malformed key.
func parseIdentities(file []byte) (*Key, error) {
	k, public := &Key{}, false
	lines := bufio.NewScanner(bytes.NewReader(file))
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		switch {
		case line == "" || line[0] == '#':
			continue
		case strings.HasPrefix(line, "age1") || strings.HasPrefix(line, "ssh-"):
			public = true
			continue
		case strings.HasPrefix(line, "AGE-PLUGIN-"):
			return nil, fmt.Errorf("line %d is an identity of an age plugin, which this version does not use", n)
		}
		id, ok := parseIdentity(line)
		if !ok {
			return nil, fmt.Errorf("line %d is not an age identity (AGE-SECRET-KEY-…)", n)
		}
		k.identities = append(k.identities, id)
	}
	switch {
	case lines.Err() != nil:
		return nil, errors.New("the file is not an age identity file or an SSH private key")
	case len(k.identities) > 0:
		return k, nil
	case public:
		return nil, errors.New("the file has a public key only: the identity file with the private key is needed")
	}
	return nil, errors.New("the file has no private key")
}

func parseIdentity(line string) (identity, bool) {
	if strings.HasPrefix(line, "AGE-SECRET-KEY-PQ-1") {
		id, err := age.ParseHybridIdentity(line)
		if err != nil {
			return identity{}, false
		}
		sum := sha256.Sum256([]byte(id.Recipient().String()))
		return identity{id, "age1pq SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])}, true
	}
	id, err := age.ParseX25519Identity(line)
	if err != nil {
		return identity{}, false
	}
	return identity{id, id.Recipient().String()}, true
}

// parseSSH parses an SSH private key.
func parseSSH(file []byte, passphrase string) (*Key, error) {
	key, err := ssh.ParseRawPrivateKey(file)
	if missing := new(ssh.PassphraseMissingError); errors.As(err, &missing) {
		if passphrase == "" {
			return nil, errors.New("the SSH key needs a passphrase")
		}
		key, err = ssh.ParseRawPrivateKeyWithPassphrase(file, []byte(passphrase))
		if errors.Is(err, x509.IncorrectPasswordError) {
			return nil, errors.New("wrong passphrase for the SSH key")
		}
	}
	switch {
	case err != nil && bytes.Contains(file, []byte(" PUBLIC KEY")):
		return nil, errors.New("the file has a public key only: the private key is needed")
	case err != nil && !bytes.Contains(file, []byte("PRIVATE KEY")):
		return nil, errors.New("the file is not a private key")
	case err != nil:
		return nil, errors.New("the SSH private key is damaged or of a kind that this version does not read")
	}
	id, err := sshIdentity(key)
	if err != nil {
		return nil, err
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		return nil, errors.New("the SSH private key is not valid")
	}
	public := signer.PublicKey()
	return &Key{[]identity{{id, public.Type() + " " + ssh.FingerprintSHA256(public)}}}, nil
}

// sshIdentity returns the identity of a key. The SSH library returns Ed25519 keys as
// values or as pointers, depending on the file's format.
func sshIdentity(key any) (id age.Identity, err error) {
	switch key := key.(type) {
	case *ed25519.PrivateKey:
		id, err = agessh.NewEd25519Identity(*key)
	case ed25519.PrivateKey:
		id, err = agessh.NewEd25519Identity(key)
	case *rsa.PrivateKey:
		id, err = agessh.NewRSAIdentity(key)
	default:
		return nil, errors.New("age uses only SSH keys of the kinds ssh-ed25519 and ssh-rsa")
	}
	if err != nil {
		return nil, errors.New("the SSH private key is not valid")
	}
	return id, nil
}
