package agefile_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"testing"

	"filippo.io/age"

	"github.com/drillgres/drillgres/drill/layers/agefile"
	"github.com/drillgres/drillgres/drill/layers/layerstest"
)

// BenchmarkDecrypt compares with the library alone.
func BenchmarkDecrypt(b *testing.B) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		b.Fatal(err)
	}
	var message bytes.Buffer
	w, err := age.Encrypt(&message, id.Recipient())
	if err != nil {
		b.Fatal(err)
	}
	const size = 32 << 20
	_, _ = io.CopyN(w, layerstest.Zeros{}, size)
	_ = w.Close()
	k, err := agefile.ParseKey([]byte(id.String()), "")
	if err != nil {
		b.Fatal(err)
	}
	b.Run("library", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			r, err := age.Decrypt(bytes.NewReader(message.Bytes()), id)
			copyAll(b, r, err)
		}
	})
	b.Run("package", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			r, err := agefile.Open(bytes.NewReader(message.Bytes()), []*agefile.Key{k})
			copyAll(b, r, err)
		}
	})
}

func copyAll(b *testing.B, r io.Reader, err error) {
	b.Helper()
	if err == nil {
		_, err = io.Copy(io.Discard, r)
	}
	if err != nil {
		b.Fatal(err)
	}
}

// TestMemory decrypts 100 MiB, which are encrypted while they are read.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long with the race detector: make test runs it")
	}
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	k, err := agefile.ParseKey([]byte(id.String()), "")
	if err != nil {
		t.Fatal(err)
	}
	r, w := io.Pipe()
	go func() {
		enc, _ := age.Encrypt(w, id.Recipient())
		_, _ = io.CopyN(enc, layerstest.Zeros{}, 100<<20)
		_ = enc.Close()
		_ = w.Close()
	}()
	o, err := agefile.Open(r, []*agefile.Key{k})
	if err != nil {
		t.Fatal(err)
	}
	if n := layerstest.Peak(t, o, 100<<20); n > 16<<20 {
		t.Errorf("%d MiB of heap", n>>20)
	}
}

// TestWithRealAge opens what the age on this machine writes.
func TestWithRealAge(t *testing.T) {
	tool, err := exec.LookPath("age")
	if err != nil {
		t.Skip("no age on PATH")
	}
	recipient := key(t, "x25519.key").Fingerprint()
	for _, args := range [][]string{{"-r", recipient}, {"-a", "-r", recipient}} {
		cmd := exec.CommandContext(t.Context(), tool, args...)
		cmd.Stdin, cmd.Stderr = bytes.NewReader(layerstest.File(t, "plain.sql")), os.Stderr
		message, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		plain, _, err := decrypt(bytes.NewReader(message), key(t, "x25519.key"))
		if err != nil || !bytes.Equal(plain, layerstest.File(t, "plain.sql")) {
			t.Errorf("age %v: %v", args, err)
		}
	}
}
