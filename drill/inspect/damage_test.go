package inspect_test

import (
	"bytes"
	"encoding/binary"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
)

// cuts is at how many offsets each file is cut.
const cuts = 100

// A cut is detected at any offset before the last word of the dump.
func TestCutsAreDetected(t *testing.T) {
	allowed := []outcome.Code{outcome.DumpTruncated, outcome.BackupEmpty, outcome.NotADump}
	for _, file := range dumps(t) {
		whole := load(t, file)
		if filepath.Base(file) == "twice-18.dump" { // its second half is optional
			whole = whole[:len(whole)/2]
		}
		for i := range cuts {
			at := len(whole) * i / cuts
			if len(bytes.Trim(whole[at:], "-\n\x00")) == 0 {
				continue
			}
			_, err := scan(t, whole[:at])
			if strings.HasSuffix(file, ".tar") && at < 512 && codeOf(err) == outcome.StreamTruncated {
				continue // nothing shows yet that it is a dump
			}
			if !slices.Contains(allowed, codeOf(err)) {
				t.Errorf("%s cut at byte %d of %d: %q, %v", file, at, len(whole), codeOf(err), err)
			}
		}
	}
}

func TestTableOfContentsAfterTheDataIsOptional(t *testing.T) {
	twice := load(t, "twice-18.dump")
	if _, err := scan(t, twice[:len(twice)*3/4]); err != nil {
		t.Errorf("pg_restore restores it completely, but: %v", err)
	}
}

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

func TestWrappedDumps(t *testing.T) {
	for _, name := range []string{"plain-18.sql", "custom-15.dump"} {
		plain, err := scan(t, load(t, name))
		if err != nil {
			t.Fatal(err)
		}
		for wrap, content := range map[string][]byte{"gzip": gzipped(t, load(t, name)), "zstd": zstded(t, load(t, name))} {
			c, err := scan(t, content)
			objects, want := len(promised(t, c).Objects), len(promised(t, plain).Objects)
			if s := c.Source; err != nil || s.Compression() != wrap || objects != want || s.DecodedBytes != plain.Source.DecodedBytes {
				t.Errorf("%s in %s: compression %q, %d objects, %d bytes, %v", name, wrap, s.Compression(), objects, s.DecodedBytes, err)
			}
			for i := range cuts {
				at := len(content) * i / cuts
				_, err := scan(t, content[:at])
				if code := codeOf(err); code != outcome.StreamTruncated && (i > 3 || code == "") {
					t.Errorf("%s in %s cut at %d of %d: %q, %v", name, wrap, at, len(content), code, err)
				}
			}
		}
	}
}

// flips is how many bits of each file are flipped.
const flips = 200

// Every flipped bit in a gzip or zstd file is detected, except in header fields
// that do not describe the content (time, system).
func TestFlippedBitInStream(t *testing.T) {
	const header = 10
	for wrap, content := range map[string][]byte{
		"gzip": gzipped(t, load(t, "plain-18.sql")), "zstd": zstded(t, load(t, "plain-18.sql")),
	} {
		for i := range flips {
			at := header + (len(content)-header)*i/flips
			_, err := scan(t, flipped(content, at, i%8))
			if !inspect.StreamLevel(err) {
				t.Errorf("%s, bit %d of byte %d of %d: %v", wrap, i%8, at, len(content), err)
			}
		}
	}
}

func flipped(content []byte, at, bit int) []byte {
	damaged := bytes.Clone(content)
	damaged[at] ^= 1 << bit
	return damaged
}

// A flipped bit in the data of a compressed archive is detected, except in padding
// after a deflate stream and in the numbers of large objects.
func TestFlippedBitInArchiveData(t *testing.T) {
	for _, name := range []string{"custom-13.dump", "custom-15.dump", "custom-18.dump", "inserts-15.dump"} {
		content := load(t, name)
		start, passed := firstBlock(t, content), 0
		for at := start; at < len(content); at++ {
			switch _, err := scan(t, flipped(content, at, at%8)); codeOf(err) {
			case outcome.DumpCorrupt, outcome.DumpTruncated:
			case "":
				passed++
			default:
				t.Errorf("%s, byte %d of %d: %v", name, at, len(content), err)
			}
		}
		if n := len(content) - start; passed > n/20 {
			t.Errorf("%s: %d of %d flipped bits passed", name, passed, n)
		}
	}
}

