package config

import (
	"maps"
	"slices"
	"strings"
)

// Reference is where a value of the config comes from if it is not in the file: exactly one
// of its fields. It never holds the value.
type Reference struct {
	Variable string // an environment variable
	File     string // the path of a file
}

// References returns where the value at a Path comes from, in order. It returns none for a
// value that is in the file itself.
func (c *Config) References(path string) []Reference { return slices.Clone(c.references[path]) }

// VariablesBelow returns the names of the environment variables to which the section at a
// Path refers, sorted.
func (c *Config) VariablesBelow(path string) []string {
	names := map[string]bool{}
	for at, list := range c.references {
		rest, below := strings.CutPrefix(at, path)
		if !below || rest != "" && !strings.HasPrefix(rest, ".") && !strings.HasPrefix(rest, "[") {
			continue
		}
		for _, r := range list {
			if r.Variable != "" {
				names[r.Variable] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}
