package pgp_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"testing"

	openpgplib "github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"

	"github.com/drillgres/drillgres/drill/layers/layerstest"
	"github.com/drillgres/drillgres/drill/layers/pgp"
)

// BenchmarkDecrypt compares with the library alone.
func BenchmarkDecrypt(b *testing.B) {
	const size = 16 << 20
	gcm := aead(packet.AEADModeGCM)
	gcm.AEADConfig.ChunkSize = 0 // the default
	for name, message := range map[string][]byte{"MDC": seal(b, make([]byte, size), nil), "GCM": seal(b, make([]byte, size), gcm)} {
		b.Run(name+"/library", func(b *testing.B) {
			b.SetBytes(size)
			for b.Loop() {
				md, err := openpgplib.ReadMessage(bytes.NewReader(message), nil, func([]openpgplib.Key, bool) ([]byte, error) { return []byte(messagePhrase), nil }, nil)
				if err != nil {
					b.Fatal(err)
				}
				copyAll(b, md.UnverifiedBody)
			}
		})
		b.Run(name+"/package", func(b *testing.B) {
			b.SetBytes(size)
			for b.Loop() {
				o, err := pgp.Open(bytes.NewReader(message), []*pgp.Key{pgp.Passphrase(messagePhrase)})
				if err != nil {
					b.Fatal(err)
				}
				copyAll(b, o)
			}
		})
	}
}

func copyAll(b *testing.B, r io.Reader) {
	b.Helper()
	if _, err := io.Copy(io.Discard, r); err != nil {
		b.Fatal(err)
	}
}

// TestMemory decrypts 100 MiB, which are encrypted while they are read.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long with the race detector: make test runs it")
	}
	big := aead(packet.AEADModeOCB)
	big.AEADConfig.ChunkSize = 4 << 20 // the largest that the format allows, and gpg's default
	for name, config := range map[string]*packet.Config{"MDC": nil, "OCB": big} {
		r, w := io.Pipe()
		go func() {
			plain, err := openpgp.SymmetricallyEncrypt(w, []byte(messagePhrase), nil, config)
			if err == nil {
				_, _ = io.CopyN(plain, layerstest.Zeros{}, 100<<20)
				err = plain.Close()
			}
			_ = w.CloseWithError(err)
		}()
		o, err := pgp.Open(r, []*pgp.Key{pgp.Passphrase(messagePhrase)})
		if err != nil {
			t.Fatal(err)
		}
		if n := layerstest.Peak(t, o, 100<<20); n > 64<<20 {
			t.Errorf("%s: %d MiB of heap", name, n>>20)
		}
	}
}

// TestWithRealGPG opens what the gpg on this machine writes.
func TestWithRealGPG(t *testing.T) {
	tool, err := exec.LookPath("gpg")
	if err != nil {
		t.Skip("no gpg on PATH")
	}
	home := t.TempDir()
	if err := os.Chmod(home, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), tool, "--homedir", home, "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", messagePhrase, "--symmetric")
	cmd.Stdin, cmd.Stderr = bytes.NewReader(layerstest.File(t, "plain.sql")), os.Stderr
	message, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	plain, _, err := decrypt(bytes.NewReader(message), key(t, "passphrase"))
	if err != nil || !bytes.Equal(plain, layerstest.File(t, "plain.sql")) {
		t.Errorf("%d bytes, %v", len(plain), err)
	}
}
