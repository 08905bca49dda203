package locate

import (
	"path"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/companion"
	"github.com/drillgres/drillgres/drill/dumpfile"
	"github.com/drillgres/drillgres/drill/outcome"
)

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

// isCandidate reports whether o is a backup by its name. A hidden file is a
// candidate only if the pattern names its dot, and a file that accompanies backups
// only if the pattern names its kind. So shop-* matches shop-1.dump and not
// shop-1.dump.sha256, which is always newer.
func isCandidate(pattern string, o Object, keys map[string]bool) bool {
	name := path.Base(o.Key)
	if isHidden(o.Key) && !strings.HasPrefix(pattern, ".") {
		return false
	}
	if isSignature(o.Key, keys) && !strings.EqualFold(path.Ext(pattern), path.Ext(name)) {
		return false
	}
	if companion.Is(name) && !companion.IsNamedBy(pattern, name) {
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
		if dumpfile.IsContents(path.Base(o.Key)) {
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

// membersOf returns the files of a dump in directory format.
func membersOf(dump Object, objects []Object) (members []Object) {
	if dump.Files == 0 {
		return nil
	}
	for _, o := range objects {
		if path.Dir(o.Key) == dump.Key {
			members = append(members, o)
		}
	}
	return members
}
