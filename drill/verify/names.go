package verify

import (
	"regexp"
	"strings"
)

var plainName = regexp.MustCompile(`^[a-z_][a-z0-9_$]*$`)

// display writes a name for a person, quoted where SQL would misread it.
func display(schema, name string) string {
	if schema == "" {
		return displayPart(name)
	}
	return displayPart(schema) + "." + displayPart(name)
}

func displayPart(s string) string {
	if plainName.MatchString(s) {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}
