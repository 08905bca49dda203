package opensslenc_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/layers/layerstest"
	"github.com/drillgres/drillgres/drill/layers/opensslenc"
	"github.com/drillgres/drillgres/drill/outcome"
)

const passphrase = "correct-horse" // of the files in testdata

func key(t testing.TB, o opensslenc.Options) *opensslenc.Key {
	t.Helper()
	if o.Passphrase == "" {
		o.Passphrase = passphrase
	}
	k, err := opensslenc.NewKey(o)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// isDump recognises the files in testdata.
func isDump(head []byte) bool { return bytes.HasPrefix(head, []byte("-- PostgreSQL")) }

// decrypt returns the plaintext, the bytes that follow the end, and the error of Open or
// Read.
func decrypt(r io.Reader, keys ...*opensslenc.Key) ([]byte, int64, error) {
	o, err := opensslenc.Open(r, keys, isDump)
	if err != nil {
		return nil, 0, err
	}
	plain, err := io.ReadAll(o)
	return plain, o.Trailing(), err
}

var legacy = new(bool)

// messages lists the files in testdata with the options and the fingerprint of their key.
var messages = []struct {
	name        string
	options     opensslenc.Options
	fingerprint string
}{
	{"aes-128-cbc.pbkdf2.enc", opensslenc.Options{Cipher: "aes128"}, "aes-128-cbc, pbkdf2 sha256, 10000 iterations"},
	{"aes-192-cbc.pbkdf2.enc", opensslenc.Options{Cipher: "AES-192-CBC"}, "aes-192-cbc, pbkdf2 sha256, 10000 iterations"},
	{"aes-256-cbc.pbkdf2.enc", opensslenc.Options{}, "aes-256-cbc, pbkdf2 sha256, 10000 iterations"},
	{"aes-128-ctr.pbkdf2.enc", opensslenc.Options{Cipher: "aes-128-ctr"}, "aes-128-ctr, pbkdf2 sha256, 10000 iterations"},
	{"aes-192-ctr.pbkdf2.enc", opensslenc.Options{Cipher: "aes-192-ctr"}, "aes-192-ctr, pbkdf2 sha256, 10000 iterations"},
	{"aes-256-ctr.pbkdf2.enc", opensslenc.Options{Cipher: "aes-256-ctr"}, "aes-256-ctr, pbkdf2 sha256, 10000 iterations"},
	{"des-ede3-cbc.pbkdf2.enc", opensslenc.Options{Cipher: "des3"}, "des-ede3-cbc, pbkdf2 sha256, 10000 iterations"},
	{"aes-256-cbc.pbkdf2-md5.enc", opensslenc.Options{Digest: "md5"}, "aes-256-cbc, pbkdf2 md5, 10000 iterations"},
	{"aes-256-cbc.pbkdf2-sha1.enc", opensslenc.Options{Digest: "SHA-1"}, "aes-256-cbc, pbkdf2 sha1, 10000 iterations"},
	{"aes-256-cbc.pbkdf2-sha224.enc", opensslenc.Options{Digest: "sha224"}, "aes-256-cbc, pbkdf2 sha224, 10000 iterations"},
	{"aes-256-cbc.pbkdf2-sha384.enc", opensslenc.Options{Digest: "sha384"}, "aes-256-cbc, pbkdf2 sha384, 10000 iterations"},
	{"aes-256-cbc.pbkdf2-sha512.enc", opensslenc.Options{Digest: "sha512"}, "aes-256-cbc, pbkdf2 sha512, 10000 iterations"},
	{"aes-256-cbc.pbkdf2-310000.enc", opensslenc.Options{Iterations: 310000}, "aes-256-cbc, pbkdf2 sha256, 310000 iterations"},
	{"aes-256-cbc.legacy-md5.enc", opensslenc.Options{PBKDF2: legacy}, "aes-256-cbc, EVP_BytesToKey md5"},
	{"aes-256-cbc.legacy-sha256.enc", opensslenc.Options{PBKDF2: legacy}, "aes-256-cbc, EVP_BytesToKey sha256"},
	{"aes-256-cbc.legacy-sha1.enc", opensslenc.Options{PBKDF2: legacy, Digest: "sha1"}, "aes-256-cbc, EVP_BytesToKey sha1"},
	{"aes-256-cbc.legacy-sha224.enc", opensslenc.Options{PBKDF2: legacy, Digest: "sha224"}, "aes-256-cbc, EVP_BytesToKey sha224"},
	{"aes-256-cbc.legacy-sha384.enc", opensslenc.Options{PBKDF2: legacy, Digest: "sha384"}, "aes-256-cbc, EVP_BytesToKey sha384"},
	{"aes-256-cbc.legacy-sha512.enc", opensslenc.Options{PBKDF2: legacy, Digest: "sha512"}, "aes-256-cbc, EVP_BytesToKey sha512"},
	{"aes-128-ctr.legacy-md5.enc", opensslenc.Options{PBKDF2: legacy, Cipher: "aes-128-ctr"}, "aes-128-ctr, EVP_BytesToKey md5"},
	{"des-ede3-cbc.legacy-md5.enc", opensslenc.Options{PBKDF2: legacy, Cipher: "des-ede3-cbc"}, "des-ede3-cbc, EVP_BytesToKey md5"},
	{"aes-256-cbc.pbkdf2.asc", opensslenc.Options{}, "aes-256-cbc, pbkdf2 sha256, 10000 iterations"},
	{"aes-256-cbc.pbkdf2-oneline.asc", opensslenc.Options{}, "aes-256-cbc, pbkdf2 sha256, 10000 iterations"},
	{"aes-256-cbc.pbkdf2-crlf.asc", opensslenc.Options{}, "aes-256-cbc, pbkdf2 sha256, 10000 iterations"},
	{"aes-256-ctr.legacy-sha256.asc", opensslenc.Options{PBKDF2: legacy, Cipher: "aes-256-ctr"}, "aes-256-ctr, EVP_BytesToKey sha256"},
}

func TestOpen(t *testing.T) {
	want := string(layerstest.File(t, "plain.sql"))
	wrong := key(t, opensslenc.Options{Passphrase: "wrong"})
	for _, m := range messages {
		t.Run(m.name, func(t *testing.T) {
			right := key(t, m.options)
			stored := layerstest.File(t, m.name)
			if !opensslenc.Detect(stored[:16]) {
				t.Error("not detected")
			}
			for how, r := range map[string]io.Reader{
				"at once": bytes.NewReader(stored), "by half": iotest.HalfReader(bytes.NewReader(stored)), "by byte": iotest.OneByteReader(bytes.NewReader(stored)),
				"end with data": iotest.DataErrReader(bytes.NewReader(stored)),
			} {
				o, err := opensslenc.Open(r, []*opensslenc.Key{wrong, right}, isDump)
				if err != nil {
					t.Fatal(err)
				}
				plain, err := io.ReadAll(o)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, string(plain)); diff != "" {
					t.Errorf("%s: %s", how, diff)
				}
				if o.Key != right || o.Fingerprint != m.fingerprint || o.Trailing() != 0 {
					t.Errorf("%s: opened by %s, trailing %d; want %s", how, o.Fingerprint, o.Trailing(), m.fingerprint)
				}
			}
		})
	}
}

