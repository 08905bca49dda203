package codec

import (
	"bytes"
	"compress/bzip2"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
)

// rows writes about size bytes of text in which every other word is random.
func rows(w io.Writer, size int) error {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, 0, 64<<10)
	for n := 0; n < size; n += len(b) {
		for b = b[:0]; len(b) < 60<<10; {
			b = strconv.AppendInt(b, int64(r.IntN(1e6)), 10)
			b = append(b, "\tcustomer\t"...)
			b = strconv.AppendInt(b, int64(r.Uint32()), 36)
			b = append(b, "\t2026-11-28 12:00:00+00\n"...)
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return nil
}

// tools holds the commands that compress for the benchmarks.
var tools = map[string]string{"gzip": "gzip -c", "zstd": "zstd -qc", "xz": "xz -1c", "bzip2": "bzip2 -c", "lz4": "lz4 -qc"}

func compressed(tb testing.TB, name, command string, size int) string {
	tb.Helper()
	args := strings.Fields(command)
	if _, err := exec.LookPath(args[0]); err != nil {
		tb.Skipf("no %s to compress with", args[0])
	}
	out, err := os.Create(tb.TempDir() + "/" + name)
	if err != nil {
		tb.Fatal(err)
	}
	defer out.Close()
	cmd := exec.CommandContext(tb.Context(), args[0], args[1:]...)
	cmd.Stdout = out
	in, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	if err := rows(in, size); err != nil {
		tb.Fatal(err)
	}
	in.Close()
	if err := cmd.Wait(); err != nil {
		tb.Fatal(err)
	}
	return out.Name()
}

// BenchmarkDecode compares this package with the library alone.
func BenchmarkDecode(b *testing.B) {
	const size = 8 << 20
	bare := map[string]func(io.Reader) (io.Reader, error){
		"gzip":  func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		"zstd":  func(r io.Reader) (io.Reader, error) { return newZstd(r) },
		"xz":    func(r io.Reader) (io.Reader, error) { return xz.NewReader(r) },
		"bzip2": func(r io.Reader) (io.Reader, error) { return bzip2.NewReader(r), nil },
		"lz4":   func(r io.Reader) (io.Reader, error) { return lz4.NewReader(r), nil },
	}
	for _, name := range []string{"gzip", "zstd", "lz4", "xz", "bzip2"} {
		stored, err := os.ReadFile(compressed(b, name, tools[name], size))
		if err != nil {
			b.Fatal(err)
		}
		run := func(label string, open func(io.Reader) (io.Reader, error)) {
			b.Run(name+"/"+label, func(b *testing.B) {
				for b.Loop() {
					r, err := open(bytes.NewReader(stored))
					if err != nil {
						b.Fatal(err)
					}
					n, err := io.Copy(io.Discard, struct{ io.Reader }{r})
					if err != nil {
						b.Fatal(err)
					}
					b.SetBytes(n)
				}
			})
		}
		run("bare", bare[name])
		for _, e := range engines(name) {
			run(e.name, func(r io.Reader) (io.Reader, error) { return open(b.Context(), name, r, e.programs) })
		}
	}
}

// TestMemory reads a long stream of each compression. It is slow, and runs only by
// DRILLGRES_CODEC_MEMORY=1.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long with the race detector: make test runs it")
	}
	if os.Getenv("DRILLGRES_CODEC_MEMORY") == "" {
		t.Skip("DRILLGRES_CODEC_MEMORY is not set")
	}
	const size, most = 200 << 20, 100 << 20
	for name, command := range tools {
		if name == "xz" {
			command = "xz -0c"
		}
		file := compressed(t, name, command, size)
		for _, e := range engines(name) {
			f, err := os.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			runtime.GC()
			z, err := open(t.Context(), name, f, e.programs)
			if err != nil {
				t.Fatal(err)
			}
			peak, begun := uint64(0), time.Now()
			buf := make([]byte, 64<<10)
			for n := 0; err == nil; n++ {
				_, err = z.Read(buf)
				if n%64 == 0 {
					peak = max(peak, inUse(z))
				}
			}
			if err != io.EOF { //nolint:errorlint // the reader's own end
				t.Error(err)
			}
			t.Logf("%s by %s: %d MiB, %v", name, e.name, peak>>20, time.Since(begun).Round(time.Millisecond))
			if peak > most {
				t.Errorf("%s by %s: %d bytes in use", name, e.name, peak)
			}
			z.Close()
		}
	}
}

// inUse returns the memory of the test, and of the program that decodes.
func inUse(z *Reader) uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	var kib uint64
	if p, ok := z.d.(*process); ok {
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
		if _, after, found := strings.Cut(string(status), "VmRSS:"); found {
			_, _ = fmt.Sscan(after, &kib)
		}
	}
	return m.HeapInuse + m.StackInuse + kib<<10
}
