// Package companion recognises the files that accompany backups by their names: checksums,
// logs, notes, scripts, and the SQL of a cluster's roles.
package companion

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// companions holds the extensions of files that accompany backups or are not yet
// complete. Every other extension may be a backup: a list of allowed extensions
// would miss someone's naming scheme.
var companions = []string{
	".sha256", ".sha512", ".sha384", ".sha224", ".sha1", ".md5", ".crc", ".b2", ".b3", ".blake3", ".sum",
	".sha256sum", ".sha512sum", ".sha1sum", ".md5sum", ".b2sum", ".sig", ".minisig",
	".json", ".log", ".txt", ".err", ".yml", ".yaml", ".toml", ".xml", ".csv", ".manifest", ".metadata", ".meta", ".info",
	".done", ".ok", ".lock", ".pid", ".md", ".rst", ".adoc", ".html", ".htm", ".pdf",
	".sh", ".bash", ".zsh", ".ps1", ".bat", ".cmd", ".py", ".pl", ".rb", ".js", ".php",
	".conf", ".cfg", ".ini", ".env", ".service", ".timer", ".pem", ".crt", ".key", ".pub",
	".tmp", ".temp", ".part", ".partial", ".incomplete", ".filepart", ".crdownload", ".swp",
}

// wrappers holds the extensions of compressed and encrypted files.
var wrappers = []string{".gz", ".zst", ".zstd", ".xz", ".bz2", ".lz4", ".zip", ".age", ".gpg", ".pgp", ".asc", ".enc"}

// documents are files without an extension that people keep in any folder.
var documents = []string{
	"readme", "license", "licence", "copying", "notice", "authors", "changelog", "makefile", "dockerfile", "crontab", "version", "index",
}

var (
	// checksumLists matches the usual names of files with checksums of many files,
	// such as SHA256SUMS.
	checksumLists = regexp.MustCompile(`^(md5|sha\d+|b2)sums?$`)
	// rotatedLogs matches backup.log.1 and, with its wrapper, backup.log-20261123.gz.
	rotatedLogs = regexp.MustCompile(`\.(log|err)[.-]?\d*$`)
)

// clusterFiles are the SQL of the cluster that a database's dump lacks, and what
// pg_back writes beside each dump. A pattern that contains the word is meant for them.
var clusterFiles = []struct {
	word string
	name *regexp.Regexp
}{
	{"globals", regexp.MustCompile(`(^|[._-])globals([._-].*)?\.sql$`)},
	{"roles", regexp.MustCompile(`^(pg_)?roles([._-].*)?\.sql$`)},
	{"createdb", regexp.MustCompile(`\.createdb\.sql$`)},
	{"pg_settings", regexp.MustCompile(`^pg_settings[._-].*\.out$`)},
	{"hba", regexp.MustCompile(`^hba_file[._-].*\.out$`)},
	{"ident", regexp.MustCompile(`^ident_file[._-].*\.out$`)},
}

// clusterWord returns the word of the cluster file with that name, or an empty string.
func clusterWord(bare string) string {
	for _, f := range clusterFiles {
		if f.name.MatchString(bare) {
			return f.word
		}
	}
	return ""
}

// IsRoles reports whether a file of that name holds the roles of a cluster (pg_dumpall
// --globals-only).
func IsRoles(name string) bool {
	word := clusterWord(Unwrapped(strings.ToLower(name)))
	return word == "globals" || word == "roles"
}

// Is reports whether a file of that name accompanies backups.
func Is(name string) bool {
	name = strings.ToLower(name)
	bare := Unwrapped(name)
	signed := strings.TrimSuffix(name, ".asc") // shop.dump.sha256.asc
	return slices.Contains(companions, path.Ext(signed)) || strings.HasSuffix(name, "~") ||
		slices.Contains(documents, name) || checksumLists.MatchString(name) ||
		rotatedLogs.MatchString(bare) || clusterWord(bare) != ""
}

// IsNamedBy reports whether a pattern is meant for a file that accompanies backups: it ends in the file's extension or, for a file that is known by a word in
// its name, it contains that word.
func IsNamedBy(pattern, name string) bool {
	pattern, name = strings.ToLower(pattern), strings.ToLower(name)
	bare := Unwrapped(name)
	word := clusterWord(bare)
	switch {
	case word != "":
		return strings.Contains(pattern, word)
	case path.Ext(name) == "":
		return strings.Contains(pattern, name)
	case rotatedLogs.MatchString(bare):
		return strings.Contains(pattern, "log") || strings.Contains(pattern, "err")
	default:
		return path.Ext(pattern) == path.Ext(name)
	}
}

// Unwrapped returns a name without the extensions of its compression and
// encryption.
func Unwrapped(name string) string {
	for slices.Contains(wrappers, path.Ext(name)) {
		name = strings.TrimSuffix(name, path.Ext(name))
	}
	return name
}
