package inspect_test

import (
	"bytes"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
)

// A failure of a plain dump holds the line, and the message does not repeat it.
func TestFailuresOfPlainDumpsHaveALine(t *testing.T) {
	head := int64(strings.Count(dumpHead, "\n"))
	rows := "COPY s.t (a) FROM stdin;\n1\n2\n\\.\n"
	for name, c := range map[string]struct {
		text   string
		code   outcome.Code
		line   int64
		object string
	}{
		"cut between rows":              {dumpHead + "COPY s.t FROM stdin;\n1\n2\n", outcome.DumpTruncated, head + 3, "s.t"},
		"cut within a row":              {dumpHead + "COPY s.\"T\" FROM stdin;\n1\n2\n3", outcome.DumpTruncated, head + 4, `s."T"`},
		"cut behind very long rows":     {dumpHead + "COPY s.t FROM stdin;\n" + strings.Repeat(strings.Repeat("x", 1<<18)+"\n", 3), outcome.DumpTruncated, head + 4, "s.t"},
		"cut between statements":        {dumpHead + rows + "SELECT 1;\n", outcome.DumpTruncated, head + 5, ""},
		"cut within a statement":        {dumpHead + rows + "CREATE TABLE t (\n a int,\n", outcome.DumpTruncated, head + 6, "t"},
		"cut within a word":             {dumpHead + rows + "CREATE TAB", outcome.DumpTruncated, head + 5, ""},
		"cut within a body":             {dumpHead + "DO $$\n\n;\n", outcome.DumpTruncated, head + 3, ""},
		"cut within a command":          {`\restrict k12` + "\n" + dumpOf(rows) + `\unrestrict k1`, outcome.DumpTruncated, 1 + int64(strings.Count(dumpOf(rows), "\n")) + 1, ""},
		"without unrestrict":            {"\\restrict k\n" + dumpOf(""), outcome.DumpTruncated, 1 + int64(strings.Count(dumpOf(""), "\n")), ""},
		"without a beginning":           {rows + dumpTail, outcome.DumpTruncated, 0, ""},
		"a shell command":               {dumpOf(rows + "\\! id\n"), outcome.DumpHostile, head + 5, ""},
		"a command behind a statement":  {dumpOf("SELECT\n1; \\! id\n"), outcome.DumpHostile, head + 2, ""},
		"copy from a program":           {dumpOf(rows + "\n\nCOPY t\nFROM PROGRAM\n'id';\n"), outcome.DumpHostile, head + 7, ""},
		"another key":                   {"\\restrict a\n" + dumpOf("\\unrestrict b\n"), outcome.DumpHostile, 1 + head + 1, ""},
		"rows whose copy is lost":       {dumpOf(rows + "abc\t1\n\\.\n"), outcome.DumpCorrupt, head + 5, ""},
		"a null whose copy is lost":     {dumpOf(rows + "\\N\t1\n\\.\n"), outcome.DumpCorrupt, head + 5, ""},
		"a zero byte among rows":        {dumpOf("COPY t FROM stdin;\n1\n\x00\n\\.\n"), outcome.DumpCorrupt, head + 3, ""},
		"text behind a copy":            {dumpOf(rows + "COPY t FROM stdin; SELECT 1;\n\\.\n"), outcome.DumpCorrupt, head + 5, ""},
		"messages of pg_dump":           {dumpOf(rows + "pg_dump: warning: something\n"), outcome.DumpCorrupt, head + 5, ""},
		"of another tool, cut":          {"CREATE TABLE t (a int);\nINSERT INTO t VALUES (1", outcome.DumpTruncated, 2, "t"},
		"with line ends of Windows":     {strings.ReplaceAll(dumpHead+"COPY s.t FROM stdin;\n1\n", "\n", "\r\n"), outcome.DumpTruncated, head + 2, "s.t"},
		"behind a byte order mark":      {"\ufeff" + dumpHead + "COPY s.t FROM stdin;\n1\n", outcome.DumpTruncated, head + 2, "s.t"},
		"within gzip, where lines stay": {string(gzipped(t, []byte(dumpHead+"COPY s.t FROM stdin;\n1\n"))), outcome.DumpTruncated, head + 2, "s.t"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := scan(t, []byte(c.text))
			f := outcome.AsFailure(err)
			if f == nil || f.Code != c.code || f.Line != c.line || f.Object != c.object || f.Offset != 0 {
				t.Fatalf("%+v, want %s in line %d on %q", f, c.code, c.line, c.object)
			}
			if again := regexp.MustCompile(`line (\d+)`).FindStringSubmatch(f.Error()); again != nil && again[1] == strconv.FormatInt(c.line, 10) {
				t.Errorf("the message repeats the line: %q", f.Error())
			}
		})
	}
}

