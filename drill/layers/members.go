package layers

import (
	"bytes"
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/layers/codec"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// kind is what a member of an archive can be.
type kind int

const (
	notADump kind = iota
	aDump
	aFile // of a dump in pg_dump's tar or directory format
)

// members chooses the dump among the members of an archive.
type members struct {
	glob string
	kind string // of archive, for messages

	files    int
	found    []string // the dump, and any other that can be it
	likely   []string // a few that may hold a dump by their content
	physical string   // the first part of a physical backup
}

const maxListed = 5

// add notes a member and returns what it can be.
func (m *members) add(name string, head []byte) kind {
	m.files++
	k := m.kindOf(name, head)
	switch {
	case k != notADump:
		m.found = append(m.found, name)
		return k
	case isLikely(name, head) && len(m.likely) < maxListed:
		m.likely = append(m.likely, name)
	}
	m.physical = cmp.Or(m.physical, physicalMember(name))
	return notADump
}

func (m *members) kindOf(name string, head []byte) kind {
	switch {
	case m.glob != "" && !m.matches(name):
		return notADump
	case IsDumpFile(path.Base(name)):
		return aFile
	case m.glob != "", isDumpName(path.Base(name)), isDump(head):
		return aDump
	}
	return notADump
}

// matches reports whether the glob of the config names the member, or the directory of a
// dump. A glob without a slash is for base names.
func (m *members) matches(name string) bool {
	for _, n := range []string{name, path.Dir(name), path.Base(name)} {
		if ok, err := path.Match(strings.TrimPrefix(m.glob, "./"), n); err == nil && ok && (n != path.Base(name) || !strings.Contains(m.glob, "/")) {
			return true
		}
	}
	return false
}

// none returns the Failure for an archive without a dump.
func (m *members) none() error {
	switch {
	case m.glob != "":
		return outcome.Fail(outcome.MemberMissing, "no member of the %s matches backup.member (%s): it has %s", m.kind, clean(m.glob), words.Count(m.files, "file")).
			WithHint("correct backup.member, or find out why the backup job packs no dump")
	case m.physical != "":
		return physicalBackup(m.physical + " in a " + m.kind)
	case len(m.likely) > 0:
		return outcome.Fail(outcome.FormatUnsupported, "no member of the %s has the name of a dump: it has %s, such as %s", m.kind, words.Count(m.files, "file"), clean(m.likely[0])).
			WithHint("set backup.member to the name of the member that is the dump")
	}
	return outcome.Fail(outcome.MemberMissing, "no member of the %s is a dump: it has %s", m.kind, words.Count(m.files, "file")).
		WithHint("set backup.member if the dump has an unusual name, or find out why the backup job packs no dump")
}

// ambiguous returns the Failure for an archive in which several members can be the dump.
func (m *members) ambiguous() error {
	shown := make([]string, 0, len(m.found))
	for _, name := range m.found {
		shown = append(shown, clean(name))
	}
	return outcome.Fail(outcome.MemberAmbiguous, "several members of the %s can be the dump: %s", m.kind, words.List(shown, maxListed)).
		WithHint("set backup.member to the one that is to be drilled")
}

func (m *members) described() string {
	return fmt.Sprintf("a %s of %s", m.kind, words.Count(m.files, "file"))
}

const tocName = "toc.dat"

// dumpFile matches the files that pg_dump writes in its tar and directory formats.
var dumpFile = regexp.MustCompile(`^(toc\.dat|[0-9]+\.dat(\.gz|\.lz4|\.zst)?|blobs(_[0-9]+)?\.toc|blob_[0-9]+\.dat(\.gz|\.lz4|\.zst)?)$`)

// IsDumpFile reports whether a file has a name that pg_dump gives to the files of its tar and
// directory formats.
func IsDumpFile(base string) bool { return dumpFile.MatchString(base) }

// dumpSuffixes are the extensions that people give to dumps.
var dumpSuffixes = []string{"sql", "dump", "pgdump", "psql", "dmp"}

// isDumpName reports whether a file has the extension of a dump.
func isDumpName(base string) bool {
	return !strings.HasPrefix(base, ".") && slices.ContainsFunc(strings.Split(strings.ToLower(base), ".")[1:], func(part string) bool { return slices.Contains(dumpSuffixes, part) })
}

// isDump reports whether a member begins like a dump of pg_dump.
func isDump(head []byte) bool {
	text, _, _ := bytes.Cut(head, []byte{0})
	return hasPrefix(head, archiveMagic) || bytes.Contains(text, []byte("\n-- PostgreSQL database dump\n")) ||
		bytes.Contains(text, []byte("\n-- PostgreSQL database cluster dump\n"))
}

// isLikely reports whether a member may hold a dump although its name does not say so: it
// is compressed or encrypted, and its name has no extension of something else.
func isLikely(name string, head []byte) bool {
	base := path.Base(name)
	plain := !strings.Contains(strings.Trim(base, "."), ".") || slices.Contains([]string{".gz", ".zst", ".xz", ".bz2", ".lz4", ".gpg", ".age", ".enc", ".bak", ".backup"}, path.Ext(base))
	return plain && strings.Count(base, ".") <= 1 && (codec.Detect(head) != "" || codec.Unsupported(head) != "" || encryptionOf(head) != "")
}

// cleanName returns the name of a member as a relative path without dots. It is only for
// comparison: a member is never written under its name.
func cleanName(name string) string {
	return strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, `\`, "/")), "/")
}

const maxShown = 200

// clean returns text from a backup for a message: on one line, and not too long.
func clean(text string) string { return words.Printable(text, maxShown) }
