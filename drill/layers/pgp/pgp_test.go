package pgp_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/layers/layerstest"
	"github.com/drillgres/drillgres/drill/layers/pgp"
	"github.com/drillgres/drillgres/drill/outcome"
)

// The passphrases of the files in testdata.
const (
	messagePhrase = "correct horse"
	keyPhrase     = "key phrase"
)

func key(t testing.TB, name string) *pgp.Key {
	t.Helper()
	if name == "passphrase" {
		return pgp.Passphrase(messagePhrase)
	}
	k, err := pgp.ParseKey(layerstest.File(t, name), keyPhrase)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// decrypt returns the plaintext, the bytes that follow the end, and the error of Open or
// Read.
func decrypt(r io.Reader, keys ...*pgp.Key) ([]byte, int64, error) {
	o, err := pgp.Open(r, keys)
	if err != nil {
		return nil, 0, err
	}
	plain, err := io.ReadAll(o)
	return plain, o.Trailing(), err
}

// messages lists the messages in testdata with the key that opens each.
var messages = []struct{ name, key, cipher, finding string }{
	{"sym.gpg", "passphrase", "AES-256 with MDC", ""},
	{"sym.asc", "passphrase", "AES-256 with MDC", ""},
	{"sym-text.asc", "passphrase", "AES-256 with MDC", ""},
	{"sym-crlf.asc", "passphrase", "AES-256 with MDC", ""},
	{"sym-stdin.gpg", "passphrase", "AES-256 with MDC", ""},
	{"sym-zip.gpg", "passphrase", "AES-256 with MDC", ""},
	{"sym-bzip2.gpg", "passphrase", "AES-256 with MDC", ""},
	{"sym-stored.gpg", "passphrase", "AES-256 with MDC", ""},
	{"sym-3des.gpg", "passphrase", "3DES with MDC", ""},
	{"sym-cast5.gpg", "passphrase", "CAST5 with MDC", ""},
	{"sym-aes128.gpg", "passphrase", "AES-128 with MDC", ""},
	{"both.gpg", "passphrase", "AES-256 with MDC", ""},
	{"both.gpg", "rsa.key", "AES-256 with MDC", ""},
	{"rsa.gpg", "rsa.key", "AES-256 with MDC", ""},
	{"rsa.asc", "rsa.key", "AES-256 with MDC", ""},
	{"rsa.gpg", "rsa-binary.key", "AES-256 with MDC", ""},
	{"rsa.gpg", "subkeys.key", "AES-256 with MDC", ""},
	{"rsa.gpg", "two.key", "AES-256 with MDC", ""},
	{"rsa.gpg", "blocks.key", "AES-256 with MDC", ""},
	{"ecc.gpg", "ecc.key", "AES-256 with MDC", ""},
	{"nist.gpg", "nist.key", "AES-256 with MDC", ""},
	{"elg.gpg", "elg.key", "AES-256 with MDC", ""},
	{"many.gpg", "rsa.key", "AES-256 with MDC", ""},
	{"many.gpg", "ecc.key", "AES-256 with MDC", ""},
	{"hidden.gpg", "two.key", "AES-256 with MDC", ""},
	{"signed.gpg", "rsa.key", "AES-256 with MDC", ""},
	{"revoked.gpg", "revoked.key", "AES-256 with MDC", "key_revoked"},
	{"expired.gpg", "expired.key", "AES-256 with MDC", "key_expired"},
}

func TestOpen(t *testing.T) {
	want := string(layerstest.File(t, "plain.sql"))
	for _, m := range messages {
		t.Run(m.name+" with "+m.key, func(t *testing.T) {
			right := key(t, m.key)
			o, err := pgp.Open(iotest.HalfReader(bytes.NewReader(layerstest.File(t, m.name))), []*pgp.Key{pgp.Passphrase("wrong"), key(t, "other.key"), right})
			if err != nil {
				t.Fatal(err)
			}
			plain, err := io.ReadAll(o)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, string(plain)); diff != "" {
				t.Error(diff)
			}
			if o.Trailing() != 0 || o.Key != right || o.Cipher != m.cipher || !strings.Contains(right.Fingerprint(), o.Fingerprint) || o.Fingerprint == "" {
				t.Errorf("%d bytes follow, key %v, fingerprint %s, cipher %s", o.Trailing(), o.Key, o.Fingerprint, o.Cipher)
			}
			found := ""
			for _, f := range o.Findings {
				found += f.Code
				if !strings.Contains(f.Message, o.Fingerprint) || f.Hint == "" {
					t.Errorf("finding %+v", f)
				}
			}
			if found != m.finding {
				t.Errorf("findings %q, want %q", found, m.finding)
			}
		})
	}
}

