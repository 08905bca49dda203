// Package producer describes the backup tools whose layout is known: what they write,
// under which names, and what a drill of it needs. It is a table, and nothing in it
// reads a backup.
package producer

import (
	"path"
	"slices"
	"strings"
)

// Producer describes what one backup tool writes.
type Producer struct {
	Name     string   `json:"name"`               // of the config: pg_back
	Aliases  []string `json:"aliases,omitempty"`  // other names that Find accepts: forks and former names
	Title    string   `json:"title"`              // for people: pg_back (orgrim)
	Writes   string   `json:"writes"`             // one line: what the tool writes
	Config   string   `json:"config,omitempty"`   // one or two lines that drill it, postgres: and restore: beside backup:, others inside it; empty if unusable
	Match    string   `json:"match,omitempty"`    // glob for base names; empty: any. {database} stands for the database's name
	Folder   string   `json:"folder,omitempty"`   // glob for the last folders of the key; empty: any
	Parts    []string `json:"parts,omitempty"`    // globs of the parts of a set, in restore order
	Globals  string   `json:"globals,omitempty"`  // glob of the file with the cluster's roles beside the dumps
	Creation string   `json:"creation,omitempty"` // extension, instead of the dump's own, of the SQL that creates its database
	Member   string   `json:"member,omitempty"`   // glob of the member in a tar or zip
	Layers   []string `json:"layers,omitempty"`   // what usually wraps the dump, outermost first, and the dump's format
	OpenSSL  *OpenSSL `json:"openssl,omitempty"`  // how it calls openssl enc; nil: not at all, or with openssl's defaults
	Unusable string   `json:"unusable,omitempty"` // why it cannot be drilled, and what to do instead; empty: it can
	Command  []string `json:"command,omitempty"`  // for a repository: an example of command.run
	Notes    []string `json:"notes,omitempty"`    // what an operator must know
	Evidence string   `json:"evidence,omitempty"` // where it was read: repository:path, or a page
}

// OpenSSL holds the options of openssl enc that a file does not record.
type OpenSSL struct {
	Cipher     string `json:"cipher"`               // aes-256-cbc
	PBKDF2     bool   `json:"pbkdf2"`               // false: the old derivation, EVP_BytesToKey
	Iterations int    `json:"iterations,omitempty"` // of PBKDF2
	Digest     string `json:"digest,omitempty"`     // empty: it depends on the version of openssl
}

// databaseMark stands for the name of the database in a glob.
const databaseMark = "{database}"

// all holds every producer, sorted by name.
var all = slices.SortedFunc(slices.Values(slices.Concat(
	scripts, services, frameworks, applications, clouds, repositories, physical,
)), func(a, b Producer) int { return strings.Compare(a.Name, b.Name) })

// All returns all producers, sorted by name. The caller may change the slice, but not
// what its elements refer to.
func All() []Producer { return slices.Clone(all) }

// Names returns the names of all producers, sorted. Aliases are not among them.
func Names() []string {
	names := make([]string, len(all))
	for i, p := range all {
		names[i] = p.Name
	}
	return names
}

// Find returns the producer with that name or alias.
func Find(name string) (Producer, bool) {
	i := slices.IndexFunc(all, func(p Producer) bool { return p.Name == name || slices.Contains(p.Aliases, name) })
	if i < 0 {
		return Producer{}, false
	}
	return all[i], true
}

// MatchFor returns Match for one database. The name is matched literally; an empty name
// matches any database.
func (p Producer) MatchFor(database string) string { return Expand(p.Match, database) }

// Expand replaces {database} in a glob with a name, in which no character is special. An
// empty name becomes a star.
func Expand(glob, database string) string {
	literal := "*"
	if database != "" {
		literal = strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(database)
	}
	return strings.ReplaceAll(glob, databaseMark, literal)
}

// Matches reports whether a key is a dump of the database, by Match and Folder. Files
// that accompany dumps, such as checksums, can match too.
func (p Producer) Matches(key, database string) bool {
	return globs(p.MatchFor(database), path.Base(key)) && globs(Expand(p.Folder, database), lastFolders(key, p.Folder))
}

// DatabaseOf returns the database of which a key is a dump. ok is false if the key does not
// match, or if its name does not say.
func (p Producer) DatabaseOf(key string) (database string, ok bool) {
	before, after, named := strings.Cut(p.Match, databaseMark)
	if !named || !p.Matches(key, "") {
		return "", false
	}
	base := path.Base(key)
	for end := range len(base) + 1 { // the shortest name that fits
		rest, isPrefix := strings.CutPrefix(base[:end], before)
		if isPrefix && rest != "" && globs(after, base[end:]) {
			return rest, true
		}
	}
	return "", false
}

// globs reports whether a name matches a glob. An empty glob matches everything.
func globs(glob, name string) bool {
	ok, err := path.Match(glob, name)
	return glob == "" || err == nil && ok
}

// lastFolders returns as many of the last folders of a key as a glob has.
func lastFolders(key, glob string) string {
	folders := strings.Split(path.Dir(key), "/")
	return strings.Join(folders[max(0, len(folders)-1-strings.Count(glob, "/")):], "/")
}
