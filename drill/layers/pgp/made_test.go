package pgp_test

// gpg 2.2 writes neither of the authenticated modes, so the library makes these messages.

import (
	"bytes"
	"encoding/hex"
	"io"
	"strings"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/ProtonMail/go-crypto/openpgp/s2k"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"

	"github.com/drillgres/drillgres/drill/layers/layerstest"
	"github.com/drillgres/drillgres/drill/layers/pgp"
	"github.com/drillgres/drillgres/drill/outcome"
)

// text repeats to size bytes.
func text(size int) []byte {
	return bytes.Repeat([]byte("INSERT INTO items VALUES (1);\n"), size/30+1)[:size]
}

func aead(mode packet.AEADMode) *packet.Config {
	return &packet.Config{V6Keys: true, AEADConfig: &packet.AEADConfig{DefaultMode: mode, ChunkSize: 1 << 12}, S2KConfig: &s2k.Config{S2KMode: s2k.IteratedSaltedS2K, S2KCount: 65536}}
}

// encrypt returns a message of plain to a new key, and that key.
func encrypt(t testing.TB, plain []byte, config *packet.Config) ([]byte, *pgp.Key) {
	t.Helper()
	e, err := openpgp.NewEntity("drill", "", "", config)
	if err != nil {
		t.Fatal(err)
	}
	var secret, message bytes.Buffer
	if err := e.SerializePrivate(&secret, config); err != nil {
		t.Fatal(err)
	}
	k, err := pgp.ParseKey(secret.Bytes(), "")
	if err != nil {
		t.Fatal(err)
	}
	w, err := openpgp.Encrypt(&message, []*openpgp.Entity{e}, nil, nil, nil, config)
	if err != nil {
		t.Fatal(err)
	}
	write(t, w, plain)
	return message.Bytes(), k
}

// seal returns a message of plain with the passphrase.
func seal(t testing.TB, plain []byte, config *packet.Config) []byte {
	t.Helper()
	var message bytes.Buffer
	w, err := openpgp.SymmetricallyEncrypt(&message, []byte(messagePhrase), nil, config)
	if err != nil {
		t.Fatal(err)
	}
	write(t, w, plain)
	return message.Bytes()
}