func TestTextMode(t *testing.T) {
	plain, _, err := decrypt(bytes.NewReader(layerstest.File(t, "sym-text.gpg")), key(t, "passphrase"))
	if want := bytes.ReplaceAll(layerstest.File(t, "plain.sql"), []byte("\n"), []byte("\r\n")); err != nil || !bytes.Equal(plain, want) {
		t.Errorf("%d bytes, %v", len(plain), err)
	}
}

func TestWithoutTheRightKey(t *testing.T) {
	for _, c := range []struct {
		name string
		keys []*pgp.Key
		want outcome.Code
		says string
	}{
		{"sym.gpg", nil, outcome.KeyMissing, "a passphrase"},
		{"sym.asc", nil, outcome.KeyMissing, "a passphrase"},
		{"rsa.gpg", nil, outcome.KeyMissing, "it asks for key "},
		{"hidden.gpg", nil, outcome.KeyMissing, "a hidden recipient"},
		{"both.gpg", nil, outcome.KeyMissing, ", a passphrase"},
		{"sym.gpg", []*pgp.Key{pgp.Passphrase("correct horse\n"), pgp.Passphrase("")}, outcome.KeyWrong, "a passphrase"},
		{"sym-3des.gpg", []*pgp.Key{pgp.Passphrase("wrong")}, outcome.KeyWrong, "a passphrase"},
		{"sym.gpg", []*pgp.Key{key(t, "rsa.key")}, outcome.KeyWrong, "a passphrase"},
		{"rsa.gpg", []*pgp.Key{key(t, "ecc.key"), key(t, "passphrase")}, outcome.KeyWrong, "it asks for key "},
		{"hidden.gpg", []*pgp.Key{key(t, "other.key"), key(t, "elg.key")}, outcome.KeyWrong, "a hidden recipient"},
		{"both.gpg", []*pgp.Key{pgp.Passphrase("wrong")}, outcome.KeyWrong, ", a passphrase"},
		{"no-mdc.gpg", []*pgp.Key{key(t, "passphrase")}, outcome.FormatUnsupported, "no integrity protection"},
		{"sym-twofish.gpg", []*pgp.Key{key(t, "passphrase")}, outcome.FormatUnsupported, "does not read"},
	} {
		_, _, err := decrypt(bytes.NewReader(layerstest.File(t, c.name)), c.keys...)
		if layerstest.CodeOf(err) != c.want || !strings.Contains(err.Error(), c.says) || outcome.AsFailure(err).Hint == "" {
			t.Errorf("%s: %s: %v", c.name, layerstest.CodeOf(err), err)
		}
	}
}

// TestManyWrongPassphrases lets some pass the two bytes that a message repeats.
func TestManyWrongPassphrases(t *testing.T) {
	message := layerstest.File(t, "sym.gpg")
	keys := make([]*pgp.Key, 300)
	for i := range keys {
		keys[i] = pgp.Passphrase("wrong" + strings.Repeat("!", i))
	}
	if _, _, err := decrypt(bytes.NewReader(message), keys...); layerstest.CodeOf(err) != outcome.KeyWrong {
		t.Error(err)
	}
	if _, _, err := decrypt(bytes.NewReader(message), append(keys, key(t, "passphrase"))...); err != nil {
		t.Error(err)
	}
}

func TestCut(t *testing.T) {
	for _, m := range messages {
		k := key(t, m.key)
		message := layerstest.File(t, m.name)
		whole := len(bytes.TrimRight(message, "\r\n"))
		for n := 1; n < len(message); n += 1 + n/200 {
			_, _, err := decrypt(bytes.NewReader(message[:n]), k)
			switch {
			case strings.HasSuffix(m.name, ".asc") && n >= whole:
				if err != nil {
					t.Errorf("%s without its last line end: %v", m.name, err)
				}
			case strings.HasSuffix(m.name, ".asc") && !pgp.Detect(message[:n]):
				if err == nil {
					t.Errorf("%s cut at %d opens", m.name, n)
				}
			case layerstest.CodeOf(err) != outcome.StreamTruncated:
				t.Errorf("%s cut at %d of %d: %s: %v", m.name, n, len(message), layerstest.CodeOf(err), err)
			}
		}
	}
}

