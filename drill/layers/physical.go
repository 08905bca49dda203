package layers

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"path"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
)

// physicalParts holds how the files beside the data of a physical backup begin.
var physicalParts = [][2]string{
	{"START WAL LOCATION: ", "a backup_label"},
	{`{ "PostgreSQL-Backup-Manifest-Version"`, "a backup_manifest"},
	{"[backup]\nbackup-", "a manifest of pgBackRest"},
	{"[backrest]\nbackrest-format=", "an information file of pgBackRest"},
}

// physicalOf returns which part of a physical backup the file is, or an empty string.
func physicalOf(head []byte) string {
	if isWAL(head) {
		return "a segment of WAL"
	}
	return NameOf(head, physicalParts)
}

func physicalBackup(part string) error {
	return outcome.Fail(outcome.FormatUnsupported, "the backup is a physical one (%s), which this version does not restore", part).
		WithHint("drill a logical backup: a plain or custom pg_dump")
}

// isWAL reports whether head begins a segment of WAL (xlog_internal.h,
// XLogLongPageHeaderData): a number of the version, a flag for the long header, and in
// it the sizes of a segment and of a page.
func isWAL(head []byte) bool {
	const longHeader, sizes = 0x0002, 32
	if len(head) < sizes+8 || head[1] != 0xd0 && head[1] != 0xd1 || head[2]&longHeader == 0 {
		return false
	}
	segment, page := binary.LittleEndian.Uint32(head[sizes:]), binary.LittleEndian.Uint32(head[sizes+4:])
	return bits.OnesCount32(segment) == 1 && segment >= 1<<20 && segment <= 1<<30 && bits.OnesCount32(page) == 1 && page >= 1<<10 && page <= 1<<16
}

// physicalMember returns what the name of a file in an archive shows about a physical
// backup. It returns an empty string for any other file.
func physicalMember(name string) string {
	base := path.Base(name)
	switch {
	case base == "PG_VERSION", base == "backup_label", base == "tablespace_map":
		return base
	case strings.HasSuffix(name, "global/pg_control"):
		return "global/pg_control"
	case isWALName(base):
		return "segments of WAL"
	}
	return ""
}

// isWALName reports whether a file has the name of a segment of WAL, whatever its suffix.
func isWALName(base string) bool {
	const length = 24
	return len(base) >= length && (len(base) == length || base[length] == '.') &&
		len(bytes.Trim([]byte(base[:length]), "0123456789ABCDEF")) == 0
}
