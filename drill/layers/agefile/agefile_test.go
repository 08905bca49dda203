package agefile_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"filippo.io/age"
	"filippo.io/age/armor"
	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/layers/agefile"
	"github.com/drillgres/drillgres/drill/layers/layerstest"
	"github.com/drillgres/drillgres/drill/outcome"
)

// The passphrases of the files in testdata.
const (
	messagePhrase = "correct horse"
	keyPhrase     = "key phrase"
)

func key(t testing.TB, name string) *agefile.Key {
	t.Helper()
	if name == "passphrase" {
		return agefile.Passphrase(messagePhrase)
	}
	k, err := agefile.ParseKey(layerstest.File(t, name), keyPhrase)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// decrypt returns the plaintext, the bytes that follow the end, and the error of Open or
// Read.
func decrypt(r io.Reader, keys ...*agefile.Key) ([]byte, int64, error) {
	o, err := agefile.Open(r, keys)
	if err != nil {
		return nil, 0, err
	}
	plain, err := io.ReadAll(o)
	return plain, o.Trailing(), err
}

// messages lists the messages in testdata with the key that opens each.
var messages = []struct{ name, key, fingerprint string }{
	{"x25519.age", "x25519.key", "age1"},
	{"x25519.asc", "x25519.key", "age1"},
	{"x25519-crlf.asc", "x25519.key", "age1"},
	{"x25519-blank.asc", "x25519.key", "age1"},
	{"x25519.age", "locked.key", "age1"},
	{"x25519.age", "locked-armored.key", "age1"},
	{"x25519.age", "two.key", "age1"},
	{"many.age", "x25519.key", "age1"},
	{"many.age", "other.key", "age1"},
	{"pq.age", "pq.key", "age1pq SHA256:"},
	{"ed25519.age", "ed25519.key", "ssh-ed25519 SHA256:"},
	{"ed25519-locked.age", "ed25519-locked.key", "ssh-ed25519 SHA256:"},
	{"rsa.age", "rsa.key", "ssh-rsa SHA256:"},
	{"rsa-locked.age", "rsa-locked.key", "ssh-rsa SHA256:"},
	{"scrypt.age", "passphrase", "passphrase"},
	{"scrypt.asc", "passphrase", "passphrase"},
}

func TestOpen(t *testing.T) {
	want := string(layerstest.File(t, "plain.sql"))
	for _, m := range messages {
		t.Run(m.name+" with "+m.key, func(t *testing.T) {
			right, wrong := key(t, m.key), key(t, "ed25519.key")
			if m.key == "ed25519.key" {
				wrong = key(t, "rsa.key")
			}
			o, err := agefile.Open(iotest.HalfReader(bytes.NewReader(layerstest.File(t, m.name))), []*agefile.Key{wrong, right})
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
			if o.Trailing() != 0 || o.Key != right || !strings.HasPrefix(o.Fingerprint, m.fingerprint) || !strings.Contains(right.Fingerprint(), o.Fingerprint) {
				t.Errorf("%d bytes follow, key %v, fingerprint %s", o.Trailing(), o.Key, o.Fingerprint)
			}
		})
	}
}

func TestEmptyMessage(t *testing.T) {
	if plain, _, err := decrypt(bytes.NewReader(layerstest.File(t, "empty.age")), key(t, "x25519.key")); len(plain) > 0 || err != nil {
		t.Errorf("%d bytes, %v", len(plain), err)
	}
}

func TestWithoutTheRightKey(t *testing.T) {
	for _, c := range []struct {
		name string
		keys []*agefile.Key
		want outcome.Code
		says string
	}{
		{"x25519.age", nil, outcome.KeyMissing, "it asks for an age1… key"},
		{"x25519.asc", nil, outcome.KeyMissing, "it asks for an age1… key"},
		{"scrypt.age", nil, outcome.KeyMissing, "a passphrase (scrypt)"},
		{"pq.age", nil, outcome.KeyMissing, "an age1pq1… key"},
		{"x25519.age", []*agefile.Key{key(t, "other.key")}, outcome.KeyWrong, "it asks for an age1… key"},
		{"x25519.age", []*agefile.Key{key(t, "passphrase")}, outcome.KeyWrong, "age1"},
		{"ed25519.age", []*agefile.Key{key(t, "ed25519-locked.key")}, outcome.KeyWrong, "the ssh-ed25519 key with tag "},
		{"rsa.age", []*agefile.Key{key(t, "rsa-locked.key")}, outcome.KeyWrong, "the ssh-rsa key with tag "},
		{"scrypt.age", []*agefile.Key{agefile.Passphrase("correct horse\n")}, outcome.KeyWrong, "a passphrase"},
		{"scrypt.age", []*agefile.Key{agefile.Passphrase("")}, outcome.KeyWrong, "a passphrase"},
		{"scrypt.age", []*agefile.Key{key(t, "x25519.key")}, outcome.KeyWrong, "a passphrase"},
	} {
		_, _, err := decrypt(bytes.NewReader(layerstest.File(t, c.name)), c.keys...)
		if layerstest.CodeOf(err) != c.want || !strings.Contains(err.Error(), c.says) || outcome.AsFailure(err).Hint == "" {
			t.Errorf("%s: %s: %v", c.name, layerstest.CodeOf(err), err)
		}
	}
}

// TestWorkFactor raises the work factor in the header, which would need 4 GiB of memory.
func TestWorkFactor(t *testing.T) {
	message := bytes.Replace(layerstest.File(t, "scrypt.age"), []byte(" 18\n"), []byte(" 22\n"), 1)
	if _, _, err := decrypt(bytes.NewReader(message), key(t, "passphrase")); layerstest.CodeOf(err) != outcome.FormatUnsupported || !strings.Contains(err.Error(), "2^20") {
		t.Error(err)
	}
}

func TestOtherVersion(t *testing.T) {
	message := bytes.Replace(layerstest.File(t, "x25519.age"), []byte("/v1\n"), []byte("/v2\n"), 1)
	if _, _, err := decrypt(bytes.NewReader(message), key(t, "x25519.key")); layerstest.CodeOf(err) != outcome.FormatUnsupported {
		t.Error(err)
	}
}

func TestCut(t *testing.T) {
	k := key(t, "x25519.key")
	for _, name := range []string{"x25519.age", "x25519.asc", "x25519-crlf.asc"} {
		message := layerstest.File(t, name)
		whole := len(bytes.TrimRight(message, "\r\n"))
		for n := range message {
			_, _, err := decrypt(bytes.NewReader(message[:n]), k)
			switch {
			case name != "x25519.age" && n >= whole: // the last line ends with the file
				if err != nil {
					t.Errorf("%s without its last line end: %v", name, err)
				}
			case n < len(armor.Header): // not recognised
				if code := layerstest.CodeOf(err); code != outcome.FormatUnsupported && code != outcome.StreamTruncated {
					t.Errorf("%s cut at %d: %s: %v", name, n, code, err)
				}
			case layerstest.CodeOf(err) != outcome.StreamTruncated:
				t.Errorf("%s cut at %d: %s: %v", name, n, layerstest.CodeOf(err), err)
			}
		}
	}
}

// TestFlip flips bits of every byte. The header is authenticated too, but damage to a
// recipient looks like another recipient.
func TestFlip(t *testing.T) {
	k, want := key(t, "x25519.key"), layerstest.File(t, "plain.sql")
	for _, name := range []string{"x25519.age", "x25519.asc", "many.age"} {
		for i := range layerstest.File(t, name) {
			for _, mask := range layerstest.Masks(i) {
				message := layerstest.File(t, name)
				message[i] ^= mask
				plain, _, err := decrypt(bytes.NewReader(message), k)
				switch {
				case err == nil && !bytes.Equal(plain, want):
					t.Errorf("%s with byte %d flipped: other plaintext without an error", name, i)
				case err == nil && name == "x25519.age":
					t.Errorf("%s with byte %d flipped: no error", name, i)
				case layerstest.CodeOf(err) == outcome.Internal:
					t.Errorf("%s with byte %d flipped: %v", name, i, err)
				}
			}
		}
	}
}

// large returns a message of several chunks, and its key.
func large(t testing.TB, size int) ([]byte, *agefile.Key) {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w, err := age.Encrypt(&b, id.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(w, layerstest.Zeros{}, int64(size)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	k, err := agefile.ParseKey([]byte(id.String()), "")
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), k
}

// TestChunks damages a message of three full chunks.
func TestChunks(t *testing.T) {
	const chunk = 64<<10 + 16
	message, k := large(t, 3*64<<10)
	first := len(message) - 3*chunk
	flip := func(i int) []byte { p := bytes.Clone(message); p[i] ^= 1; return p }
	for _, c := range []struct {
		name    string
		message []byte
		want    outcome.Code
		plain   int
	}{
		{"whole", message, "", 3 * 64 << 10},
		{"cut between two chunks", message[:first+chunk], outcome.StreamTruncated, 64 << 10},
		{"cut in a chunk", message[:first+2*chunk+100], outcome.StreamTruncated, 2 * 64 << 10},
		{"cut behind the header", message[:first-16], outcome.StreamTruncated, 0},
		{"cut before the first chunk", message[:first], outcome.StreamTruncated, 0},
		{"first chunk damaged", flip(first), outcome.StreamCorrupt, 0},
		{"second chunk damaged", flip(first + chunk + 500), outcome.StreamCorrupt, 64 << 10},
		{"last chunk damaged", flip(len(message) - 1), outcome.StreamCorrupt, 2 * 64 << 10},
		{"garbage behind", append(bytes.Clone(message), "garbage"...), outcome.StreamCorrupt, 3 * 64 << 10},
		{"zeros behind", append(bytes.Clone(message), 0, 0), outcome.StreamCorrupt, 3 * 64 << 10},
		{"twice", append(bytes.Clone(message), message...), outcome.StreamCorrupt, 3 * 64 << 10},
	} {
		plain, _, err := decrypt(bytes.NewReader(c.message), k)
		if layerstest.CodeOf(err) != c.want || len(plain) != c.plain {
			t.Errorf("%s: %d bytes, %s: %v", c.name, len(plain), layerstest.CodeOf(err), err)
		}
	}
}

func TestTrailing(t *testing.T) {
	message := layerstest.File(t, "x25519.asc")
	for _, c := range []struct {
		behind string
		want   int64
	}{
		{"", 0}, {"\n\n  \r\n", 0}, {"\x00\x00\x00", 0}, {"garbage\n", 7}, {strings.Repeat(" ", 5000), 0}, {string(message), int64(len(message) - 1)},
	} {
		read := bytes.NewReader(append(bytes.Clone(message), c.behind...))
		plain, n, err := decrypt(read, key(t, "x25519.key"))
		if err != nil || n != c.want || !bytes.Equal(plain, layerstest.File(t, "plain.sql")) || read.Len() > 0 {
			t.Errorf("%.20q behind: %d bytes, %d unread, %v", c.behind, n, read.Len(), err)
		}
	}
}

// TestSourceFails checks that an error of the source is never called damage.
func TestSourceFails(t *testing.T) {
	broken := errors.New("connection reset")
	k := key(t, "x25519.key")
	for _, name := range []string{"x25519.age", "x25519.asc"} {
		message := layerstest.File(t, name)
		for n := 0; n <= len(message); n += 7 {
			r := io.MultiReader(bytes.NewReader(message[:n]), iotest.ErrReader(broken))
			if _, _, err := decrypt(r, k); err != broken { //nolint:errorlint // as it is
				t.Fatalf("%s fails at %d: %v", name, n, err)
			}
		}
	}
	message, k := large(t, 300<<10)
	wrapped := errors.Join(io.EOF, broken)
	for n := 100; n <= len(message); n += 9999 {
		r := io.MultiReader(bytes.NewReader(message[:n]), iotest.ErrReader(wrapped))
		if _, _, err := decrypt(r, k); !errors.Is(err, broken) {
			t.Fatalf("fails at %d: %v", n, err)
		}
	}
}

func TestDetect(t *testing.T) {
	for _, m := range messages {
		if !agefile.Detect(layerstest.File(t, m.name)) {
			t.Errorf("%s is not detected", m.name)
		}
	}
	for _, text := range []string{"", "age", "age-encryption", "-----BEGIN AGE ENCRYPTED FILE", "x" + armor.Header, armor.Header + "x\n", strings.Repeat("\n", 2000) + armor.Header, string(layerstest.File(t, "x25519.key")), "PGDMP"} {
		if agefile.Detect([]byte(text)) {
			t.Errorf("%.40q is detected", text)
		}
	}
}

func FuzzOpen(f *testing.F) {
	for _, m := range messages {
		if !strings.HasPrefix(m.name, "scrypt") {
			f.Add(layerstest.File(f, m.name))
		}
	}
	k, want := key(f, "x25519.key"), layerstest.File(f, "plain.sql")
	f.Fuzz(func(t *testing.T, message []byte) {
		plain, _, err := decrypt(bytes.NewReader(message), k)
		if err == nil && len(plain) > 0 && !bytes.Equal(plain, want) {
			t.Errorf("opens to %d other bytes", len(plain))
		}
		if layerstest.CodeOf(err) == outcome.Internal {
			t.Error(err)
		}
	})
}
