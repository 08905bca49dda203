package layers

import (
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

// IsCompression reports whether a layer is a compression.
func IsCompression(name string) bool {
	return slices.Contains([]string{"gzip", "zstd", "xz", "lz4", "bzip2"}, name)
}

// IsEncryption reports whether a layer is an encryption. A zip archive may be one too.
func IsEncryption(name string) bool {
	return slices.Contains([]string{Age, OpenPGP, OpenSSL, Databasus}, name)
}

func unopened(name string) error {
	return outcome.Fail(outcome.FormatUnsupported, "the backup is %s, which this version does not open", name).
		WithHint("extract the dump from it, and drill the dump")
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
	{oldCpioMagic, "a cpio archive"},
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
