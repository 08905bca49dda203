package inspect_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"reflect"
	"runtime/metrics"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
)

// FuzzScan checks the invariants for any bytes, with any compression.
func FuzzScan(f *testing.F) {
	for _, file := range dumps(f) {
		f.Add(load(f, file))
	}
	for _, content := range tiny(f, "*") {
		f.Add(content)
		f.Add(gzipped(f, content))
		f.Add(zstded(f, content))
	}
	f.Fuzz(func(t *testing.T, content []byte) { holds(t, content) })
}

// FuzzPlain checks the invariants for any text after the first lines of a plain dump.
func FuzzPlain(f *testing.F) {
	for _, file := range dumps(f) {
		if text, ok := bytes.CutPrefix(load(f, file), []byte(plainMagic)); ok {
			f.Add(text, uint8(7))
		}
	}
	for _, content := range tiny(f, "*.sql") {
		f.Add(bytes.TrimPrefix(content, []byte(plainMagic)), uint8(1))
	}
	for _, text := range []string{
		"COPY t FROM stdin;\n1\n\\.\n", "INSERT INTO t VALUES (1, $a$;$a$), (E'\\'', U&\"x\");\n", "\\restrict abc\n\\unrestrict abc\n",
		"CREATE FUNCTION f() BEGIN ATOMIC SELECT CASE 1 WHEN 1 THEN 2 END; END;\n", "/* /* */ */ -- x\nCREATE TABLE \"a\"\"b\".c (\n);\n",
	} {
		f.Add([]byte(text+dumpTail), uint8(3))
	}
	f.Fuzz(func(t *testing.T, text []byte, chunk uint8) {
		content := append([]byte(plainMagic), text...)
		holds(t, content)
		sameInChunks(t, content, int(chunk))
	})
}

// FuzzArchive checks the invariants for any bytes after the magic of an archive.
func FuzzArchive(f *testing.F) {
	for _, file := range dumps(f) {
		if rest, ok := bytes.CutPrefix(load(f, file), []byte(archiveMagic)); ok {
			f.Add(rest, uint8(7))
		}
	}
	for _, content := range tiny(f, "*.dump") {
		f.Add(bytes.TrimPrefix(content, []byte(archiveMagic)), uint8(1))
	}
	f.Fuzz(func(t *testing.T, rest []byte, chunk uint8) {
		content := append([]byte(archiveMagic), rest...)
		holds(t, content)
		sameInChunks(t, content, int(chunk))
	})
}

// The beginnings by which Scan detects a plain dump and an archive.
const (
	plainMagic   = "--\n-- PostgreSQL database dump\n--\n"
	archiveMagic = "PGDMP\x01"
)

// tiny returns real dumps of a very small database, whose mutations reach deep into
// the parser.
func tiny(f *testing.F, pattern string) (contents [][]byte) {
	files, err := filepath.Glob(filepath.Join("testdata/tiny", pattern))
	if err != nil || len(files) == 0 {
		f.Fatalf("no tiny dumps: %v", err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		contents = append(contents, content)
	}
	return contents
}

const (
	fuzzDecoded = 256 << 10 // what a backup may decode to
	fuzzWithin  = 30 * time.Second
)

// holds checks the invariants of Scan for any bytes: it ends soon, it returns
// contents or a printable failure with a code, and its memory depends on the size of
// the input, never on numbers in it.
func holds(t *testing.T, content []byte) {
	hangs := time.AfterFunc(fuzzWithin, func() { panic("it does not end") })
	defer hangs.Stop()
	before := allocated()
	c, err := inspect.Scan(context.Background(), bytes.NewReader(content), layers.Opener{MaxDecoded: fuzzDecoded})
	if took, most := allocated()-before, allowed(content); took > most {
		t.Errorf("%d bytes of backup took %d bytes of memory, and %d would be enough", len(content), took, most)
	}
	if code := codeOf(err); code == outcome.Internal || code == outcome.Interrupted {
		t.Errorf("no code of its own: %v", err)
	}
	found, judged := inspect.Judge(c, err, inspect.Policy{Major: 15})
	if codeOf(judged) == outcome.Internal {
		t.Errorf("judged: %v", judged)
	}
	printable(t, judged, found)
	headAgrees(t, content, err, judged)
}

// headAgrees checks that the beginning of a backup is never a failure if the backup is
// none, and that a backup that is read whole fails like a scan of it.
func headAgrees(t *testing.T, content []byte, scanned, judged error) {
	t.Helper()
	const shortest = 512 // a real beginning is longer
	policy := inspect.Policy{Major: 15}
	_, whole := inspect.Head(t.Context(), content, true, layers.Opener{}, policy)
	bounded := codeOf(scanned) == outcome.DiskBudgetExceeded || codeOf(whole) == "" // by different limits
	if scanned != nil && !bounded && codeOf(whole) != codeOf(scanned) {
		t.Errorf("its head: %v, and as a whole: %v", whole, scanned)
	}
	if whole != nil && judged == nil {
		t.Errorf("its head: %v, and as a whole it is good", whole)
	}
	if begin := content[:len(content)*3/4]; len(begin) >= shortest && judged == nil {
		if _, err := inspect.Head(t.Context(), begin, false, layers.Opener{}, policy); err != nil {
			t.Errorf("its first %d bytes: %v, and as a whole it is good", len(begin), err)
		}
	}
	_, err := inspect.Head(t.Context(), content, false, layers.Opener{}, policy)
	printable(t, err, nil)
}

// allowed returns how many bytes Scan may allocate in total. A zstd decoder allocates
// its window of at most 128 MiB at once, and a larger one for a later frame. An lz4
// decoder allocates two blocks of its frame, of at most 4 MiB each.
func allowed(content []byte) uint64 {
	const fixed, perByte, window, block = 8 << 20, 64, 128 << 20, 4 << 20
	most := uint64(fixed + perByte*(len(content)+fuzzDecoded))
	if frames := bytes.Count(content, []byte("\x28\xb5\x2f\xfd")); frames > 0 {
		most += uint64(min(frames, 8) * window)
	}
	if frames := bytes.Count(content, []byte("\x04\x22\x4d\x18")); frames > 0 {
		most += uint64(min(frames, 8) * 2 * block)
	}
	return most
}

func allocated() uint64 {
	total := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(total)
	return total[0].Value.Uint64()
}

// printable checks that a hostile backup cannot write to the terminal through a
// message.
func printable(t *testing.T, err error, found []outcome.Finding) {
	const longest = 4 << 10
	var messages []string
	if err != nil {
		messages = append(messages, err.Error())
	}
	for _, f := range found {
		messages = append(messages, f.Message, f.Hint)
	}
	for _, m := range messages {
		if i := strings.IndexFunc(m, func(r rune) bool { return r == unicode.ReplacementChar || !unicode.IsPrint(r) }); i >= 0 || len(m) > longest {
			t.Errorf("a message that cannot be printed, of %d bytes: %.200q", len(m), m)
		}
	}
}

// sameInChunks checks that the sizes of reads do not change the contents.
func sameInChunks(t *testing.T, content []byte, chunk int) {
	const whole, narrow = 128 << 10, 4 << 10
	if len(content) > whole {
		return
	}
	want, wantErr := inspect.InChunks(content, whole, whole)
	got, gotErr := inspect.InChunks(content, narrow, max(chunk, 1))
	if !reflect.DeepEqual(want, got) || codeOf(wantErr) != codeOf(gotErr) {
		t.Errorf("in reads of %d bytes: %v, and as a whole: %v\ncontents (-whole +chunks):\n%s", chunk, gotErr, wantErr, cmp.Diff(want, got))
	}
}