// A failure of an archive holds the offset. If the archive is compressed as a whole,
// the offset is not one of the file and is in the message instead.
func TestFailuresOfArchivesHaveAnOffset(t *testing.T) {
	for _, name := range []string{"custom-13.dump", "custom-18.dump"} {
		content := load(t, name)
		first := firstBlock(t, content)
		inBlock := first + 20
		for what, c := range map[string]struct {
			content []byte
			code    outcome.Code
			offset  int
			object  bool
		}{
			"cut within its contents":       {content[:first/2], outcome.DumpTruncated, first / 2, false},
			"cut before its data":           {content[:first], outcome.DumpTruncated, first, true},
			"cut within a block":            {content[:inBlock], outcome.DumpTruncated, inBlock, true},
			"cut within a block's number":   {content[:first+2], outcome.DumpTruncated, first + 2, false},
			"a block that does not decode":  {flipped(content, inBlock, 3), outcome.DumpCorrupt, first, true},
			"a block with a strange number": {flipped(content, first+2, 6), outcome.DumpCorrupt, first, false},
			"a block of an unknown kind":    {flipped(content, first, 6), outcome.DumpCorrupt, first, false},
		} {
			_, err := scan(t, c.content)
			f := outcome.AsFailure(err)
			if f == nil || f.Code != c.code || f.Offset != int64(c.offset) || (f.Object != "") != c.object || f.Line != 0 {
				t.Errorf("%s %s: %+v, want %s at byte %d", name, what, f, c.code, c.offset)
			}
			_, err = scan(t, gzipped(t, c.content))
			wrapped := outcome.AsFailure(err)
			if wrapped == nil || wrapped.Offset != 0 || wrapped.Object != f.Object ||
				wrapped.Error() != f.Error()+", at byte "+strconv.Itoa(c.offset)+" of the decoded data" {
				t.Errorf("%s %s, in gzip: %+v", name, what, wrapped)
			}
		}
	}
}

func TestFailureOfACutTarHasAnOffset(t *testing.T) {
	content := load(t, "tar-15.tar")
	at := len(content) * 2 / 3
	_, err := scan(t, content[:at])
	if f := outcome.AsFailure(err); f == nil || f.Code != outcome.DumpTruncated || f.Offset != 0 && f.Offset != int64(at) {
		t.Errorf("%+v, want dump_truncated at byte %d", f, at)
	}
}

// A failure of a stream has the offset up to which the stored bytes were decoded.
func TestFailuresOfStreamsHaveAnOffset(t *testing.T) {
	text := []byte(dumpOf("COPY t FROM stdin;\n" + noise(200_000) + "\\.\n"))
	for wrap, content := range map[string][]byte{"gzip": gzipped(t, text), "zstd": zstded(t, text)} {
		if len(content) < 300_000 {
			t.Fatalf("%s: %d bytes do not fill the buffers", wrap, len(content))
		}
		cut := len(content) * 2 / 3
		_, err := scan(t, content[:cut])
		if f := outcome.AsFailure(err); f == nil || f.Code != outcome.StreamTruncated || f.Offset != int64(cut) {
			t.Errorf("%s: %+v, want stream_truncated at byte %d", wrap, f, cut)
		}
		_, err = scan(t, flipped(content, len(content)-2, 0)) // of the checksum
		if f := outcome.AsFailure(err); f == nil || f.Code != outcome.StreamCorrupt || f.Offset < int64(len(content)-8) || f.Offset > int64(len(content)) {
			t.Errorf("%s: %+v, want stream_corrupt near byte %d", wrap, f, len(content))
		}
		both := append(bytes.Clone(content), flipped(content, len(content)-2, 0)...)
		_, err = scan(t, append(both, content...))
		if f := outcome.AsFailure(err); f == nil || f.Code != outcome.StreamCorrupt || f.Offset < int64(len(both)-8) || f.Offset > int64(len(both)) {
			t.Errorf("%s: %+v, want the second of three, which ends at byte %d", wrap, f, len(both))
		}
	}
}

// A flipped bit in the middle of a gzip is detected at or after its offset.
func TestOffsetIsAfterTheFlippedBit(t *testing.T) {
	text := []byte(dumpOf("COPY t FROM stdin;\n" + noise(200_000) + "\\.\n"))
	for wrap, content := range map[string][]byte{"gzip": gzipped(t, text), "zstd": zstded(t, text)} {
		for i := 1; i < 10; i++ {
			at := len(content) * i / 10
			_, err := scan(t, flipped(content, at, i%8))
			f := outcome.AsFailure(err)
			if f == nil || f.Offset <= int64(at) || f.Offset > int64(len(content)) {
				t.Errorf("%s, byte %d: %+v", wrap, at, f)
			}
		}
	}
}

// noise returns n lines that do not compress well. They are always the same.
func noise(n int) string {
	var b strings.Builder
	random := rand.New(rand.NewPCG(1, 2))
	for range n {
		b.WriteString(strconv.FormatUint(random.Uint64(), 36) + "\n")
	}
	return b.String()
}
