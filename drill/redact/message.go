package redact

import "strings"

// OneLine makes text of the server fit for a message.
func OneLine(text string) string {
	return strings.Join(strings.Fields(strings.ToValidUTF8(text, "�")), " ")
}
