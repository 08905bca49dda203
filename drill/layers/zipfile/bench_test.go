package zipfile_test

import (
	"archive/zip"
	"bytes"
	"crypto/aes"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha1"
	"encoding/binary"
	"hash/crc32"
	"io"
	"testing"

	"github.com/klauspost/compress/flate"

	"github.com/drillgres/drillgres/drill/layers/zipfile"
)

// The benchmarks compare reading a member with the bare algorithms. The package should take
// at most 1.15 times as long.
const benchSize = 32 << 20

// sealedArchive returns an archive with one stored member that is encrypted with AES-256.
func sealedArchive(t testing.TB, content []byte) []byte {
	t.Helper()
	salt := []byte("sixteen byte sal")
	keys, err := pbkdf2.Key(sha1.New, passphrase, salt, 1000, 66)
	if err != nil {
		t.Fatal(err)
	}
	sealed := append(append(bytes.Clone(salt), keys[64:]...), content...)
	body := sealed[18:]
	xorBlocks(t, keys[:32], body)
	mac := hmac.New(sha1.New, keys[32:64])
	mac.Write(body)
	sealed = append(sealed, mac.Sum(nil)[:10]...)

	var b bytes.Buffer
	w := zip.NewWriter(&b)
	m, err := w.CreateRaw(&zip.FileHeader{
		Name: "0", Method: 99, Flags: 1, CompressedSize64: uint64(len(sealed)), UncompressedSize64: uint64(len(content)),
		Extra: []byte{0x01, 0x99, 7, 0, 2, 0, 'A', 'E', 3, 0, 0},
	})
	if err == nil {
		_, err = m.Write(sealed)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// xorBlocks is AES with a little-endian counter, block by block.
func xorBlocks(t testing.TB, key, p []byte) {
	t.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	var counter, pad [aes.BlockSize]byte
	for n := uint64(1); len(p) > 0; n++ {
		binary.LittleEndian.PutUint64(counter[:], n)
		block.Encrypt(pad[:], counter[:])
		for i := range min(len(p), aes.BlockSize) {
			p[i] ^= pad[i]
		}
		p = p[min(len(p), aes.BlockSize):]
	}
}

// TestLargeSealed reads a member that is larger than every buffer.
func TestLargeSealed(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789abcdef, "), 20_000)
	got, _, err := read(sealedArchive(t, content), "0", passphrase)
	if err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d of %d bytes, error %v", len(got), len(content), err)
	}
}

func BenchmarkAES(b *testing.B) {
	b.Run("bare", func(b *testing.B) {
		block, _ := aes.NewCipher(make([]byte, 32))
		mac := hmac.New(sha1.New, make([]byte, 32))
		in, buf := make([]byte, benchSize), make([]byte, 64<<10)
		b.SetBytes(benchSize)
		for b.Loop() {
			for r := bytes.NewReader(in); r.Len() > 0; {
				n, _ := r.Read(buf)
				mac.Write(buf[:n])
				for at := 0; at < n; at += aes.BlockSize {
					block.Encrypt(buf[at:], buf[at:])
				}
			}
		}
	})
	b.Run("package", func(b *testing.B) { benchmark(b, sealedArchive(b, make([]byte, benchSize))) })
}

func BenchmarkDeflate(b *testing.B) {
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	m, err := w.Create("0")
	if err != nil {
		b.Fatal(err)
	}
	x := uint32(1)
	for range benchSize / 16 {
		x = x*1664525 + 1013904223
		_, _ = io.WriteString(m, "value ")
		_, _ = m.Write(binary.LittleEndian.AppendUint64([]byte(",\n"), uint64(x>>8)))
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len()))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("bare", func(b *testing.B) {
		buf := make([]byte, 64<<10)
		b.SetBytes(benchSize)
		for b.Loop() {
			raw, _ := r.File[0].OpenRaw()
			sum := crc32.NewIEEE()
			if _, err := io.CopyBuffer(sum, flate.NewReader(raw), buf); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("package", func(b *testing.B) { benchmark(b, archive.Bytes()) })
}

func benchmark(b *testing.B, archive []byte) {
	buf := make([]byte, 64<<10)
	keys := []*zipfile.Key{zipfile.Passphrase(passphrase)}
	b.SetBytes(benchSize)
	for b.Loop() {
		o, err := openMember(bytes.NewReader(archive), int64(len(archive)), "0", keys)
		for err == nil {
			_, err = o.Read(buf)
		}
		if err != io.EOF { //nolint:errorlint // the reader's own end
			b.Fatal(err)
		}
	}
}
