package config

import (
	"strings"

	"github.com/drillgres/drillgres/drill/redact"
)

// Single returns a config of one database that is in no file, with the defaults of a file.
// Unlike a file, it has no history unless record.history is set. secrets are what no output
// may contain.
func Single(db *Database, history History, secrets ...redact.Secret) *Config {
	c := &Config{
		Version: formatVersion, Dir: ".", Databases: map[string]*Database{db.Name: db},
		Record: Record{History: history}, secrets: secrets,
	}
	c.setDefaults()
	return c
}

// NameFor returns a text as the name of a database in a config: what is not allowed in one
// becomes a hyphen. It returns other if nothing is left.
func NameFor(text, other string) string {
	const longest = 63
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' || r == '-' {
			return r
		}
		return '-'
	}, strings.ToLower(text))
	name = strings.Trim(name, "-_")
	for strings.Contains(name, "--") {
		name = strings.ReplaceAll(name, "--", "-")
	}
	if name = strings.TrimRight(name[:min(len(name), longest)], "-_"); name == "" {
		return other
	}
	return name
}

// SupportsMajor reports whether a drill can restore into that major version.
func SupportsMajor(major int) bool { return major >= minMajor && major <= maxMajor }

// OldestMajor is the oldest major version that a drill can restore into.
const OldestMajor = minMajor
