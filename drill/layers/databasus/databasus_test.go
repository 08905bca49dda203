package databasus_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/layers/databasus"
	"github.com/drillgres/drillgres/drill/layers/layerstest"
	"github.com/drillgres/drillgres/drill/outcome"
)

const (
	id     = "550e8400-e29b-41d4-a716-446655440000"
	other  = "00000000-0000-4000-8000-000000000000"
	object = "shop-20261127-030000-" + id
	secret = "5f0c2c1e-8c3d-4a53-9c39-3f0f3a1c7d11b1d7c6a2-4f0e-4f55-8a7e-0d5f9e6b2c44"
)

func key(t testing.TB, file string) *databasus.Key {
	t.Helper()
	k, err := databasus.ParseKey([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// decrypt returns the plaintext and the error of Open or Read.
func decrypt(t testing.TB, r io.Reader) ([]byte, error) {
	t.Helper()
	o, err := databasus.OpenCached(r, []*databasus.Key{key(t, secret)}, []string{id})
	if err != nil {
		return nil, err
	}
	return io.ReadAll(o)
}

func TestOpen(t *testing.T) {
	want, stored := string(layerstest.File(t, "plain.dump")), layerstest.File(t, object)
	tests := []struct {
		name string
		file []byte
		key  string
		ids  []string
	}{
		{"as it is", stored, secret, []string{id}},
		{"key with a line end", stored, secret + "\n", []string{id}},
		{"key that was edited", layerstest.File(t, "edited.enc"), secret + "\n", []string{id}},
		{"second id", stored, secret, []string{other, id}},
		{"upper case", stored, secret, []string{strings.ToUpper(id)}},
		{"ids of the name", stored, secret, databasus.IDs(object, nil)},
		{"ids of the metadata", stored, secret, databasus.IDs("renamed", layerstest.File(t, object+".metadata"))},
		{"small chunks", layerstest.File(t, "chunks.enc"), secret, []string{id}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if !databasus.Detect(tt.file) {
				t.Error("not detected")
			}
			right := key(t, tt.key)
			o, err := databasus.Open(iotest.HalfReader(bytes.NewReader(tt.file)), []*databasus.Key{key(t, "wrong"), right}, tt.ids)
			if err != nil {
				t.Fatal(err)
			}
			if err := iotest.TestReader(o, []byte(want)); err != nil {
				t.Error(err)
			}
			if o.Key != right || o.ID != id {
				t.Errorf("opened by %s, %s", o.Key, o.ID)
			}
		})
	}
}

// encrypt returns plain as Databasus encrypts it, in chunks of 1 MiB.
func encrypt(t testing.TB, plain []byte) []byte {
	t.Helper()
	var salt, nonce []byte
	for i := range byte(32) {
		salt = append(salt, i)
	}
	for i := range byte(12) {
		nonce = append(nonce, 100+i)
	}
	derived, err := pbkdf2.Key(sha256.New, secret+id, salt, 100_000, 32)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := aes.NewCipher(derived)
	aead, _ := cipher.NewGCM(block)
	out := append(append(append([]byte("PGRSUS01"), salt...), nonce...), make([]byte, 12)...)
	index := uint64(0)
	for chunk := range slices.Chunk(plain, 1<<20) {
		out = binary.BigEndian.AppendUint32(out, uint32(len(chunk)+16))
		out = aead.Seal(out, binary.BigEndian.AppendUint64(nonce[:4:4], index), chunk, nil)
		index++
	}
	return out
}

// TestLarge decrypts chunks of the real size. The digest is that of the same file made by
// testdata/make.py.
func TestLarge(t *testing.T) {
	plain := append(bytes.Repeat([]byte("0123456789abcdef"), 2<<16), "the end"...)
	stored := encrypt(t, plain)
	if sum := fmt.Sprintf("%x", sha256.Sum256(stored)); sum != "10bed21f22ed2b39eab058ecc85c051e50d353ab4bc130a979b9293c62ec12db" {
		t.Errorf("the test encrypts to %s", sum)
	}
	got, err := decrypt(t, bytes.NewReader(stored))
	if err != nil || !bytes.Equal(got, plain) {
		t.Errorf("%d of %d bytes, error %v", len(got), len(plain), err)
	}
	got, err = decrypt(t, bytes.NewReader(stored[:64+4+1<<20+16]))
	if err != nil || len(got) != 1<<20 {
		t.Errorf("cut between chunks: %d bytes, error %v; the format cannot show it", len(got), err)
	}
}

func TestKeys(t *testing.T) {
	right, wrong := key(t, secret), key(t, "wrong")
	tests := []struct {
		name string
		keys []*databasus.Key
		ids  []string
		want outcome.Code
	}{
		{"no key", nil, []string{id}, outcome.KeyMissing},
		{"no id", []*databasus.Key{right}, nil, outcome.KeyMissing},
		{"not an id", []*databasus.Key{right}, []string{"shop", id + "0"}, outcome.KeyMissing},
		{"wrong key", []*databasus.Key{wrong}, []string{id}, outcome.KeyWrong},
		{"wrong id", []*databasus.Key{right}, []string{other}, outcome.KeyWrong},
	}
	for _, tt := range tests {
		_, err := databasus.Open(bytes.NewReader(layerstest.File(t, object)), tt.keys, tt.ids)
		if layerstest.CodeOf(err) != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
		if strings.Contains(fmt.Sprint(err), secret) {
			t.Errorf("%s: the error contains the key", tt.name)
		}
	}
	if _, err := databasus.Open(strings.NewReader("PGDMP and more"), []*databasus.Key{right}, []string{id}); layerstest.CodeOf(err) != outcome.FormatUnsupported {
		t.Errorf("another format: %v", err)
	}
}

func TestIDs(t *testing.T) {
	metadata := `{"backupId": "` + strings.ToUpper(id) + `", "encryption": "ENCRYPTED"}`
	tests := []struct {
		name, metadata string
		want           []string
	}{
		{object, "", []string{id}},
		{id, "", []string{id}},
		{"folder/" + other + "-20261127-030000-" + id, "", []string{id, other}},
		{other, metadata, []string{id, other}},
		{"shop.dump", metadata, []string{id}},
		{"shop.dump", "not JSON", nil},
		{"shop.dump", `{"backupId": "../../etc/passwd"}`, nil},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, databasus.IDs(tt.name, []byte(tt.metadata))); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

func TestParseKeyErrors(t *testing.T) {
	for _, file := range []string{"", " \n", strings.Repeat("canary", 20_000)} {
		if _, err := databasus.ParseKey([]byte(file)); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%.10q: %v", file, err)
		}
	}
}

func TestKeyPrintsNoSecret(t *testing.T) {
	k := key(t, "canary\n")
	asJSON, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	printed := fmt.Sprintf("%v %+v %#v %s %x %q %v %+v %#v %s", k, k, k, k, k, k, *k, *k, *k, asJSON)
	if strings.Contains(printed, "canary") || strings.Contains(printed, fmt.Sprintf("%x", "canary")) {
		t.Error(printed)
	}
	if k.Fingerprint() != key(t, "canary").Fingerprint() || k.Fingerprint() == key(t, "canary2").Fingerprint() {
		t.Error("the fingerprint does not identify the key")
	}
	if !strings.HasPrefix(k.Fingerprint(), "SHA256:") || len(k.Fingerprint()) != len("SHA256:")+12 {
		t.Error(k.Fingerprint())
	}
}
