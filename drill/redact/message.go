package redact

import (
	"regexp"
	"strings"
)

var (
	// 22P02 invalid input syntax for type integer: "abc"; 22P05 byte sequence 0xe2 0x82; 22003 value "9e9" is out of range
	afterColon = regexp.MustCompile(`(?s): ".*`)
	bytesShown = regexp.MustCompile(`(?:0x[0-9a-fA-F]{2} ?)+`)
	outOfRange = regexp.MustCompile(`(?s)".*"( is out of range)`)
	nearToken  = regexp.MustCompile(`(?s) at or near "(.*)"`)
	keyword    = regexp.MustCompile(`^(?:[A-Z_]+|[^\p{L}\p{N}]{1,3})$`)
)

// Message removes row values from a message of the server. Names stay.
func Message(sqlstate, message string) string {
	switch {
	case sqlstate == "P0001":
		message = "a function raised an exception of its own"
	case sqlstate == "42601": // rows whose COPY line was lost are read as SQL
		if m := nearToken.FindStringSubmatch(message); m != nil && !keyword.MatchString(m[1]) {
			message = strings.Replace(message, m[1], value, 1)
		}
	case strings.HasPrefix(sqlstate, "22") && !strings.Contains(message, "for parameter"):
		message = afterColon.ReplaceAllString(message, "")
		message = bytesShown.ReplaceAllString(message, value)
		message = outOfRange.ReplaceAllString(message, value+"$1")
	}
	return Cut(OneLine(message), 2*StatementLength)
}

// OneLine makes text of the server fit for a message.
func OneLine(text string) string {
	return strings.Join(strings.Fields(strings.ToValidUTF8(text, "�")), " ")
}