// TestReadSizes reads into buffers of each small size.
func TestReadSizes(t *testing.T) {
	want, stored := layerstest.File(t, "plain.sql"), layerstest.File(t, "aes-256-cbc.pbkdf2.enc")
	for size := 1; size < 70; size++ {
		o, err := opensslenc.Open(bytes.NewReader(stored), []*opensslenc.Key{key(t, opensslenc.Options{})}, isDump)
		if err != nil {
			t.Fatal(err)
		}
		var plain []byte
		for p := make([]byte, size); err == nil; {
			var n int
			n, err = o.Read(p)
			plain = append(plain, p[:n]...)
		}
		if err != io.EOF || !bytes.Equal(plain, want) { //nolint:errorlint // the reader's own end
			t.Errorf("size %d: %d bytes, error %v", size, len(plain), err)
		}
	}
}

func TestLarge(t *testing.T) {
	plain := append([]byte("-- PostgreSQL"), bytes.Repeat([]byte("0123456789abcde\n"), 50_000)...)
	k := key(t, opensslenc.Options{PBKDF2: legacy, Digest: "sha256"})
	for _, stored := range [][]byte{encrypt(t, plain), inLines(encrypt(t, plain))} {
		got, _, err := decrypt(iotest.HalfReader(bytes.NewReader(stored)), k)
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d of %d bytes, error %v", len(got), len(plain), err)
		}
	}
}

func TestEmptyPlaintext(t *testing.T) {
	for _, name := range []string{"empty.enc", "empty.asc"} {
		plain, _, err := decrypt(bytes.NewReader(layerstest.File(t, name)), key(t, opensslenc.Options{}))
		if err != nil || len(plain) != 0 {
			t.Errorf("%s: %q, error %v", name, plain, err)
		}
		if _, _, err := decrypt(bytes.NewReader(layerstest.File(t, name)), key(t, opensslenc.Options{Passphrase: "wrong"})); layerstest.CodeOf(err) != outcome.KeyWrong {
			t.Errorf("%s with a wrong key: %v", name, err)
		}
	}
}

