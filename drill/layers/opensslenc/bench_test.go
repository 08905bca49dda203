package opensslenc_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"io"
	"testing"

	"github.com/drillgres/drillgres/drill/layers/opensslenc"
)

// The benchmarks compare reading a file with the bare cipher. The package should take at
// most 1.15 times as long.
const benchSize = 32 << 20

func BenchmarkCBC(b *testing.B) {
	benchmark(b, "aes-256-cbc", func(block cipher.Block, p []byte) {
		cipher.NewCBCDecrypter(block, make([]byte, aes.BlockSize)).CryptBlocks(p, p)
	})
}

func BenchmarkCTR(b *testing.B) {
	benchmark(b, "aes-256-ctr", func(block cipher.Block, p []byte) {
		cipher.NewCTR(block, make([]byte, aes.BlockSize)).XORKeyStream(p, p)
	})
}

func benchmark(b *testing.B, name string, bare func(cipher.Block, []byte)) {
	stored := append([]byte("Salted__saltsalt"), make([]byte, benchSize)...)
	b.Run("bare", func(b *testing.B) {
		block, err := aes.NewCipher(make([]byte, 32))
		if err != nil {
			b.Fatal(err)
		}
		buf := make([]byte, 64<<10)
		b.SetBytes(benchSize)
		for b.Loop() {
			r := bytes.NewReader(stored)
			for {
				n, _ := r.Read(buf)
				if n == 0 {
					break
				}
				bare(block, buf[:n/aes.BlockSize*aes.BlockSize])
			}
		}
	})
	b.Run("package", func(b *testing.B) {
		k := key(b, opensslenc.Options{Cipher: name, PBKDF2: legacy})
		buf := make([]byte, 64<<10)
		b.SetBytes(benchSize)
		for b.Loop() {
			o, err := opensslenc.Open(bytes.NewReader(stored), []*opensslenc.Key{k}, func([]byte) bool { return true })
			if err != nil {
				b.Fatal(err)
			}
			for err == nil {
				_, err = o.Read(buf)
			}
			if name == "aes-256-ctr" && err != io.EOF { //nolint:errorlint // the reader's own end
				b.Fatal(err)
			}
		}
	})
}
