// Package dumpfile recognises the files of a dump in pg_dump's tar or directory format by
// their names (pg_backup_directory.c, pg_backup_tar.c).
package dumpfile

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"
)

const (
	// Contents is the name of the table of contents.
	Contents = "toc.dat"
	// Script is the name of the last file of the tar format, which restores by hand.
	Script = "restore.sql"
)

var (
	rows       = regexp.MustCompile(`^[0-9]+\.dat$`)
	object     = regexp.MustCompile(`^blob_[0-9]+\.dat$`)
	objectList = regexp.MustCompile(`^blobs(_[0-9]+)?\.toc$`)

	// Compressions are the extensions of compressed files.
	Compressions = []string{".gz", ".lz4", ".zst"}
	// encryptions are the extensions of jobs that encrypt each file of a directory, as
	// pg_back does with age.
	encryptions = []string{".age", ".gpg", ".pgp", ".enc"}
)

// Is reports whether base is the name of a file of a dump. The [Script] is none.
func Is(base string) bool {
	bare := Bare(base)
	return bare == Contents || IsRows(bare) || IsObject(bare) || IsObjectList(bare)
}

// IsContents reports whether base is the name of the table of contents. pg_restore reads it
// compressed too.
func IsContents(base string) bool { return Bare(base) == Contents }

// IsRows reports whether bare is the name of a file with the rows of a table.
func IsRows(bare string) bool { return rows.MatchString(bare) }

// IsObject reports whether bare is the name of a file with a large object.
func IsObject(bare string) bool { return object.MatchString(bare) }

// IsObjectList reports whether bare is the name of a list of large objects.
func IsObjectList(bare string) bool { return objectList.MatchString(bare) }

// Bare returns a name as in the table of contents: without the extensions of its
// compression and encryption.
func Bare(base string) string { return trimExtension(Decrypted(base), Compressions) }

// Compression returns the extension of the compression, or an empty string.
func Compression(base string) string {
	if ext := path.Ext(base); slices.Contains(Compressions, ext) {
		return ext
	}
	return ""
}

// Decrypted returns a name without the extension of its encryption.
func Decrypted(base string) string { return trimExtension(base, encryptions) }

func trimExtension(base string, extensions []string) string {
	if ext := path.Ext(base); slices.Contains(extensions, ext) {
		return strings.TrimSuffix(base, ext)
	}
	return base
}

// ContentsFirst compares two names so that the table of contents comes first.
func ContentsFirst(a, b string) int { return cmp.Compare(rank(a), rank(b)) }

func rank(base string) int {
	if IsContents(base) {
		return 0
	}
	return 1
}