func TestKeys(t *testing.T) {
	tests := []struct {
		name string
		keys []*opensslenc.Key
		want outcome.Code
	}{
		{"none", nil, outcome.KeyMissing},
		{"wrong passphrase", []*opensslenc.Key{key(t, opensslenc.Options{Passphrase: "wrong"})}, outcome.KeyWrong},
		{"wrong iterations", []*opensslenc.Key{key(t, opensslenc.Options{Iterations: 1})}, outcome.KeyWrong},
		{"wrong cipher", []*opensslenc.Key{key(t, opensslenc.Options{Cipher: "aes-128-cbc"}), key(t, opensslenc.Options{Cipher: "aes-256-ctr"})}, outcome.KeyWrong},
		{"wrong derivation", []*opensslenc.Key{key(t, opensslenc.Options{PBKDF2: legacy})}, outcome.KeyWrong},
	}
	for _, tt := range tests {
		_, _, err := decrypt(bytes.NewReader(layerstest.File(t, "aes-256-cbc.pbkdf2.enc")), tt.keys...)
		if layerstest.CodeOf(err) != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
		if strings.Contains(fmt.Sprint(err), passphrase) {
			t.Errorf("%s: the error %v contains the passphrase", tt.name, err)
		}
	}
}

// TestWrongPassphrases checks that a padding which happens to be valid opens nothing.
func TestWrongPassphrases(t *testing.T) {
	stored := layerstest.File(t, "aes-256-cbc.legacy-sha256.enc")
	for i := range 1500 {
		k := key(t, opensslenc.Options{PBKDF2: legacy, Passphrase: fmt.Sprint(i)})
		if _, _, err := decrypt(bytes.NewReader(stored), k); layerstest.CodeOf(err) != outcome.KeyWrong {
			t.Fatalf("passphrase %d: %v", i, err)
		}
	}
}

func TestDetect(t *testing.T) {
	tests := map[string]bool{
		"Salted__12345678": true, "U2FsdGVkX1": true, "\n U2FsdGVkX19abc": true, "U2FsdGVkX1/x": true,
		"": false, "Salted_": false, "U2FsdGVkX1A": false, "-- PostgreSQL": false, "PGDMP": false,
	}
	for head, want := range tests {
		if opensslenc.Detect([]byte(head)) != want {
			t.Errorf("%q: %t", head, !want)
		}
	}
	if _, _, err := decrypt(strings.NewReader("PGDMP, which is a custom archive"), key(t, opensslenc.Options{})); layerstest.CodeOf(err) != outcome.FormatUnsupported {
		t.Errorf("another format: %v", err)
	}
}

func TestNewKeyErrors(t *testing.T) {
	tests := []struct {
		options opensslenc.Options
		want    string
	}{
		{opensslenc.Options{}, "passphrase is empty"},
		{opensslenc.Options{Passphrase: "canary", Cipher: "rot13"}, `unknown cipher "rot13" (supported: aes-128-cbc, aes-192-cbc, aes-256-cbc, aes-128-ctr, aes-192-ctr, aes-256-ctr, des-ede3-cbc)`},
		{opensslenc.Options{Passphrase: "canary", Digest: "crc"}, `unknown digest "crc" (supported: md5, sha1, sha224, sha256, sha384, sha512)`},
		{opensslenc.Options{Passphrase: "canary", Iterations: -1}, "-1 iterations"},
		{opensslenc.Options{Passphrase: "canary", Iterations: 5, PBKDF2: legacy}, "iterations need pbkdf2"},
	}
	for _, tt := range tests {
		_, err := opensslenc.NewKey(tt.options)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%v, want %q", err, tt.want)
		}
	}
}

func TestKeyPrintsNoPassphrase(t *testing.T) {
	k := key(t, opensslenc.Options{Passphrase: "canary", PBKDF2: legacy})
	asJSON, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	printed := fmt.Sprintf("%v %+v %#v %s %x %q %v %+v %#v %s", k, k, k, k, k, k, *k, *k, *k, asJSON)
	if strings.Contains(printed, "canary") || strings.Contains(printed, fmt.Sprintf("%x", "canary")) {
		t.Error(printed)
	}
	if want := "aes-256-cbc, EVP_BytesToKey sha256 or md5"; k.Fingerprint() != want {
		t.Errorf("fingerprint %q, want %q", k.Fingerprint(), want)
	}
}

// TestOpenSSL decrypts what the openssl on PATH makes.
func TestOpenSSL(t *testing.T) {
	program, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("no openssl on PATH")
	}
	plain := layerstest.File(t, "plain.sql")
	for length := len(plain) - 33; length <= len(plain); length++ {
		cmd := exec.CommandContext(t.Context(), program, "enc", "-aes-256-cbc", "-pbkdf2", "-iter", "7", "-a", "-pass", "pass:"+passphrase)
		cmd.Stdin = bytes.NewReader(plain[:length])
		stored, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := decrypt(bytes.NewReader(stored), key(t, opensslenc.Options{Iterations: 7}))
		if err != nil || !bytes.Equal(got, plain[:length]) {
			t.Errorf("%d bytes: %q, error %v", length, got, err)
		}
	}
}
