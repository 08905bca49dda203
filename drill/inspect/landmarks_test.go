package inspect_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
)

func landmarks(t *testing.T, content []byte) (inspect.Landmarks, error) {
	t.Helper()
	return inspect.LandmarksOf(context.Background(), bytes.NewReader(content), layers.Opener{})
}

// TestLandmarksOfRealDumps compares the landmarks of every dump with its bytes.
func TestLandmarksOfRealDumps(t *testing.T) {
	for _, file := range dumps(t) {
		name := filepath.Base(file)
		content := load(t, file)
		m, err := landmarks(t, content)
		switch {
		case name == "tar-15.tar":
			if err != nil || m.Outer != string(inspect.Tar) {
				t.Errorf("%s: %+v, %v", name, m, err)
			}
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case m.Archive == nil:
			checkPlainLandmarks(t, name, content, m)
		default:
			checkArchiveLandmarks(t, name, content, m)
		}
	}
}

func checkPlainLandmarks(t *testing.T, name string, content []byte, m inspect.Landmarks) {
	t.Helper()
	trailer := max(bytes.LastIndex(content, []byte("-- PostgreSQL database dump complete\n")), bytes.LastIndex(content, []byte("-- PostgreSQL database cluster dump complete\n")))
	last := m.Trailer == int64(trailer)
	if !last || m.End != int64(len(content)) {
		t.Errorf("%s: no trailer at byte %d, or no end at %d of %d", name, m.Trailer, m.End, len(content))
	}
	if first := content[m.First:]; !bytes.HasPrefix(first, []byte("SET ")) {
		t.Errorf("%s: the first statement is %.20q", name, first)
	}
}

func checkArchiveLandmarks(t *testing.T, name string, content []byte, m inspect.Landmarks) {
	t.Helper()
	pack := "zlib"
	for _, other := range []string{"zstd", "lz4", "level0"} {
		if strings.HasPrefix(name, other) {
			pack = strings.TrimPrefix(other, "level0")
		}
	}
	c := m.Archive.Chunk
	size := int64(binary.LittleEndian.Uint32(content[max(c.At, 4)-4:]))
	if m.Archive.Pack != pack && name != "inserts-15.dump" || c.Size == 0 || size != c.Size || c.Summed != (m.Archive.Pack == "zlib") {
		t.Errorf("%s: chunk %+v of %q", name, c, m.Archive.Pack)
	}
	if end := m.End; end > int64(len(content)) || name != "twice-18.dump" && end != int64(len(content)) {
		t.Errorf("%s: ends at byte %d of %d", name, end, len(content))
	}
}

func TestLandmarksOfPlainDumps(t *testing.T) {
	const sql, tail = "SELECT 1;\n", "-- PostgreSQL database dump complete\n"
	for name, tt := range map[string]struct{ before, after string }{
		"of another tool":     {"/* made by\nSELECT; a tool */\n\n", ""},
		"restricted":          {"--\n-- PostgreSQL database dump\n--\n\n\\restrict abc\n\n", "\\unrestrict abc\n--\n" + tail},
		"with a mark":         {"\ufeff-- a comment\n", tail},
		"a row like its end":  {"", "COPY t FROM stdin;\n" + tail + "\\.\n--\n" + tail},
		"rows that are short": {"", "COPY t FROM stdin;\n\n1\n\\.\n" + tail + "--\n"},
	} {
		m, err := landmarks(t, []byte(tt.before+sql+tt.after))
		trailer := 0
		if strings.Contains(tt.after, tail) {
			trailer = len(tt.before+sql) + strings.LastIndex(tt.after, tail)
		}
		if err != nil || m.First != int64(len(tt.before)) || m.Trailer != int64(trailer) {
			t.Errorf("%s: %+v, %v; want the first statement at %d, the trailer at %d", name, m, err, len(tt.before), trailer)
		}
	}
}

func TestCutArchivesHaveNoLandmarks(t *testing.T) {
	whole := load(t, "custom-15.dump")
	for _, at := range []int{0, len(whole) / 3, len(whole) * 9 / 10} {
		if _, err := landmarks(t, whole[:at]); err == nil {
			t.Errorf("cut at byte %d of %d it has landmarks", at, len(whole))
		}
	}
}

// The landmarks of a compressed file are offsets in the decoded dump.
func TestLandmarksOfCompressedFiles(t *testing.T) {
	content := load(t, "custom-15.dump")
	bare, err := landmarks(t, content)
	if err != nil {
		t.Fatal(err)
	}
	for wrap, file := range map[string][]byte{"gzip": gzipped(t, content), "zstd": zstded(t, content)} {
		m, err := landmarks(t, file)
		if err != nil || m.Compression != wrap || !m.Summed || m.End != bare.End || *m.Archive != *bare.Archive {
			t.Errorf("%s: %+v, %v", wrap, m, err)
		}
	}
}

// Decoding the blocks and skipping them must find the same offsets.
func TestWalkAgreesWithScan(t *testing.T) {
	archives := 0
	for _, file := range dumps(t) {
		if content := load(t, file); bytes.HasPrefix(content, []byte(archiveMagic)) {
			checkWalk(t, content)
			archives++
		}
	}
	if archives == 0 {
		t.Error("no archives")
	}
}

// FuzzWalk checks that the parts of a valid archive follow each other without a gap,
// and that skipping its blocks finds the same parts.
func FuzzWalk(f *testing.F) {
	for _, content := range tiny(f, "*.dump") {
		f.Add(bytes.TrimPrefix(content, []byte(archiveMagic)))
	}
	f.Add(bytes.TrimPrefix(load(f, "custom-18.dump"), []byte(archiveMagic)))
	f.Fuzz(func(t *testing.T, rest []byte) { checkWalk(t, append([]byte(archiveMagic), rest...)) })
}

func checkWalk(t *testing.T, content []byte) {
	t.Helper()
	decoded, skipped := inspect.Walk(content, fuzzDecoded)
	m, err := landmarks(t, content)
	if err == nil && (m.Archive == nil || m.End > int64(len(content)) || m.Archive.Chunk.At+m.Archive.Chunk.Size > m.End) {
		t.Errorf("landmarks %+v of an archive of %d bytes", m, len(content))
	}
	if decoded.Err != nil {
		return
	}
	if skipped.Err != nil || !slices.Equal(decoded.Entries, skipped.Entries) || !slices.Equal(decoded.Blocks, skipped.Blocks) {
		t.Errorf("decoded:\n%+v\nskipped:\n%+v", decoded, skipped)
	}
	all := slices.Concat(decoded.Entries, decoded.Blocks)
	for i, part := range all {
		if i > 0 && part.At != all[i-1].At+all[i-1].Size || part.Size <= 0 || part.At+part.Size > int64(len(content)) {
			t.Errorf("part %d, %+v, does not follow the one before", i, part)
		}
	}
	if n := len(decoded.Blocks); n > 0 && (err != nil || m.End != decoded.Blocks[n-1].At+decoded.Blocks[n-1].Size) {
		t.Errorf("the last block is %+v, and the end %d, %v", decoded.Blocks[n-1], m.End, err)
	}
}
