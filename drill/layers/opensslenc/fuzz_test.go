package opensslenc_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"testing"

	"github.com/drillgres/drillgres/drill/layers/layerstest"
	"github.com/drillgres/drillgres/drill/layers/opensslenc"
	"github.com/drillgres/drillgres/drill/outcome"
)

// encrypt returns what openssl enc -aes-256-cbc -md sha256 makes of plain with a fixed salt.
func encrypt(t testing.TB, plain []byte) []byte {
	t.Helper()
	salt := []byte("saltsalt")
	first := sha256.Sum256(append([]byte(passphrase), salt...))
	second := sha256.Sum256(append(append(first[:], passphrase...), salt...))
	block, err := aes.NewCipher(first[:])
	if err != nil {
		t.Fatal(err)
	}
	n := aes.BlockSize - len(plain)%aes.BlockSize
	padded := append(bytes.Clone(plain), bytes.Repeat([]byte{byte(n)}, n)...)
	cipher.NewCBCEncrypter(block, second[:aes.BlockSize]).CryptBlocks(padded, padded)
	return append(append([]byte("Salted__"), salt...), padded...)
}

// inLines returns p in base64, in lines of 64 characters.
func inLines(p []byte) []byte {
	var b bytes.Buffer
	for text := base64.StdEncoding.EncodeToString(p); text != ""; {
		n := min(64, len(text))
		b.WriteString(text[:n] + "\n")
		text = text[n:]
	}
	return b.Bytes()
}

// FuzzOpen checks that no input panics, hangs, or fails with an unexpected code.
func FuzzOpen(f *testing.F) {
	plain := []byte("-- PostgreSQL database dump\n-- PostgreSQL database dump complete\n")
	f.Add(encrypt(f, plain), true)
	f.Add(inLines(encrypt(f, plain)), true)
	f.Add(encrypt(f, nil), false)
	f.Add([]byte("U2FsdGVkX18=="), true)
	keys := []*opensslenc.Key{
		key(f, opensslenc.Options{PBKDF2: legacy}), key(f, opensslenc.Options{PBKDF2: legacy, Cipher: "aes-128-ctr"}), key(f, opensslenc.Options{PBKDF2: legacy, Cipher: "des3"}),
	}
	f.Fuzz(func(t *testing.T, stored []byte, accept bool) {
		o, err := opensslenc.Open(bytes.NewReader(stored), keys, func([]byte) bool { return accept })
		var n int64
		if err == nil {
			n, err = io.Copy(io.Discard, o)
		}
		if n > int64(len(stored)) {
			t.Errorf("%d bytes of %d", n, len(stored))
		}
		switch layerstest.CodeOf(err) {
		case "", outcome.StreamTruncated, outcome.StreamCorrupt, outcome.KeyWrong, outcome.FormatUnsupported:
		default:
			t.Error(err)
		}
	})
}
