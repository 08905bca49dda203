package report

import (
	"regexp"
	"strings"
	"unicode"
)

// escape matches terminal escape sequences: colours, titles, cursor movements.
var escape = regexp.MustCompile(`\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[ -/]*[0-~])`)

// Clean makes a text of several lines safe for a terminal.
func Clean(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = clean(line)
	}
	return strings.Join(lines, "\n")
}

// clean makes one safe line of a text from a dump, a listing or a log: nothing in
// it can move the cursor, or recolour or reorder the output.
func clean(s string) string {
	s = escape.ReplaceAllString(s, "")
	s = strings.ToValidUTF8(s, "\uFFFD")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\u2028', r == '\u2029', r == '\uFEFF':
			return '\uFFFD'
		default:
			return r
		}
	}, strings.TrimRight(s, "\r\n"))
}
