// Package layerstest contains what the tests of the layers share.
package layerstest

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
)

// File returns a file of the package's testdata.
func File(t testing.TB, name string) []byte {
	t.Helper()
	p, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// CodeOf returns the code of an error, which is empty if there is none.
func CodeOf(err error) outcome.Code {
	if f := outcome.AsFailure(err); f != nil {
		return f.Code
	}
	return ""
}

// Zeros is an endless reader.
type Zeros struct{}

func (Zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// Peak reads all of r, which has size bytes, and returns the largest heap that it saw.
func Peak(t *testing.T, r io.Reader, size int64) (most uint64) {
	t.Helper()
	runtime.GC() // what earlier tests left: scrypt takes hundreds of MiB
	var m runtime.MemStats
	for read := int64(0); ; {
		n, err := io.CopyN(io.Discard, r, 4<<20)
		read += n
		runtime.ReadMemStats(&m)
		most = max(most, m.HeapInuse)
		if err == io.EOF && read == size { //nolint:errorlint // the end
			return most
		}
		if err != nil {
			t.Fatal(read, err)
		}
	}
}

// Masks returns the bits to flip in byte i of a file. Quick tests flip one in each byte.
func Masks(i int) []byte {
	all := []byte{0x01, 0x20, 0x80}
	if testing.Short() {
		return all[i%len(all):][:1]
	}
	return all
}
