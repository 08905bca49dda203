package inspect

import (
	"bytes"

	"github.com/drillgres/drillgres/drill/outcome"
)

const (
	archiveMagic = "PGDMP"
	tarMagic     = "ustar"
	tarMagicAt   = 257
)

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

// isSkippable reports whether head begins with a skippable frame of zstd, as the
// output of parallel compressors does.
func isSkippable(head []byte) bool {
	return len(head) >= 4 && head[0]&0xf0 == 0x50 && bytes.Equal(head[1:4], []byte{0x2a, 0x4d, 0x18})
}

// rejectWrapped returns the Failure for a backup that is encrypted, or compressed in
// an unsupported way.
func rejectWrapped(head []byte) error {
	if name := encryptionOf(head); name != "" {
		return outcome.Fail(outcome.KeyMissing, "the backup is encrypted with %s", name)
	}
	if name := foreignCompressionOf(head); name != "" {
		return outcome.Fail(outcome.FormatUnsupported, "the backup is compressed with %s", name)
	}
	return nil
}

func encryptionOf(head []byte) string {
	switch {
	case hasPrefix(head, "age-encryption.org/"), hasPrefix(head, "-----BEGIN AGE ENCRYPTED FILE-----"):
		return "age"
	case hasPrefix(head, "-----BEGIN PGP MESSAGE-----"), isOpenPGP(head):
		return "OpenPGP"
	case hasPrefix(head, "Salted__"):
		return "openssl enc"
	}
	return ""
}

// isOpenPGP reports whether head begins with a binary OpenPGP message. Its first
// packet is a session key that is encrypted to a public key (tag 1) or with a
// passphrase (tag 3). RFC 9580, sections 4.2, 5.1, 5.3.
func isOpenPGP(head []byte) bool {
	if len(head) < 6 {
		return false
	}
	switch head[0] {
	case 0x84, 0xc1: // old format with one length byte; new format
		return hasKeyVersion(head[1:], 3, 6)
	case 0x85: // old format, two length bytes
		return head[3] == 3 || head[3] == 6
	case 0x8c, 0xc3:
		return hasKeyVersion(head[1:], 4, 6)
	}
	return false
}

// hasKeyVersion reports whether the version byte, which follows a packet's length of
// one or two bytes, is between low and high.
func hasKeyVersion(p []byte, low, high byte) bool {
	v := p[1]
	if p[0] >= 192 && p[0] < 224 {
		v = p[2]
	}
	return v >= low && v <= high && v != 0
}

func foreignCompressionOf(head []byte) string {
	for _, m := range []struct{ magic, name string }{
		{"\xfd7zXZ\x00", "xz"},
		{"\x04\x22\x4d\x18", "lz4"},
		{"\x02\x21\x4c\x18", "lz4"},
		{"7z\xbc\xaf\x27\x1c", "7z"},
		{"PK\x03\x04", "zip"},
		{"PK\x05\x06", "zip"},
		{"PK\x07\x08", "zip"},
		{"\x89LZO\x00", "lzop"},
		{"Rar!\x1a\x07", "rar"},
		{"LZIP\x01", "lzip"},
		{"\x1f\x9d", "compress"},
		{"\xff\x06\x00\x00sNaPpY", "snappy"},
	} {
		if hasPrefix(head, m.magic) {
			return m.name
		}
	}
	if len(head) >= 10 && hasPrefix(head, "BZh") && head[3] >= '1' && head[3] <= '9' &&
		(hasPrefix(head[4:], "1AY&SY") || hasPrefix(head[4:], "\x17rE8P\x90")) {
		return "bzip2"
	}
	return ""
}

// isTar reports whether head is the first header of a tar archive.
func isTar(head []byte) bool {
	return len(head) >= tarMagicAt+len(tarMagic) && hasPrefix(head[tarMagicAt:], tarMagic)
}

func hasPrefix(b []byte, prefix string) bool {
	return bytes.HasPrefix(b, []byte(prefix))
}
