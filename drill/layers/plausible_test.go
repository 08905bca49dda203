package layers_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/layers/opensslenc"
	"github.com/drillgres/drillgres/drill/layers/pgp"
	"github.com/drillgres/drillgres/drill/outcome"
)

const phrase = "correct-horse"

// noise returns n bytes without any structure, the same in each run.
func noise(n int) string {
	p := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(p)
	return string(p)
}

func zlibbed(t testing.TB, content string) string {
	t.Helper()
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	if _, err := w.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// inUTF16 returns text as PowerShell writes it.
func inUTF16(text string) string {
	b := []byte("\xff\xfe")
	for _, unit := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, unit)
	}
	return string(b)
}

// compressed is what ncompress makes of a dump: nine bits for each of its letters.
func compressed(text string) string {
	b, bits, held := []byte("\x1f\x9d\x90"), 0, 0
	for _, c := range []byte(text) {
		held |= int(c) << bits
		for bits += 9; bits >= 8; bits -= 8 {
			b, held = append(b, byte(held)), held>>8
		}
	}
	return string(append(b, byte(held)))
}

// oldCpio returns the header of a member of cpio's old binary format, and its name.
func oldCpio(name string) string {
	words := []uint16{0o070707, 1, 2, 0o100644, 0, 0, 1, 0, 3, 4, uint16(len(name) + 1), 0, 5}
	b, _ := binary.Append(nil, binary.LittleEndian, words)
	return string(b) + name + "\x00"
}

func walSegment() string {
	page := make([]byte, 8192)
	binary.LittleEndian.PutUint16(page, 0xd110)
	page[2] = 0x02
	binary.LittleEndian.PutUint32(page[32:], 16<<20)
	binary.LittleEndian.PutUint32(page[36:], 8192)
	return string(page)
}

// known holds contents that drillgres recognises by their first bytes, and the code that a
// backup of each has; none if it is a dump.
func known(t testing.TB) map[string]struct {
	content string
	code    outcome.Code
} {
	rows := dump + strings.Repeat("1\n", 4000)
	return map[string]struct {
		content string
		code    outcome.Code
	}{
		"plain":             {rows, ""},
		"plain, short":      {dump, ""},
		"plain, with ESC":   {dump + "COPY t FROM stdin;\n\x1b[31mred\x7f\n\\.\n", ""},
		"plain, in UTF-16":  {inUTF16(rows), ""}, // which inspect names
		"custom":            {"PGDMP\x01\x0e\x00" + noise(5000), ""},
		"gzip":              {string(gzipped(t, []byte(rows))), ""},
		"zstd":              {string(zstded(t, []byte(rows))), ""},
		"tar":               {string(packed(t, "a.sql", rows)), ""},
		"nothing but zeros": {strings.Repeat("\x00", 5000), ""}, // which inspect names
		"SQLite":            {"SQLite format 3\x00" + noise(5000), ""},
		"PDF":               {"%PDF-1.4" + noise(5000), ""},
		"rclone crypt":      {"RCLONE\x00\x00" + noise(5000), outcome.KeyMissing},
		"age":               {"age-encryption.org/v1\n-> X25519 x\nx\n--- x\n" + noise(5000), outcome.KeyMissing},
		"openssl smime":     {"\x30\x82\x10\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0" + noise(5000), outcome.KeyMissing},
		"AES Crypt":         {"AES\x02\x00\x00\x1bCREATED_BY" + noise(5000), outcome.KeyMissing},
		"LUKS":              {"LUKS\xba\xbe\x00\x02" + noise(5000), outcome.KeyMissing},
		"Databasus":         {"PGRSUS01" + noise(5000), outcome.KeyMissing},
		"7z":                {"7z\xbc\xaf\x27\x1c\x00\x04" + noise(5000), outcome.FormatUnsupported},
		"rar":               {"Rar!\x1a\x07\x01\x00" + noise(5000), outcome.FormatUnsupported},
		"cpio":              {"070701" + noise(5000), outcome.FormatUnsupported},
		"old cpio":          {oldCpio("dump.sql") + noise(5000), outcome.FormatUnsupported},
		"xar":               {"xar!\x00\x1c\x00\x01" + noise(5000), outcome.FormatUnsupported},
		"lzop":              {"\x89LZO\x00\r\n\x1a\n" + noise(5000), outcome.FormatUnsupported},
		"snappy":            {"\xff\x06\x00\x00sNaPpY" + noise(5000), outcome.FormatUnsupported},
		"lzma":              {"\x5d\x00\x00\x80\x00\xff\xff\xff\xff\xff\xff\xff\xff\x00" + noise(5000), outcome.FormatUnsupported},
		"lzip":              {"LZIP\x01\x0c" + noise(5000), outcome.FormatUnsupported},
		"zlib":              {zlibbed(t, rows+noise(5000)), outcome.FormatUnsupported},
		"zlib, short":       {zlibbed(t, dump), outcome.FormatUnsupported},
		"compress":          {compressed(strings.Repeat(dump, 3)), outcome.FormatUnsupported},
		"a segment of WAL":  {walSegment(), outcome.FormatUnsupported},
	}
}