// Damage to a block of lz4 that pg_restore refuses is detected. A flipped bit in a
// value is not, because pg_dump writes no checksum.
func TestDamagedLZ4(t *testing.T) {
	const frame, descriptor = "\x04\x22\x4d\x18", 3
	content := load(t, "lz4-18.dump")
	first := bytes.Index(content, []byte(frame))
	for at := first; at < first+len(frame)+descriptor; at++ {
		for bit := range 8 {
			if _, err := scan(t, flipped(content, at, bit)); codeOf(err) != outcome.DumpCorrupt {
				t.Errorf("bit %d of byte %d of a frame: %v", bit, at-first, err)
			}
		}
	}
	for name, old := range map[string]string{
		"without its end mark":       "\x00\x00\x00\x00\x00", // the end mark, and the sign of the chunk that follows
		"with the size of its block": "\x80",                 // that of a block which is stored as it is
	} {
		i := first + len(frame) + descriptor + bytes.Index(content[first+len(frame)+descriptor:], []byte(old))
		if _, err := scan(t, flipped(content, i, 0)); codeOf(err) != outcome.DumpCorrupt {
			t.Errorf("%s: %v", name, err)
		}
	}
	legacy := bytes.Replace(content, []byte(frame), []byte("\x02\x21\x4c\x18"), 1)
	if _, err := scan(t, legacy); codeOf(err) != outcome.DumpCorrupt || !strings.Contains(err.Error(), "legacy") {
		t.Errorf("a legacy frame: %v", err)
	}
}

// firstBlock returns the offset of the first block of a compressed archive. It
// consists of a kind, a number, the length of the first chunk, and the chunk, which
// begins with a zlib header.
func firstBlock(t *testing.T, content []byte) int {
	t.Helper()
	i := bytes.Index(content, []byte("\x78\x9c"))
	if i < 0 {
		t.Fatal("no compressed data")
	}
	return i - 1 - 5 - 5
}

// A flipped bit in an archive's header or table of contents may only change a name,
// but it never causes an error without a code.
func TestFlippedBitInTableOfContents(t *testing.T) {
	content := load(t, "custom-18.dump")
	for at := 0; at < len(content); at += 17 {
		_, err := scan(t, flipped(content, at, at%8))
		if code := codeOf(err); code == outcome.Internal || code == outcome.Interrupted {
			t.Fatalf("byte %d: %v", at, err)
		}
	}
}

func TestArchiveOffsetThatPointsElsewhere(t *testing.T) {
	content := load(t, "custom-13.dump")
	isSet := binary.LittleEndian.AppendUint64([]byte{2}, uint64(firstBlock(t, content)))
	at := bytes.Index(content, isSet)
	if at < 0 {
		t.Fatal("no entry has the offset of the first block")
	}
	_, err := scan(t, flipped(content, at+1, 2))
	if codeOf(err) != outcome.DumpCorrupt || !strings.Contains(err.Error(), "but its entry states") {
		t.Errorf("got %v", err)
	}
}

func TestArchiveWithoutItsLastBlock(t *testing.T) {
	content := load(t, "level0-13.dump")
	last := bytes.Index(content, []byte("\xde\xad\xbe\xef")) - 5 - 5 - 5 - 1 // chunk length, oid, number, kind
	_, err := scan(t, content[:last])
	if codeOf(err) != outcome.DumpTruncated || !strings.Contains(err.Error(), "before the data of BLOBS") {
		t.Errorf("got %v", err)
	}
}

func TestArchiveWithTwoEqualBlocks(t *testing.T) {
	content := load(t, "level0-13.dump")
	last := bytes.Index(content, []byte("\xde\xad\xbe\xef")) - 16
	start := bytes.Index(content, []byte("\\\\.\t\\N\n")) - 11 // the first block: the rows of the oddly named table
	end := start + bytes.Index(content[start:], []byte("\\.\n\n\n")) + 5 + 5
	twice := slices.Concat(content[:last], content[start:end], content[last:])
	if _, err := scan(t, twice); codeOf(err) != outcome.DumpCorrupt {
		t.Errorf("got %v", err)
	}
}

func TestArchiveOfAnUnknownVersion(t *testing.T) {
	content := load(t, "custom-18.dump")
	content[6] = 17
	c, err := scan(t, content)
	if err != nil || c.Source.ArchiveVersion != "1.17" {
		t.Fatalf("version %q, %v", c.Source.ArchiveVersion, err)
	}
	if _, err := inspect.Judge(c, nil, inspect.Policy{Major: 18}); codeOf(err) != outcome.DumpTooNew {
		t.Errorf("Judge returned %v", err)
	}
	if _, err := inspect.Judge(c, nil, inspect.Policy{Major: 99}); codeOf(err) != outcome.FormatUnsupported {
		t.Errorf("Judge returned %v", err)
	}
}
