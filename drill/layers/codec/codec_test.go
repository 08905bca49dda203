package codec

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"go.uber.org/goleak"

	"github.com/drillgres/drillgres/drill/outcome"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// engine is one way to decode.
type engine struct {
	name     string
	programs []program
}

// engines returns the library and each installed program for a compression.
func engines(name string) []engine {
	all := []engine{{"library", nil}}
	for _, p := range programs[name] {
		if find(p.name) != "" {
			all = append(all, engine{p.name, []program{p}})
		}
	}
	return all
}

func load(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// compression returns the compression of a fixture.
func compression(name string) string {
	return map[string]string{".gz": "gzip", ".zst": "zstd", ".xz": "xz", ".bz2": "bzip2", ".lz4": "lz4"}[filepath.Ext(name)]
}

// decoded is the result of a whole stream.
type decoded struct {
	content  string
	err      error
	code     outcome.Code // empty: whole
	trailing int64
	consumed int64
}

func decode(t testing.TB, name string, e engine, r io.Reader) decoded {
	t.Helper()
	z, err := open(t.Context(), name, r, e.programs)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(z)
	if _, again := z.Read(make([]byte, 1)); (err == nil) != (again == io.EOF) { //nolint:errorlint // the reader's own end
		t.Errorf("%v, and then %v", err, again)
	}
	d := decoded{string(content), err, "", z.Trailing(), z.Consumed()}
	if err := z.Close(); err != nil {
		t.Error(err)
	}
	if err != nil {
		d.code = outcome.AsFailure(err).Code
	}
	return d
}

// many is the content of the fixtures with several blocks.
func many() string {
	var b strings.Builder
	for b.Len() < 250_000 {
		for i := 1; i <= 300; i++ {
			b.WriteString(strings.TrimLeft(string([]byte{'0' + byte(i/100), '0' + byte(i/10%10), '0' + byte(i%10)}), "0") + "\n")
		}
	}
	return b.String()[:250_000]
}

func TestWholeStreams(t *testing.T) {
	content := string(load(t, "content"))
	want := map[string]string{
		"stored.xz": content + string(load(t, "content.gz")[:200]), "blocks.bz2": many(), "pbzip2.bz2": many(),
		"empty.xz": "", "empty.bz2": "", "empty.lz4": "", "dictionary.xz": content[:300],
	}
	files, err := filepath.Glob("testdata/*.*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		stored, kind := load(t, name), compression(name)
		if kind == "" {
			continue
		}
		if got := Detect(stored[:min(len(stored), 4096)]); got != kind {
			t.Errorf("%s is detected as %q", name, got)
		}
		plain, special := want[name]
		switch {
		case strings.HasPrefix(name, "small"):
			plain = content[:300]
		case !special:
			plain = content
		}
		for _, e := range engines(kind) {
			got := decode(t, kind, e, iotest.HalfReader(bytes.NewReader(stored)))
			if code := unsupportedBy(name, e); got.code != code {
				t.Errorf("%s by %s: %q (%v), want %q", name, e.name, got.code, got.err, code)
			} else if code == "" && (got.content != plain || got.trailing != 0 || got.consumed != int64(len(stored))) {
				t.Errorf("%s by %s: %d bytes of %d, %d trailing, consumed %d of %d", name, e.name, len(got.content), len(plain), got.trailing, got.consumed, len(stored))
			}
		}
	}
}

func unsupportedBy(name string, e engine) outcome.Code {
	if name == "dictionary.xz" || name == "delta.xz" && e.name == "library" {
		return outcome.FormatUnsupported
	}
	return ""
}

func TestBytesBehindTheEnd(t *testing.T) {
	corrupt, truncated := outcome.StreamCorrupt, outcome.StreamTruncated
	for _, c := range []struct {
		fixture, behind string
		code            outcome.Code
		trailing        int64
	}{
		{"small.gz", "garbage", "", 7},
		{"small.gz", "\x00\x00\x00\x00", "", 0},
		{"small.gz", "\x1f\x8b", truncated, 0},
		{"small.zst", "garbage", corrupt, 0},
		{"small.zst", "\x00\x00\x00\x00", corrupt, 0},
		{"small.xz", "\x00\x00\x00\x00", "", 0},
		{"small.xz", strings.Repeat("\x00", 5000), "", 0},
		{"small.xz", "\x00\x00\x00", corrupt, 0},
		{"small.xz", "\x00\x00\x00\x00\x00", corrupt, 0},
		{"small.xz", "garbage", corrupt, 0},
		{"small.xz", "g", corrupt, 0},
		{"small.xz", "\x00\x00\x00\x00garbage and more", corrupt, 0},
		{"small.xz", "\xfd7zX", truncated, 0},
		{"small.xz", "\xfd7zXZ\x00\x00", truncated, 0},
		{"small.bz2", "garbage", "", 7},
		{"small.bz2", "g", "", 1},
		{"small.bz2", "BZhx", "", 4},
		{"small.bz2", "\x00\x00\x00\x00", "", 0},
		{"small.bz2", "\x00\x00BZh9", "", 6},
		{"small.bz2", "BZ", truncated, 0},
		{"small.bz2", "BZh9", truncated, 0},
		{"small.bz2", "BZh9garbage", corrupt, 0},
		{"small.lz4", "garbage", corrupt, 0},
		{"small.lz4", "g", corrupt, 0},
		{"small.lz4", "\x00\x00\x00\x00", corrupt, 0},
		{"small.lz4", "\x04\x22", truncated, 0},
		{"small.lz4", "\x50\x2a\x4d\x18\x02\x00\x00\x00x", truncated, 0},
		{"small.lz4", "\x5f\x2a\x4d\x18\x00\x00\x00\x00", "", 0},
		{"legacy.lz4", "garbage", corrupt, 0},
		{"legacy.lz4", "\x00\x00\x00\x00", corrupt, 0},
		{"legacy.lz4", "gar", truncated, 0},
	} {
		kind, stored := compression(c.fixture), string(load(t, c.fixture))
		for _, e := range engines(kind) {
			got := decode(t, kind, e, strings.NewReader(stored+c.behind))
			if got.code != c.code || got.trailing != c.trailing {
				t.Errorf("%s and %q by %s: %q (%v), %d trailing", c.fixture, c.behind, e.name, got.code, got.err, got.trailing)
			}
			if c.code == "" && got.content != string(load(t, "content")[:300]) && c.fixture != "legacy.lz4" {
				t.Errorf("%s and %q by %s: other content", c.fixture, c.behind, e.name)
			}
		}
	}
}

// A cut between two streams cannot be seen; every other cut is.
func TestEachCut(t *testing.T) {
	content := string(load(t, "content")[:300])
	for _, name := range []string{"small.gz", "small.zst", "small.xz", "small.bz2", "small.lz4"} {
		kind, stored := compression(name), load(t, name)
		second := bytes.LastIndex(stored, stored[:3])
		for _, e := range engines(kind) {
			for n := 6; n < len(stored); n++ {
				want := outcome.StreamTruncated
				if n == second {
					want = ""
				}
				got := decode(t, kind, e, bytes.NewReader(stored[:n]))
				if got.code != want || !strings.HasPrefix(content, got.content) {
					t.Errorf("%s cut to %d bytes by %s: %q (%v)", name, n, e.name, got.code, got.err)
				}
				if want == "" && got.content != content[:150] {
					t.Errorf("%s cut between streams by %s: %d bytes", name, e.name, len(got.content))
				}
			}
		}
	}
}

// tolerated holds by their place in each stream of small.bz2 the bits that do not change
// the content, and which the library or the programs therefore tolerate: the programs
// a block that claims to be randomised, the library Huffman codes that are all longer
// than need be. The content's CRC is right.
var tolerated = map[int]byte{14: 0x80, 30: 0x80, 36: 0x01}

// The library and the programs find the same damage, and never pass other content.
func TestEachFlippedByte(t *testing.T) {
	content := string(load(t, "content")[:300])
	for _, name := range []string{"small.xz", "small.bz2", "small.lz4", "small.zst", "small.gz"} {
		kind, stored := compression(name), load(t, name)
		for i := range stored {
			for _, mask := range []byte{0x01, 0x80, 0xff} {
				damaged := bytes.Clone(stored)
				damaged[i] ^= mask
				first := decode(t, kind, engine{}, bytes.NewReader(damaged))
				for _, e := range engines(kind) {
					if name == "small.bz2" && mask == tolerated[i%104] {
						continue
					}
					got := decode(t, kind, e, bytes.NewReader(damaged))
					if got.code != first.code || got.trailing != first.trailing {
						t.Errorf("%s, byte %d ^ %#x: %s %q (%v), the library %q (%v)", name, i, mask, e.name, got.code, got.err, first.code, first.err)
					}
					if got.code == "" && got.content != content && got.trailing == 0 {
						t.Errorf("%s, byte %d ^ %#x by %s: other content passes", name, i, mask, e.name)
					}
				}
			}
		}
	}
}

// An error of the source is returned and not taken for damage.
func TestSourceErrors(t *testing.T) {
	for _, name := range []string{"small.gz", "small.zst", "small.xz", "small.bz2", "small.lz4", "legacy.lz4"} {
		kind, stored := compression(name), load(t, name)
		for _, e := range engines(kind) {
			for _, cause := range []error{errors.New("connection reset by peer"), io.ErrUnexpectedEOF, wrapped{io.EOF}} {
				for _, at := range []int{0, 3, len(stored) / 2, len(stored)} {
					got := decode(t, kind, e, io.MultiReader(bytes.NewReader(stored[:at]), iotest.ErrReader(cause)))
					if got.err != cause { //nolint:errorlint // as it is
						t.Errorf("%s by %s, lost at byte %d: %v, want %v", name, e.name, at, got.err, cause)
					}
				}
			}
		}
	}
}

type wrapped struct{ error }

func (w wrapped) Unwrap() error { return w.error }

func TestCancelled(t *testing.T) {
	for _, name := range []string{"small.gz", "small.zst", "small.xz", "small.bz2", "small.lz4"} {
		kind := compression(name)
		for _, e := range engines(kind) {
			ctx, cancel := context.WithCancel(t.Context())
			in, out := io.Pipe()
			z, err := open(ctx, kind, in, e.programs)
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				_, _ = out.Write(load(t, name)[:20])
				cancel()
				out.CloseWithError(context.Canceled)
			}()
			if _, err := io.ReadAll(z); !errors.Is(err, context.Canceled) {
				t.Errorf("%s by %s: %v", name, e.name, err)
			}
			z.Close()
		}
	}
}