// TestKnownBelowOpenSSL checks that the right key of openssl enc is never reported as wrong
// because of what is below: everything that is recognised by its first bytes is recognised
// there too.
func TestKnownBelowOpenSSL(t *testing.T) {
	program := find(t, "openssl")
	for name, c := range known(t) {
		t.Run(name, func(t *testing.T) {
			for _, cipher := range []string{"aes-256-cbc", "aes-256-ctr"} {
				stored := pipe(t, c.content, program, "enc", "-"+cipher, "-pbkdf2", "-iter", "7", "-pass", "pass:"+phrase)
				for _, key := range []string{phrase, "wrong"} {
					_, err := chainOf(t, layers.Opener{Keys: layers.Keyring{OpenSSL: openSSLKeys(t, cipher, key)}}, []byte(stored))
					switch code := codeOf(err); {
					case key == phrase && code != c.code:
						t.Errorf("%s: %q (%v), want %q", cipher, code, err, c.code)
					case key != phrase && code != outcome.KeyWrong:
						t.Errorf("%s with a wrong key: %q (%v)", cipher, code, err)
					}
				}
			}
		})
	}
}

func openSSLKeys(t testing.TB, cipher, passphrase string) []*opensslenc.Key {
	t.Helper()
	key, err := opensslenc.NewKey(opensslenc.Options{Passphrase: passphrase, Cipher: cipher, Iterations: 7})
	if err != nil {
		t.Fatal(err)
	}
	return []*opensslenc.Key{key}
}

// TestGPGBelowOpenSSL decrypts what the gpg and the openssl on this machine write.
func TestGPGBelowOpenSSL(t *testing.T) {
	program, gpg := find(t, "openssl"), find(t, "gpg")
	home := t.TempDir()
	if err := os.Chmod(home, 0o700); err != nil {
		t.Fatal(err)
	}
	options := []string{"--homedir", home, "--batch", "--quiet", "--no-tty", "--pinentry-mode", "loopback", "--passphrase", phrase, "--trust-model", "always"}
	run := func(input string, more ...string) string { return pipe(t, input, gpg, append(options, more...)...) }
	t.Cleanup(func() { _ = exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run() })
	run("", "--import", "pgp/testdata/rsa.key", "pgp/testdata/other.key")
	for name, args := range map[string][]string{
		"a passphrase":           {"--symmetric"},
		"a passphrase, armored":  {"--symmetric", "--armor"},
		"a passphrase, with AES": {"--symmetric", "--cipher-algo", "AES", "--s2k-mode", "0"},
		"without compression":    {"--symmetric", "-z", "0"},
		"RSA":                    {"--encrypt", "--recipient", "rsa"},
		"a curve":                {"--encrypt", "--recipient", "other"},
		"a hidden recipient":     {"--encrypt", "--hidden-recipient", "rsa"},
		"two recipients":         {"--encrypt", "--recipient", "rsa", "--recipient", "other"},
		"a key and a passphrase": {"--encrypt", "--symmetric", "--recipient", "rsa"},
	} {
		stored := pipe(t, run(dump+noise(9000), args...), program, "enc", "-aes-256-cbc", "-pbkdf2", "-iter", "7", "-pass", "pass:"+phrase)
		keys := layers.Keyring{OpenSSL: openSSLKeys(t, "", phrase)}
		if _, err := chainOf(t, layers.Opener{Keys: keys}, []byte(stored)); codeOf(err) != outcome.KeyMissing {
			t.Errorf("%s, without its key: %v", name, err)
		}
		keys.OpenPGP = []*pgp.Key{pgp.Passphrase(phrase), secret(t, "rsa"), secret(t, "other")}
		if chain, err := chainOf(t, layers.Opener{Keys: keys}, []byte(stored)); err != nil || chain != "openssl openpgp" {
			t.Errorf("%s: %q, %v", name, chain, err)
		}
	}
}

func secret(t testing.TB, name string) *pgp.Key {
	t.Helper()
	file, err := os.ReadFile("pgp/testdata/" + name + ".key")
	if err != nil {
		t.Fatal(err)
	}
	key, err := pgp.ParseKey(file, "")
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func find(t testing.TB, name string) string {
	t.Helper()
	program, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("no %s on PATH", name)
	}
	return program
}

// pipe returns the output of a program.
func pipe(t testing.TB, input, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Stdin, cmd.Stderr = strings.NewReader(input), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", program, err)
	}
	return string(out)
}
