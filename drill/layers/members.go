package layers

import (
	"bytes"
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/companion"
	"github.com/drillgres/drillgres/drill/dumpfile"
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
	link     string   // a link that would be the dump, and where it leads
	physical string   // the first part of a physical backup
}

const maxListed = 5

// add notes a member and returns what it can be. Without a head, only its name counts.
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
	base := path.Base(name)
	switch {
	case m.glob != "" && !m.matches(name), companion.Is(base) && !companion.IsNamedBy(m.glob, base), isSideline(base, head):
		return notADump
	case dumpfile.IsContents(base):
		return aFile
	case dumpfile.Is(base):
		if len(m.found) > 0 || dumpfile.IsRows(dumpfile.Bare(base)) && !maybeRows(base, head) { // only the table of contents makes another dump
			return notADump
		}
		return aFile
	case m.glob != "" && m.matchesFile(name), isDumpName(base), isDump(head):
		return aDump
	}
	return notADump
}

// addLink notes a link of an archive, which has no content.
func (m *members) addLink(name, target string) {
	if m.link == "" && m.kindOf(name, nil) != notADump {
		m.link = shownLink(name, target)
	}
}

func shownLink(name, target string) string {
	return fmt.Sprintf("%s, a link to %s", clean(name), clean(target))
}

// isLink returns the Failure for an archive that has only a link in place of a file of the dump.
func (m *members) isLink(shown string) error {
	return outcome.Fail(outcome.FormatUnsupported, "the dump in the %s is %s", m.kind, shown).
		WithHint("set backup.member to the file that the link leads to, or pack the file itself (tar --dereference --hard-dereference)")
}

// isSideline reports whether a member with the name of a dump is something else: a
// signature, or the script in a tar archive of pg_dump.
func isSideline(base string, head []byte) bool {
	return hasPrefix(head, "-----BEGIN PGP SIGNATURE") || base == dumpfile.Script && bytes.Contains(head, []byte("File paths need to be edited"))
}

// maybeRows reports whether a file with the name of rows can be that by its beginning.
// Programs have data files with such names.
func maybeRows(base string, head []byte) bool {
	if head == nil || dumpfile.Decrypted(base) != base || dumpfile.Compression(base) != "" {
		return true
	}
	if whole := len(head) < sniffLength; whole && len(bytes.TrimSpace(head)) > 0 && !bytes.Contains(head, []byte("INSERT INTO ")) {
		return bytes.HasPrefix(head, []byte(endOfRows)) || bytes.Contains(head, []byte("\n"+endOfRows))
	}
	return !bytes.Contains(head, []byte{0})
}

// endOfRows is the last line of rows in COPY's text format.
const endOfRows = "\\.\n"

// matches reports whether the glob of the config names the member, or its directory.
func (m *members) matches(name string) bool {
	return m.matchesFile(name) || m.matchesPath(path.Dir(name))
}

// matchesFile reports whether the glob names the member. A glob without a slash is for base names.
func (m *members) matchesFile(name string) bool {
	return m.matchesPath(name) || !strings.Contains(m.glob, "/") && m.matchesPath(path.Base(name))
}

func (m *members) matchesPath(name string) bool {
	ok, err := path.Match(strings.TrimPrefix(m.glob, "./"), name)
	return err == nil && ok
}

// none returns the Failure for an archive without a dump.
func (m *members) none() error {
	switch {
	case m.link != "":
		return m.isLink(m.link)
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
	if m.hasTwice() {
		return m.twice(m.found[0])
	}
	shown := make([]string, 0, len(m.found))
	for _, name := range m.found {
		shown = append(shown, clean(name))
	}
	return outcome.Fail(outcome.MemberAmbiguous, "several members of the %s can be the dump: %s", m.kind, words.List(shown, maxListed)).
		WithHint("set backup.member to the one that is to be drilled")
}

// hasTwice reports whether the dump is there twice under one name.
func (m *members) hasTwice() bool { return len(m.found) > 1 && m.found[0] == m.found[len(m.found)-1] }

// twice returns the Failure for an archive that has a file of the dump twice.
func (m *members) twice(name string) error {
	return outcome.Fail(outcome.MemberAmbiguous, "the %s has %s twice", m.kind, clean(name)).
		WithHint("pack each backup into a new archive: appending keeps the old files beside the new ones")
}

func (m *members) described() string {
	return fmt.Sprintf("a %s of %s", m.kind, words.Count(m.files, "file"))
}

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
// begins like one, or it is compressed or encrypted, and its name has no extension of
// something else.
func isLikely(name string, head []byte) bool {
	base := path.Base(name)
	return isDump(head) || hasPlainName(base) && (codec.Detect(head) != "" || codec.Unsupported(head) != "" || encryptionOf(head) != "")
}

// hasPlainName reports whether the name of a file has no extension, or one that says nothing
// about what is inside.
func hasPlainName(base string) bool {
	plain := !strings.Contains(strings.Trim(base, "."), ".") || slices.Contains([]string{".gz", ".zst", ".xz", ".bz2", ".lz4", ".gpg", ".age", ".enc", ".bak", ".backup"}, path.Ext(base))
	return plain && strings.Count(base, ".") <= 1
}

// cleanName returns the name of a member as a relative path without dots. It is only for
// comparison: a member is never written under its name.
func cleanName(name string) string {
	return strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, `\`, "/")), "/")
}

const maxShown = 200

// clean returns text from a backup for a message: on one line, and not too long.
func clean(text string) string { return words.Printable(text, maxShown) }
