package inspect_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/zstd"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
)

func tarOf(t *testing.T, name, content string) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(content)), Mode: 0o600}); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestStreamFailures(t *testing.T) {
	good := gzipped(t, []byte(dumpOf("")))
	wide, err := zstd.NewWriter(nil, zstd.WithWindowSize(256<<20), zstd.WithSingleSegment(false))
	if err != nil {
		t.Fatal(err)
	}
	var tooWide bytes.Buffer
	wide.Reset(&tooWide)
	if _, err := io.Copy(wide, strings.NewReader(strings.Repeat("x", 1<<20))); err != nil {
		t.Fatal(err)
	}
	if err := wide.Close(); err != nil {
		t.Fatal(err)
	}
	badSum := flipped(good, len(good)-5, 1)
	for name, c := range map[string]struct {
		content []byte
		want    outcome.Code
	}{
		"gzip of nothing":             {gzipped(t, nil), outcome.BackupEmpty},
		"zstd of nothing":             {zstded(t, nil), outcome.BackupEmpty},
		"gzip of white space":         {gzipped(t, []byte("\n")), outcome.BackupEmpty},
		"gzip with a wrong checksum":  {badSum, outcome.StreamCorrupt},
		"and a dump that breaks":      {flipped(gzipped(t, []byte(dumpHead)), len(gzipped(t, []byte(dumpHead)))-5, 1), outcome.StreamCorrupt},
		"gzip, second member cut":     {slices.Concat(good, good[:len(good)/2]), outcome.StreamTruncated},
		"gzip, second member's magic": {slices.Concat(good, good[:1]), outcome.StreamTruncated},
		"zstd with garbage behind":    {slices.Concat(zstded(t, []byte(dumpOf(""))), []byte("garbage")), outcome.StreamCorrupt},
		"zstd of a large window":      {tooWide.Bytes(), outcome.FormatUnsupported},
		"age in gzip":                 {gzipped(t, []byte("age-encryption.org/v1\n-> X25519 x\n")), outcome.KeyMissing},
		"age":                         {[]byte("age-encryption.org/v1\n-> X25519 x\n"), outcome.KeyMissing},
		"openssl":                     {[]byte("Salted__12345678"), outcome.KeyMissing},
		"7z":                          {[]byte("7z\xbc\xaf\x27\x1c\x00"), outcome.FormatUnsupported},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := scan(t, c.content)
			if codeOf(err) != c.want || !inspect.StreamLevel(err) {
				t.Errorf("got %q (%v), want %q", codeOf(err), err, c.want)
			}
		})
	}
}

func TestDumpFailuresAreNotStreamLevel(t *testing.T) {
	for _, content := range []string{"pg_dump: error: no\n", dumpHead, dumpOf("\\! id\n"), dumpOf("\\.\n")} {
		if _, err := scan(t, gzipped(t, []byte(content))); err == nil || inspect.StreamLevel(err) {
			t.Errorf("%v", err)
		}
	}
}

func TestBombs(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long with the race detector: make test runs it")
	}
	bomb := strings.Repeat("x", 4<<20)
	for name, content := range map[string][]byte{
		"gzip": gzipped(t, []byte(bomb)), "zstd": zstded(t, []byte(bomb)),
		"within an archive": load(t, "custom-15.dump"), "within an archive, lz4": load(t, "lz4-18.dump"), "within an archive, zstd": load(t, "zstd-17.dump"),
	} {
		limit := int64(1 << 20)
		if strings.HasPrefix(name, "within an archive") {
			limit = int64(len(content)) + 10
		}
		_, err := inspect.Scan(context.Background(), bytes.NewReader(content), layers.Opener{MaxDecoded: limit})
		if codeOf(err) != outcome.DiskBudgetExceeded {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An error of the source is returned and not taken for damage.
func TestSourceErrorsAreNotDamage(t *testing.T) {
	lost := errors.New("connection reset by peer")
	for name, content := range map[string][]byte{
		"bare": load(t, "plain-18.sql"), "gzip": gzipped(t, load(t, "plain-18.sql")), "zstd": zstded(t, load(t, "plain-18.sql")),
		"archive": load(t, "custom-18.dump"), "lz4 archive": load(t, "lz4-18.dump"), "tar": load(t, "tar-15.tar"), "no dump": []byte("<html>"), "nothing": nil,
	} {
		for _, cause := range []error{lost, io.ErrUnexpectedEOF, fmt.Errorf("get: %w", io.EOF)} {
			for _, at := range []int{0, len(content) / 2, len(content)} {
				r := io.MultiReader(bytes.NewReader(content[:at]), iotest.ErrReader(cause))
				_, err := inspect.Scan(context.Background(), r, layers.Opener{})
				if !errors.Is(err, cause) || codeOf(err) != outcome.Internal || !inspect.StreamLevel(err) {
					t.Errorf("%s, lost at byte %d: %v", name, at, err)
				}
			}
		}
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := inspect.Scan(ctx, bytes.NewReader(load(t, "plain-18.sql")), layers.Opener{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestMemoryDoesNotGrowWithTheDump(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long with the race detector: make test runs it")
	}
	const most = 4 << 20
	for name, c := range map[string]struct{ before, row, after string }{
		"rows":             {"COPY t FROM stdin;\n", "12345\tabcde\n", "\\.\n"},
		"an endless row":   {"COPY t FROM stdin;\n", "12345678", "\n\\.\n"},
		"a string":         {"COMMENT ON TABLE t IS '", "it''s ", "';\n"},
		"a body":           {"DO $x$", "$ $y$ x", "$x$;\n"},
		"a name":           {"CREATE TABLE \"", "abc\"\"", "\" (a int);\n"},
		"a statement":      {"SELECT 1", ", 2", ";\n"},
		"an insert":        {"INSERT INTO t VALUES (1)", ", (2)", ";\n"},
		"a comment":        {"-- ", "x ", "\n"},
		"a nested comment": {"/* ", "/* */", "*/"},
	} {
		text := strings.Repeat(c.row, 1<<16)
		r := io.MultiReader(strings.NewReader(dumpHead+c.before), &repeated{text: text, left: 12<<20/len(text) + 1}, strings.NewReader(c.after+dumpTail))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := inspect.Scan(context.Background(), r, layers.Opener{})
		runtime.ReadMemStats(&after)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > most {
			t.Errorf("%s: %d bytes allocated for a dump of 12 MiB", name, got)
		}
	}
}
