package layers_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/zstd"

	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
)

func gzipped(t testing.TB, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zstded(t testing.TB, content []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil, zstd.WithEncoderCRC(true), zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(content, nil)
}

// packed returns a tar archive of files, given as alternating names and contents.
func packed(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		if err := w.WriteHeader(&tar.Header{Name: files[i], Size: int64(len(files[i+1])), Mode: 0o600}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func codeOf(err error) outcome.Code {
	var f *outcome.Failure
	if errors.As(err, &f) {
		return f.Code
	}
	return ""
}

func TestDecode(t *testing.T) {
	hello := gzipped(t, []byte("hello "))
	world := gzipped(t, []byte("world"))
	for name, c := range map[string]struct {
		content []byte
		wrap    string
		want    string
	}{
		"bare":                      {[]byte("hello world"), "", "hello world"},
		"gzip":                      {gzipped(t, []byte("hello world")), "gzip", "hello world"},
		"gzip of two members":       {slices.Concat(hello, world), "gzip", "hello world"},
		"gzip of an empty member":   {slices.Concat(gzipped(t, nil), hello, gzipped(t, nil), world), "gzip", "hello world"},
		"gzip padded with zeros":    {slices.Concat(hello, make([]byte, 512)), "gzip", "hello "},
		"gzip with garbage behind":  {slices.Concat(hello, []byte("garbage")), "gzip", "hello "},
		"zstd":                      {zstded(t, []byte("hello world")), "zstd", "hello world"},
		"zstd of two frames":        {slices.Concat(zstded(t, []byte("hello ")), zstded(t, []byte("world"))), "zstd", "hello world"},
		"zstd with a skipped frame": {slices.Concat([]byte("\x50\x2a\x4d\x18\x02\x00\x00\x00xx"), zstded(t, []byte("hello"))), "zstd", "hello"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := layers.Opener{}.Open(t.Context(), iotest.OneByteReader(bytes.NewReader(c.content)))
			if err != nil || strings.Join(r.Names(), " ") != c.wrap {
				t.Fatalf("%v, %v", r, err)
			}
			got, err := io.ReadAll(r)
			if err != nil || string(got) != c.want {
				t.Errorf("got %q, %v", got, err)
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

const dump = "--\n-- PostgreSQL database dump\n--\n\nCREATE TABLE t (a int);\n"

// chainOf reads a backup to its end and returns its layers.
func chainOf(t *testing.T, o layers.Opener, content []byte) (string, error) {
	t.Helper()
	s, err := o.Open(t.Context(), bytes.NewReader(content))
	if err != nil {
		return "", err
	}
	defer s.Close()
	if _, err := contentOf(s); err != nil {
		return "", err
	}
	var names []string
	for _, l := range s.Layers {
		name := l.Name
		if l.Member != "" {
			name += "(" + l.Member + ")"
		}
		names = append(names, name)
	}
	return strings.Join(names, " "), nil
}

// TestDepth checks that layers nest up to four deep, and that no depth costs more.
func TestDepth(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long with the race detector: make test runs it")
	}
	nested := func(n int) []byte {
		content := []byte(dump)
		for range n {
			content = gzipped(t, content)
		}
		return content
	}
	if chain, err := chainOf(t, layers.Opener{}, nested(4)); err != nil || chain != "gzip gzip gzip gzip" {
		t.Errorf("%s, %v", chain, err)
	}
	for _, n := range []int{5, 1000} {
		if _, err := chainOf(t, layers.Opener{}, nested(n)); codeOf(err) != outcome.FormatUnsupported || !strings.Contains(err.Error(), "more than 4 layers") {
			t.Errorf("%d: %v", n, err)
		}
	}
}

// TestBombs checks that each layer is limited.
func TestBombs(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long with the race detector: make test runs it")
	}
	zeros := make([]byte, 64<<20)
	for name, content := range map[string][]byte{
		"gzip": gzipped(t, zeros), "gzip in zstd": zstded(t, gzipped(t, zeros)), "tar in gzip": gzipped(t, packed(t, "a.sql", string(zeros))),
	} {
		if _, err := chainOf(t, layers.Opener{MaxDecoded: 1 << 20}, content); codeOf(err) != outcome.DiskBudgetExceeded {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOuterDamageIsNamed checks that damage is reported for the layer that has it, and that an
// error of the source is not reported as damage.
func TestOuterDamageIsNamed(t *testing.T) {
	inner := strings.Repeat(dump, 1000)
	content := gzipped(t, packed(t, "dump.sql.zst", string(zstded(t, []byte(inner)))))
	for _, at := range []int{len(content) / 2, len(content) - 9, len(content) - 1} {
		if _, err := chainOf(t, layers.Opener{}, content[:at]); codeOf(err) != outcome.StreamTruncated || !strings.Contains(err.Error(), "gzip") {
			t.Errorf("cut at %d: %v", at, err)
		}
	}
	damaged := slices.Clone(content)
	damaged[len(damaged)-6] ^= 1 // of the checksum
	if _, err := chainOf(t, layers.Opener{}, damaged); codeOf(err) != outcome.StreamCorrupt || !strings.Contains(err.Error(), "gzip") {
		t.Errorf("damaged: %v", err)
	}
	for _, cause := range []error{errors.New("connection reset"), io.ErrUnexpectedEOF, context.Canceled} {
		s, err := layers.Opener{}.Open(t.Context(), io.MultiReader(bytes.NewReader(content[:len(content)/2]), iotest.ErrReader(cause)))
		if err == nil {
			_, err = io.Copy(io.Discard, s)
		}
		if codeOf(err) != "" || !errors.Is(err, cause) {
			t.Errorf("%v became %v", cause, err)
		}
	}
}
