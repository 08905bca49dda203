package evidence

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"errors"
)

// The types of PEM blocks: PKCS #8 and PKIX, as openssl writes and cosign reads them.
const (
	privateBlock = "PRIVATE KEY"
	publicBlock  = "PUBLIC KEY"
)

// PublicKey verifies evidence.
type PublicKey struct {
	ID  string // fingerprint, as ssh-keygen prints it
	key ed25519.PublicKey
}

// Signer signs evidence.
type Signer struct {
	Public PublicKey
	sign   func(message []byte) []byte // hides the private key from everything that prints
}

func signerOf(key ed25519.PrivateKey) Signer {
	pub := publicKeyOf(key.Public().(ed25519.PublicKey))
	return Signer{pub, func(message []byte) []byte { return ed25519.Sign(key, message) }}
}

// publicKeyOf returns a public key with its id. The id must be the fingerprint of SSH: the
// verifiers of in-toto and sigstore skip a signature with another one.
func publicKeyOf(key ed25519.PublicKey) PublicKey {
	var wire []byte
	for _, part := range [][]byte{[]byte("ssh-ed25519"), key} {
		wire = binary.BigEndian.AppendUint32(wire, uint32(len(part))) //nolint:gosec // 11 or 32
		wire = append(wire, part...)
	}
	sum := sha256.Sum256(wire)
	return PublicKey{ID: "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:]), key: key}
}

// GenerateKey makes a new key. It returns the private and the public key as PEM.
func GenerateKey() (private, public []byte, signer Signer, err error) {
	pub, priv, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, nil, signer, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(priv)
	if err != nil {
		return nil, nil, signer, err
	}
	shown, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		return nil, nil, signer, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: privateBlock, Bytes: secret}), pem.EncodeToMemory(&pem.Block{Type: publicBlock, Bytes: shown}), signerOf(priv), nil
}

// ParseSigner reads a private key. Its errors quote nothing of the file.
func ParseSigner(file []byte) (Signer, error) {
	block, err := blockOf(file, privateBlock)
	if err != nil {
		return Signer{}, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block)
	if err != nil {
		return Signer{}, errors.New("it contains a damaged private key")
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return Signer{}, errors.New("it contains a key of another kind (want ed25519)")
	}
	return signerOf(key), nil
}

// ParsePublicKey reads a public key. Its errors quote nothing of the file, which may be the
// private key.
func ParsePublicKey(file []byte) (PublicKey, error) {
	block, err := blockOf(file, publicBlock)
	if err != nil {
		return PublicKey{}, err
	}
	parsed, err := x509.ParsePKIXPublicKey(block)
	if err != nil {
		return PublicKey{}, errors.New("it contains a damaged public key")
	}
	key, ok := parsed.(ed25519.PublicKey)
	if !ok {
		return PublicKey{}, errors.New("it contains a key of another kind (want ed25519)")
	}
	return publicKeyOf(key), nil
}

// blockOf returns the content of the first PEM block of a file, which must have this type.
func blockOf(file []byte, want string) ([]byte, error) {
	block, _ := pem.Decode(file)
	switch {
	case block == nil:
		return nil, errors.New("it contains no key in PEM format")
	case block.Type == want:
		return block.Bytes, nil
	case block.Type == privateBlock:
		return nil, errors.New("it contains a private key (want the public key, NAME.pub)")
	case block.Type == publicBlock:
		return nil, errors.New("it contains a public key (want the private key)")
	case block.Type == "ENCRYPTED PRIVATE KEY":
		return nil, errors.New("its private key is encrypted, which is not supported (want the key that drillgres evidence keygen wrote)")
	}
	return nil, errors.New("it contains something other than a key (want a " + want + " in PEM format)")
}
