package codec

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// magic is how a kind of stream begins, and what the kind is called.
type magic struct{ prefix, name string }

var supported = []magic{
	{"\x1f\x8b", "gzip"},
	{"\x28\xb5\x2f\xfd", "zstd"},
	{xzMagic, "xz"},
	{"\x04\x22\x4d\x18", "lz4"},
	{"\x02\x21\x4c\x18", "lz4"}, // lz4 -l
}

var unsupported = []magic{
	{"\x03\x21\x4c\x18", "an old version of lz4"},
	{"\x5d\x00\x00\x80\x00", "lzma"},
	{"\x5d\x00\x00\x00\x04", "lzma"},
	{"\x89LZO\x00", "lzop"},
	{"LZIP\x01", "lzip"},
	{"LRZI\x00", "lrzip"},
	{"RZIP\x02", "rzip"},
	{"\x1f\x9d", "compress"},
	{"\x1f\xa0", "compress"},
	{"\xff\x06\x00\x00sNaPpY", "snappy"},
	{"\x78\x01", "zlib"},
	{"\x78\x9c", "zlib"},
	{"\x78\xda", "zlib"},
}

// Detect returns the name of the compression that head, the first 4096 bytes or fewer,
// begins like: gzip, zstd, xz, lz4 or bzip2; an empty string for any other.
func Detect(head []byte) string {
	switch {
	case isSkippable(head):
		return skippableName(head)
	case isBzip2(head):
		return "bzip2"
	}
	return nameOf(head, supported)
}

// Unsupported returns the name of the compression that head begins like, if this package
// does not read it: lzma alone, lzop, lzip, lrzip, rzip, compress, snappy or zlib. It
// returns an empty string for anything else.
func Unsupported(head []byte) string { return nameOf(head, unsupported) }

// nameOf returns the name of the first kind that head begins like.
func nameOf(head []byte, kinds []magic) string {
	for _, m := range kinds {
		if bytes.HasPrefix(head, []byte(m.prefix)) {
			return m.name
		}
	}
	return ""
}

// isSkippable reports whether head begins with a skippable frame, as the output of
// parallel compressors does.
func isSkippable(head []byte) bool {
	return len(head) >= 4 && head[0]&0xf0 == 0x50 && bytes.Equal(head[1:4], []byte{0x2a, 0x4d, 0x18})
}

// skippableName returns the compression of a stream that begins with skippable frames,
// which zstd and lz4 share. It is zstd's unless a frame of lz4 follows within head.
func skippableName(head []byte) string {
	for isSkippable(head) && len(head) >= 8 {
		size := int64(binary.LittleEndian.Uint32(head[4:]))
		head = head[min(8+size, int64(len(head))):]
	}
	if nameOf(head, supported) == "lz4" {
		return "lz4"
	}
	return "zstd"
}

// isBzip2 reports whether head begins like bzip2. The level is followed by the magic of
// a block, or of the end if the stream is empty; a shorter file may end within it.
func isBzip2(head []byte) bool {
	if len(head) < 4 || !isBzip2Header(head) {
		return false
	}
	rest := string(head[4:min(10, len(head))])
	const block, end = "1AY&SY", "\x17rE8P\x90"
	return strings.HasPrefix(block, rest) || strings.HasPrefix(end, rest)
}

// isBzip2Header reports whether head begins with the header of a stream of bzip2, or
// with as much of it as head has.
func isBzip2Header(head []byte) bool {
	n := min(len(head), 3)
	return string(head[:n]) == "BZh"[:n] && (len(head) < 4 || head[3] >= '1' && head[3] <= '9')
}
