package databasus_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"io"
	"slices"
	"testing"
	"testing/iotest"

	"github.com/drillgres/drillgres/drill/layers/databasus"
	"github.com/drillgres/drillgres/drill/layers/layerstest"
	"github.com/drillgres/drillgres/drill/outcome"
)

func TestCut(t *testing.T) {
	plain, stored := layerstest.File(t, "plain.dump"), layerstest.File(t, "chunks.enc")
	for length := range len(stored) {
		got, err := decrypt(t, bytes.NewReader(stored[:length]))
		border := length > 64 && (length-64)%(4+64+16) == 0
		switch code := layerstest.CodeOf(err); {
		case border && err == nil && bytes.HasPrefix(plain, got): // the format cannot show it
		case !border && code == outcome.StreamTruncated:
		case length == 0 && code == outcome.StreamTruncated:
		default:
			t.Errorf("cut after %d bytes: %d bytes, error %v", length, len(got), err)
		}
	}
	if _, err := decrypt(t, bytes.NewReader(layerstest.File(t, "headeronly.enc"))); layerstest.CodeOf(err) != outcome.StreamTruncated {
		t.Errorf("header only: %v", err)
	}
}

// TestFlips checks that no changed byte yields other plaintext without an error.
func TestFlips(t *testing.T) {
	plain, stored := layerstest.File(t, "plain.dump"), layerstest.File(t, "chunks.enc")
	for at := range stored {
		if at >= 8 && at < 40 {
			continue // the salt: each change would derive another key
		}
		for _, bit := range []byte{1, 0x80} {
			damaged := bytes.Clone(stored)
			damaged[at] ^= bit
			got, err := decrypt(t, bytes.NewReader(damaged))
			code := layerstest.CodeOf(err)
			first := at < 64+4+64+16
			switch {
			case err == nil && at >= 44 && at < 64 && bytes.Equal(got, plain): // unused bytes of the header
			case at < 8 && code == outcome.FormatUnsupported:
			case first && code == outcome.KeyWrong:
			case at >= 64 && (code == outcome.StreamCorrupt || code == outcome.StreamTruncated):
				if !bytes.HasPrefix(plain, got) {
					t.Errorf("byte %d: changed plaintext", at)
				}
			default:
				t.Errorf("byte %d: %v", at, err)
			}
		}
	}
}

// TestOrder checks that chunks that are exchanged, repeated or missing are found.
func TestOrder(t *testing.T) {
	stored := layerstest.File(t, "chunks.enc")
	const size = 4 + 64 + 16
	head, chunks := stored[:64], slices.Collect(slices.Chunk(stored[64:], size))
	orders := map[string][][]byte{
		"exchanged": {chunks[0], chunks[2], chunks[1]}, "repeated": {chunks[0], chunks[1], chunks[1]}, "missing": {chunks[0], chunks[2]},
		"appended": append(slices.Clone(chunks), chunks[0]),
	}
	for name, order := range orders {
		if _, err := decrypt(t, bytes.NewReader(slices.Concat(head, slices.Concat(order...)))); layerstest.CodeOf(err) != outcome.StreamCorrupt {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := decrypt(t, bytes.NewReader(append(stored, "trailing bytes"...))); layerstest.CodeOf(err) != outcome.StreamCorrupt {
		t.Errorf("trailing: %v", err)
	}
}

func TestSourceErrors(t *testing.T) {
	broken := fmt.Errorf("connection reset: %w", io.ErrUnexpectedEOF)
	stored := layerstest.File(t, "chunks.enc")
	for at := range len(stored) + 1 {
		if _, err := decrypt(t, io.MultiReader(bytes.NewReader(stored[:at]), iotest.ErrReader(broken))); err != broken { //nolint:errorlint // as it is
			t.Fatalf("after %d bytes: %v", at, err)
		}
	}
}

// FuzzOpen checks that no input panics, hangs, or fails with an unexpected code.
func FuzzOpen(f *testing.F) {
	for _, name := range []string{"chunks.enc", "headeronly.enc", object} {
		f.Add(layerstest.File(f, name)[40:])
	}
	head := layerstest.File(f, "chunks.enc")[:40] // with another salt each run would derive a key
	f.Fuzz(func(t *testing.T, rest []byte) {
		plain, err := decrypt(t, io.MultiReader(bytes.NewReader(head), bytes.NewReader(rest)))
		if err == nil && len(plain) > len(rest) {
			t.Errorf("%d bytes of %d", len(plain), len(rest))
		}
		switch layerstest.CodeOf(err) {
		case "", outcome.StreamTruncated, outcome.StreamCorrupt, outcome.KeyWrong:
		default:
			t.Error(err)
		}
	})
}

// BenchmarkOpen compares reading a backup with the bare cipher and the two copies that an
// io.Reader needs, because no byte may be handed out before its chunk is authentic. The
// package should take at most 1.15 times as long.
func BenchmarkOpen(b *testing.B) {
	const size = 32 << 20
	stored := encrypt(b, make([]byte, size))
	b.Run("bare", func(b *testing.B) {
		block, _ := aes.NewCipher(make([]byte, 32))
		aead, _ := cipher.NewGCM(block)
		nonce := make([]byte, 12)
		sealed := aead.Seal(nil, nonce, make([]byte, 1<<20), nil)
		all, in, buf := bytes.Repeat(sealed, size>>20), make([]byte, len(sealed)), make([]byte, 64<<10)
		b.SetBytes(size)
		for b.Loop() {
			r := bytes.NewReader(all)
			for range size >> 20 {
				_, _ = io.ReadFull(r, in)
				plain, err := aead.Open(in[:0], nonce, in, nil)
				if err != nil {
					b.Fatal(err)
				}
				for part := range slices.Chunk(plain, len(buf)) {
					copy(buf, part)
				}
			}
		}
	})
	b.Run("package", func(b *testing.B) {
		buf := make([]byte, 64<<10)
		b.SetBytes(size)
		for b.Loop() {
			o, err := databasus.OpenCached(bytes.NewReader(stored), []*databasus.Key{key(b, secret)}, []string{id})
			for err == nil {
				_, err = o.Read(buf)
			}
			if err != io.EOF { //nolint:errorlint // the reader's own end
				b.Fatal(err)
			}
		}
	})
}
