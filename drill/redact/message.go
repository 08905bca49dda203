package redact

import "strings"

// OneLine returns text as one line of valid UTF-8, with single spaces.
func OneLine(text string) string {
	return strings.Join(strings.Fields(strings.ToValidUTF8(text, "�")), " ")
}
