package locate

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
)

// sidecars holds the extensions of files that accompany backups or are not yet
// complete. Every other extension may be a backup: a list of allowed extensions
// would miss someone's naming scheme.
var sidecars = []string{
	".sha256", ".sha512", ".sha384", ".sha224", ".sha1", ".md5", ".crc", ".b2",
	".sha256sum", ".sha512sum", ".sha1sum", ".md5sum", ".sig", ".minisig",
	".json", ".log", ".txt", ".err", ".yml", ".yaml", ".manifest", ".done", ".ok", ".lock",
	".tmp", ".temp", ".part", ".partial", ".incomplete", ".filepart",
}

// checksumLists matches the usual names of files with checksums of many files,
// such as SHA256SUMS.
var checksumLists = regexp.MustCompile(`^(md5|sha\d+)sums?$`)

func checkPattern(pattern string) error {
	if strings.Contains(pattern, "/") {
		return outcome.Fail(outcome.ConfigInvalid, "backup.match %q contains a slash, but is compared with base names", pattern).
			WithHint("put the folder in backup.from and only the file name in backup.match")
	}
	if _, err := path.Match(pattern, ""); err != nil {
		return outcome.Fail(outcome.ConfigInvalid, "backup.match %q is not a glob: %w", pattern, err)
	}
	return nil
}

// isCandidate reports whether o is a backup by its name. A sidecar or a hidden
// file is a candidate only if the pattern names its extension or its dot. So
// shop-* matches shop-1.dump and not shop-1.dump.sha256, which is always newer.
func isCandidate(pattern string, o Object, keys map[string]bool) bool {
	name := path.Base(o.Key)
	if isHidden(o.Key) && !strings.HasPrefix(pattern, ".") {
		return false
	}
	named := strings.EqualFold(path.Ext(pattern), path.Ext(name))
	if !named && (isSidecar(name) || isSignature(o.Key, keys)) {
		return false
	}
	matched, err := path.Match(pattern, name)
	return pattern == "" || err == nil && matched
}

func isHidden(key string) bool {
	return slices.ContainsFunc(strings.Split(key, "/"), func(segment string) bool {
		return strings.HasPrefix(segment, ".") && segment != "." && segment != ".."
	})
}

func isSidecar(name string) bool {
	name = strings.ToLower(name)
	signed := strings.TrimSuffix(name, ".asc") // shop.dump.sha256.asc
	return slices.Contains(sidecars, path.Ext(signed)) || strings.HasSuffix(name, "~") || checksumLists.MatchString(name)
}

// isSignature reports whether the key is that of a signature: shop.dump.asc if
// shop.dump exists. Without shop.dump it is an armored, encrypted backup.
func isSignature(key string, keys map[string]bool) bool {
	bare, ok := strings.CutSuffix(key, ".asc")
	return ok && keys[bare]
}

// foldDirectories replaces the files of each dump in directory format with one
// object. Such files are in the same directory as a toc.dat.
func foldDirectories(objects []Object) []Object {
	dumps := map[string]*Object{}
	for _, o := range objects {
		if path.Base(o.Key) == "toc.dat" {
			dir := path.Dir(o.Key)
			dumps[dir] = &Object{Key: dir}
		}
	}
	var folded []Object
	for _, o := range objects {
		dump, ok := dumps[path.Dir(o.Key)]
		if !ok {
			folded = append(folded, o)
			continue
		}
		dump.Files++
		dump.Size += o.Size
		if o.ModifiedAt.After(dump.ModifiedAt) {
			dump.ModifiedAt = o.ModifiedAt
		}
	}
	for _, dump := range dumps {
		folded = append(folded, *dump)
	}
	return folded
}
