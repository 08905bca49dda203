package opensslenc_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/drillgres/drillgres/drill/layers/layerstest"
	"github.com/drillgres/drillgres/drill/layers/opensslenc"
	"github.com/drillgres/drillgres/drill/outcome"
)

func TestCut(t *testing.T) {
	for _, m := range messages {
		if m.options.PBKDF2 == nil {
			continue // it would derive thousands of keys
		}
		k, stored := key(t, m.options), layerstest.File(t, m.name)
		for length := range len(stored) {
			checkCut(t, m.name, stored[:length], k)
		}
	}
}

// TestCutBase64 checks base64 with a derivation that is fast.
func TestCutBase64(t *testing.T) {
	k := key(t, opensslenc.Options{PBKDF2: legacy, Digest: "sha256"})
	stored := bytes.TrimRight(inLines(encrypt(t, layerstest.File(t, "plain.sql"))), "=\n")
	for length := range len(stored) {
		checkCut(t, "base64", stored[:length], k)
	}
}

// checkCut checks that a cut file fails, unless nothing could show the cut.
func checkCut(t *testing.T, name string, stored []byte, k *opensslenc.Key) {
	t.Helper()
	_, _, err := decrypt(bytes.NewReader(stored), k)
	code := layerstest.CodeOf(err)
	binary, inGroup := len(stored), false
	if strings.Contains(name, "base64") || strings.HasSuffix(name, ".asc") {
		chars := len(bytes.ReplaceAll(stored, []byte("\n"), nil))
		binary, inGroup = base64.StdEncoding.DecodedLen(chars), chars%4 != 0
	}
	switch {
	case code == outcome.StreamTruncated:
	case code == outcome.FormatUnsupported && !opensslenc.Detect(stored): // not even ten characters
	case code == outcome.StreamCorrupt && (binary-16)%8 == 0: // between two blocks
	case code == outcome.KeyWrong && binary < 32: // too short to recognise
	case code == "" && strings.Contains(k.Fingerprint(), "ctr") && !inGroup:
	default:
		t.Errorf("%s cut after %d bytes: %v", name, len(stored), err)
	}
}

// TestFlips documents what damage an unauthenticated format shows: that of the end, and
// that of base64.
func TestFlips(t *testing.T) {
	k := key(t, opensslenc.Options{PBKDF2: legacy})
	stored := layerstest.File(t, "aes-256-cbc.legacy-sha256.enc")
	for at := range stored {
		damaged := bytes.Clone(stored)
		damaged[at] ^= 0x55
		_, _, err := decrypt(bytes.NewReader(damaged), k)
		switch code := layerstest.CodeOf(err); {
		case at < 8 && code == outcome.FormatUnsupported, at < 48 && code == outcome.KeyWrong:
		case at >= 32 && at < len(stored)-32 && err == nil:
		case at >= len(stored)-32 && (code == outcome.StreamCorrupt || err == nil):
		default:
			t.Errorf("byte %d: %v", at, err)
		}
	}
}

func TestDamagedEnd(t *testing.T) {
	k := key(t, opensslenc.Options{PBKDF2: legacy})
	stored := layerstest.File(t, "aes-256-cbc.legacy-sha256.enc")
	stored[len(stored)-1] ^= 1
	if _, _, err := decrypt(bytes.NewReader(stored), k); layerstest.CodeOf(err) != outcome.StreamCorrupt {
		t.Errorf("damaged padding: %v", err)
	}
	text := layerstest.File(t, "aes-256-cbc.pbkdf2.asc")
	text[100] = '!'
	if _, _, err := decrypt(bytes.NewReader(text), key(t, opensslenc.Options{})); layerstest.CodeOf(err) != outcome.StreamCorrupt {
		t.Errorf("damaged base64: %v", err)
	}
}

func TestTrailing(t *testing.T) {
	k := key(t, opensslenc.Options{PBKDF2: legacy, Digest: "sha256"})
	padded := encrypt(t, []byte("-- PostgreSQL")) // 32 bytes, which base64 pads
	tests := []struct {
		after string
		want  int64
	}{{"", 0}, {"\n\r\n \n", 0}, {"\nexit 0\n", 6}, {strings.Repeat("x", 100_000), 100_000}}
	for _, tt := range tests {
		stored := base64.StdEncoding.EncodeToString(padded) + tt.after
		_, trailing, err := decrypt(strings.NewReader(stored), k)
		if err != nil || trailing != tt.want {
			t.Errorf("%.20q: %d, error %v; want %d", tt.after, trailing, err, tt.want)
		}
	}
}

func TestSourceErrors(t *testing.T) {
	broken := fmt.Errorf("connection reset: %w", io.ErrUnexpectedEOF)
	k := key(t, opensslenc.Options{PBKDF2: legacy, Digest: "sha256"})
	plain := append([]byte("-- PostgreSQL"), bytes.Repeat([]byte("0123456789abcde\n"), 10_000)...)
	for name, stored := range map[string][]byte{"binary": encrypt(t, plain), "base64": inLines(encrypt(t, plain))} {
		for _, at := range []int{0, 3, 16, 20, 4000, 5000, 70_000, len(stored)} {
			r := io.MultiReader(bytes.NewReader(stored[:at]), iotest.ErrReader(broken))
			if _, _, err := decrypt(r, k); err != broken { //nolint:errorlint // as it is
				t.Errorf("%s, after %d bytes: %v", name, at, err)
			}
		}
	}
}