// TestFlip flips bits of every byte. What is not authenticated (names, lengths, the key id)
// may keep a message from being opened, but never changes the plaintext.
func TestFlip(t *testing.T) {
	want := layerstest.File(t, "plain.sql")
	for _, name := range []string{"sym.gpg", "sym-zip.gpg", "sym-bzip2.gpg", "sym-stdin.gpg", "sym.asc", "sym-stored.gpg"} {
		k, codes := key(t, "passphrase"), map[outcome.Code]int{}
		message := layerstest.File(t, name)
		for i := range message {
			for _, mask := range []byte{0x01, 0x20, 0x80} { // some damage is rare, and is counted
				message[i] ^= mask
				plain, _, err := decrypt(bytes.NewReader(message), k)
				message[i] ^= mask
				if err == nil && !bytes.Equal(plain, want) {
					t.Errorf("%s with byte %d flipped: other plaintext without an error", name, i)
				}
				codes[layerstest.CodeOf(err)]++
			}
		}
		if codes[outcome.Internal] > 0 || codes[outcome.StreamCorrupt] < len(message) {
			t.Errorf("%s: %v", name, codes)
		}
	}
}

// TestFlipBehindASessionKey flips bits of data to a public key, which is right whatever
// follows.
func TestFlipBehindASessionKey(t *testing.T) {
	for _, name := range []string{"ecc.gpg", "nist.gpg"} {
		k := key(t, strings.TrimSuffix(name, "gpg")+"key")
		message := layerstest.File(t, name)
		const data = 160 // at the latest, for these kinds of keys
		for i := data; i < len(message); i++ {
			message[i] ^= 0x10
			_, _, err := decrypt(bytes.NewReader(message), k)
			message[i] ^= 0x10
			if layerstest.CodeOf(err) != outcome.StreamCorrupt {
				t.Errorf("%s with byte %d flipped: %s: %v", name, i, layerstest.CodeOf(err), err)
			}
		}
	}
}

func TestTrailing(t *testing.T) {
	for _, name := range []string{"sym.gpg", "sym-stdin.gpg", "sym.asc"} {
		message := layerstest.File(t, name)
		for _, c := range []struct {
			behind string
			want   int64
		}{
			{"", 0}, {"\x00\x00\x00", 0}, {strings.Repeat("\x00", 9999), 0}, {"garbage", 7}, {string(message), int64(len(bytes.TrimRight(message, "\n")))},
		} {
			read := bytes.NewReader(append(bytes.Clone(message), c.behind...))
			plain, n, err := decrypt(read, key(t, "passphrase"))
			if err != nil || n != c.want || !bytes.Equal(plain, layerstest.File(t, "plain.sql")) || read.Len() > 0 {
				t.Errorf("%s, %.20q behind: %d bytes, want %d, %d unread, %v", name, c.behind, n, c.want, read.Len(), err)
			}
		}
	}
}

// TestSourceFails checks that an error of the source is never called damage.
func TestSourceFails(t *testing.T) {
	broken := errors.New("connection reset")
	for _, m := range []struct{ name, key string }{{"sym.gpg", "passphrase"}, {"sym.asc", "passphrase"}, {"ecc.gpg", "ecc.key"}, {"sym-stdin.gpg", "passphrase"}, {"many.gpg", "rsa.key"}} {
		message, k := layerstest.File(t, m.name), key(t, m.key)
		for n := 0; n <= len(message); n += 3 {
			for _, failure := range []error{broken, errors.Join(io.EOF, broken), io.ErrUnexpectedEOF} {
				r := io.MultiReader(bytes.NewReader(message[:n]), iotest.ErrReader(failure))
				if _, _, err := decrypt(r, k); err != failure { //nolint:errorlint // as it is
					t.Fatalf("%s fails at %d: %v", m.name, n, err)
				}
			}
		}
	}
}

func FuzzOpen(f *testing.F) {
	for _, m := range messages {
		f.Add(layerstest.File(f, m.name))
	}
	f.Add([]byte("\x8c\x00")) // an empty session key
	keys := []*pgp.Key{key(f, "passphrase"), key(f, "rsa.key"), key(f, "ecc.key"), key(f, "elg.key"), key(f, "nist.key")}
	f.Fuzz(func(t *testing.T, message []byte) {
		if len(message) > 1<<16 {
			return
		}
		_, _, err := decrypt(bytes.NewReader(message), keys...)
		if layerstest.CodeOf(err) == outcome.Internal {
			t.Error(err)
		}
		_ = pgp.Detect(message)
	})
}