func write(t testing.TB, w io.WriteCloser, plain []byte) {
	t.Helper()
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestAuthenticatedModes reads, cuts and damages messages of several chunks.
func TestAuthenticatedModes(t *testing.T) {
	plain := text(20_000)
	for mode, name := range map[packet.AEADMode]string{packet.AEADModeOCB: "OCB", packet.AEADModeGCM: "GCM", packet.AEADModeEAX: "EAX"} {
		public, k := encrypt(t, plain, aead(mode))
		for _, c := range []struct {
			kind    string
			message []byte
			key     *pgp.Key
		}{{"key", public, k}, {"passphrase", seal(t, plain, aead(mode)), pgp.Passphrase(messagePhrase)}} {
			o, err := pgp.Open(bytes.NewReader(c.message), []*pgp.Key{pgp.Passphrase("wrong"), key(t, "ecc.key"), c.key})
			if err != nil {
				t.Fatalf("%s, %s: %v", name, c.kind, err)
			}
			if got, err := io.ReadAll(o); err != nil || !bytes.Equal(got, plain) || !strings.HasSuffix(o.Cipher, name) || !pgp.Detect(c.message) {
				t.Errorf("%s, %s: %d bytes, cipher %s, %v", name, c.kind, len(got), o.Cipher, err)
			}
			if _, _, err := decrypt(bytes.NewReader(c.message), pgp.Passphrase("wrong"), key(t, "ecc.key")); layerstest.CodeOf(err) != outcome.KeyWrong {
				t.Errorf("%s, %s with a wrong key: %v", name, c.kind, err)
			}
			for n := 1; n < len(c.message); n += 1 + n/40 {
				if got, _, err := decrypt(bytes.NewReader(c.message[:n]), c.key); layerstest.CodeOf(err) != outcome.StreamTruncated || !bytes.HasPrefix(plain, got) {
					t.Errorf("%s, %s cut at %d: %v", name, c.kind, n, err)
				}
			}
			const header = 400
			for i := header; i < len(c.message); i += 37 {
				damaged := bytes.Clone(c.message)
				damaged[i] ^= 0x10
				got, _, err := decrypt(bytes.NewReader(damaged), c.key)
				if code := layerstest.CodeOf(err); code != outcome.StreamCorrupt && code != outcome.StreamTruncated || !bytes.HasPrefix(plain, got) {
					t.Errorf("%s, %s with byte %d flipped: %v", name, c.kind, i, err)
				}
			}
			if _, n, err := decrypt(bytes.NewReader(append(bytes.Clone(c.message), c.message...)), c.key); err != nil || n == 0 {
				t.Errorf("%s, %s twice: %d bytes follow, %v", name, c.kind, n, err)
			}
		}
	}
}

// TestGnuPGMode reads the examples of packet type 20 in draft-koch-openpgp-2015-rfc4880bis,
// appendix A.3 and A.4, behind a session key of our own. gpg 2.4 writes this packet.
func TestGnuPGMode(t *testing.T) {
	k, entity := key(t, "rsa.key"), entityOf(t, "rsa.key")
	for _, c := range []struct{ cipher, session, data string }{
		{"AES-128 EAX", "86f1efb86952329f24acd3bfd0e5346d", "d44a0107010eb732379f73c4928de25facfe6517ec105dc11a81dc0cb8a2f6f3d90016384a56fc821ae11ae8dbcb49862655dea88d06a81486801b0ff387bd2eab013de1259586906eab2476"},
		{"AES-128 OCB", "d1f01ba30e130aa7d2582c16e050ae44", "d4490107020e5ed2bc1e470abe8f1d644c7a6c8a567b0f7701196611a154ba9c2574cd056284a8ef68035c623d93cc708a43211bb6eaf2b27f7c18d571bcd83b20add3a08b73af15b9a098"},
	} {
		session, _ := hex.DecodeString(c.session)
		data, _ := hex.DecodeString(c.data)
		var b bytes.Buffer
		if err := packet.SerializeEncryptedKey(&b, entity.Subkeys[0].PublicKey, packet.CipherAES128, session, nil); err != nil {
			t.Fatal(err)
		}
		envelope := b.Len()
		message := append(b.Bytes(), data...)
		o, err := pgp.Open(bytes.NewReader(message), []*pgp.Key{k})
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := io.ReadAll(o); string(plain) != "Hello, world!\n" || err != nil || o.Cipher != c.cipher || !pgp.Detect(message) {
			t.Errorf("%q, cipher %s, %v", plain, o.Cipher, err)
		}
		for n := envelope; n < len(message); n++ {
			if _, _, err := decrypt(bytes.NewReader(message[:n]), k); layerstest.CodeOf(err) != outcome.StreamTruncated {
				t.Errorf("%s cut at %d: %v", c.cipher, n, err)
			}
			damaged := bytes.Clone(message)
			damaged[n] ^= 1
			if plain, _, err := decrypt(bytes.NewReader(damaged), k); err == nil {
				t.Errorf("%s with byte %d flipped: %q without an error", c.cipher, n, plain)
			}
		}
	}
}

// TestGnuPGPassphrase reads a session key of version 5, which gpg 2.4 writes with packet
// type 20 for passphrases, and which the library does not read.
func TestGnuPGPassphrase(t *testing.T) {
	message, _ := hex.DecodeString("c33e0507010308cd5a9f70fbe0bc6590bc669e34e500dcaedc5b32aa2dab02359dee19d07c3446c4312a34ae1967a2fb7e928ea5b4fa8012bd456d1738c63c36" +
		"d44a0107010eb732379f73c4928de25facfe6517ec105dc11a81dc0cb8a2f6f3d90016384a56fc821ae11ae8dbcb49862655dea88d06a81486801b0ff387bd2eab013de1259586906eab2476")
	if _, _, err := decrypt(bytes.NewReader(message), pgp.Passphrase("password")); layerstest.CodeOf(err) != outcome.FormatUnsupported || !pgp.Detect(message) {
		t.Error(err)
	}
}

func entityOf(t *testing.T, name string) *openpgp.Entity {
	t.Helper()
	all, err := openpgp.ReadArmoredKeyRing(bytes.NewReader(layerstest.File(t, name)))
	if err != nil {
		t.Fatal(err)
	}
	return all[0]
}

// TestArgon2 reads a message with small parameters, and refuses one that asks for 16 GiB.
func TestArgon2(t *testing.T) {
	config := aead(packet.AEADModeOCB)
	config.S2KConfig = &s2k.Config{S2KMode: s2k.Argon2S2K, Argon2Config: &s2k.Argon2Config{NumberOfPasses: 1, DegreeOfParallelism: 1, Memory: 1 << 10}}
	message := seal(t, text(100), config)
	if _, _, err := decrypt(bytes.NewReader(message), key(t, "passphrase")); err != nil {
		t.Fatal(err)
	}
	const memory = 2 + 5 + 19 // header, fields before the derivation, its own
	if message[memory] != 10 {
		t.Fatalf("byte %d is %d", memory, message[memory])
	}
	message[memory] = 24
	if _, _, err := decrypt(bytes.NewReader(message), key(t, "passphrase")); layerstest.CodeOf(err) != outcome.FormatUnsupported || !strings.Contains(err.Error(), "2 GiB") {
		t.Error(err)
	}
}

// inside encrypts packets, which need not be those of a message.
func inside(t *testing.T, packets []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	config := &packet.Config{DefaultCipher: packet.CipherAES256, S2KConfig: &s2k.Config{S2KMode: s2k.IteratedSaltedS2K, S2KCount: 65536}}
	session, err := packet.SerializeSymmetricKeyEncrypted(&b, []byte(messagePhrase), config)
	if err != nil {
		t.Fatal(err)
	}
	w, err := packet.SerializeSymmetricallyEncrypted(&b, packet.CipherAES256, false, packet.CipherSuite{}, session, config)
	if err != nil {
		t.Fatal(err)
	}
	write(t, w, packets)
	return b.Bytes()
}

func TestContent(t *testing.T) {
	const literal, marker, signature, private = "\xcb\x0fb\x00\x00\x00\x00\x00Hello, 1\n", "\xca\x03PGP", "\xc2\x03\x04zz", "\xfc\x01x"
	nested := func(n int) string {
		inner := literal
		for range n {
			inner = "\xa3\x00" + inner // stored, to the end
		}
		return inner
	}
	for _, c := range []struct {
		name, packets string
		want          outcome.Code
	}{
		{"literal", literal, ""},
		{"beside other packets", marker + signature + literal + signature + private, ""},
		{"compressed twice", nested(2), ""},
		{"compressed too often", nested(20), outcome.FormatUnsupported},
		{"two literals", literal + literal, outcome.FormatUnsupported},
		{"unknown compression", "\xa3\x09" + literal, outcome.KeyWrong}, // not the beginning of a message
		{"unknown compression behind a signature", signature + "\xa3\x09" + literal, outcome.FormatUnsupported},
		{"a key", signature + "\xc6\x01x", outcome.FormatUnsupported},
		{"signature only", signature, outcome.StreamCorrupt},
		{"literal too long", "\xcb\x7fb\x00\x00\x00\x00\x00Hello, 1\n", outcome.StreamCorrupt},
		{"no packet behind", literal + "\x00\x00", outcome.StreamCorrupt},
		{"huge signature", signature + "\xc2\xff\xff\xff\xff\xff" + literal, outcome.StreamCorrupt},
	} {
		message := inside(t, []byte(c.packets))
		plain, _, err := decrypt(bytes.NewReader(message), key(t, "passphrase"))
		if layerstest.CodeOf(err) != c.want || err == nil && string(plain) != "Hello, 1\n" {
			t.Errorf("%s: %q, %s: %v", c.name, plain, layerstest.CodeOf(err), err)
		}
		// With a wrong checksum, what looks like another format is damage.
		if message[len(message)-1] ^= 1; c.want == outcome.FormatUnsupported || c.want == "" {
			if _, _, err := decrypt(bytes.NewReader(message), key(t, "passphrase")); layerstest.CodeOf(err) != outcome.StreamCorrupt {
				t.Errorf("%s, damaged: %v", c.name, err)
			}
		}
	}
}

// TestNotAMessage opens files that Detect does not recognise.
func TestNotAMessage(t *testing.T) {
	for _, text := range []string{"", "PGDMP", "-- PostgreSQL database dump\n", "\xa3\x01\x00", "\xcb\x08b\x00\x00\x00\x00\x00xx", "\xc6\x01x"} {
		if _, _, err := decrypt(strings.NewReader(text), key(t, "passphrase")); err == nil {
			t.Errorf("%q opens", text)
		}
		if pgp.Detect([]byte(text)) {
			t.Errorf("%q is detected", text)
		}
	}
}
