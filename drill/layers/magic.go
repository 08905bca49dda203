package layers

import (
	"bytes"
	"slices"

	"github.com/drillgres/drillgres/drill/outcome"
)

const archiveMagic = "PGDMP" // of pg_dump

// NameOf returns the name of the first kind that head begins like. Each kind is how its
// files begin, and what it is called.
func NameOf(head []byte, kinds [][2]string) string {
	for _, m := range kinds {
		if hasPrefix(head, m[0]) {
			return m[1]
		}
	}
	return ""
}

// compressionOf returns the name of the compression at the beginning of a stream:
// gzip, zstd, or an empty string for any other.
func compressionOf(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return "gzip"
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}), isSkippable(head):
		return "zstd"
	}
	return ""
}

// IsCompression reports whether a layer is a compression.
func IsCompression(name string) bool {
	return slices.Contains([]string{"gzip", "zstd", "xz", "lz4", "bzip2"}, name)
}

// IsEncryption reports whether a layer is an encryption. A zip archive may be one too.
func IsEncryption(name string) bool {
	return slices.Contains([]string{"age", "openpgp", "openssl", "databasus"}, name)
}

// isSkippable reports whether head begins with a skippable frame of zstd, as the
// output of parallel compressors does.
func isSkippable(head []byte) bool {
	return len(head) >= 4 && head[0]&0xf0 == 0x50 && bytes.Equal(head[1:4], []byte{0x2a, 0x4d, 0x18})
}

func unopened(name string) error {
	return outcome.Fail(outcome.FormatUnsupported, "the backup is %s, which this version does not open", name).
		WithHint("extract the dump from it, and drill the dump")
}

// compressions holds those that this version does not read.
var compressions = [][2]string{
	{"\xfd7zXZ\x00", "xz"},
	{"\x04\x22\x4d\x18", "lz4"},
	{"\x02\x21\x4c\x18", "lz4"},
	{"\x03\x21\x4c\x18", "lz4"},
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

func foreignCompressionOf(head []byte) string {
	if len(head) >= 10 && hasPrefix(head, "BZh") && head[3] >= '1' && head[3] <= '9' &&
		(hasPrefix(head[4:], "1AY&SY") || hasPrefix(head[4:], "\x17rE8P\x90")) {
		return "bzip2"
	}
	return NameOf(head, compressions)
}

// containers holds the kinds of files with members, other than tar archives.
var containers = [][2]string{
	{"PK\x03\x04", "a zip archive"},
	{"PK\x05\x06", "a zip archive"},
	{"PK\x07\x08", "a zip archive"},
	{"PK00PK\x03\x04", "a zip archive"},
	{"7z\xbc\xaf\x27\x1c", "a 7z archive"},
	{"Rar!\x1a\x07", "a rar archive"},
	{"070701", "a cpio archive"},
	{"070702", "a cpio archive"},
	{"070707", "a cpio archive"},
	{"\xc7\x71", "a cpio archive"},
	{"!<arch>\n", "an ar archive"},
	{"xar!", "a xar archive"},
	{"MSCF\x00\x00\x00\x00", "a cabinet archive"},
	{"hsqs", "a squashfs image"},
	{"BORG_SEG", "a segment of a Borg repository"},
	{"ATTICSEG", "a segment of an Attic repository"},
	{"VMA\x00", "an image of a virtual machine"},
	{"QFI\xfb", "an image of a virtual machine"},
	{"KDMV", "an image of a virtual machine"},
}

func hasPrefix(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && string(b[:len(prefix)]) == prefix
}
