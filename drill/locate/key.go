package locate

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Show returns a key for printing. It quotes a key that contains characters that
// would disturb a terminal or a line of text.
func Show(key string) string {
	odd := func(r rune) bool { return r == unicode.ReplacementChar || r == ' ' || r == '"' || !unicode.IsPrint(r) }
	if key == "" || strings.ContainsFunc(key, odd) {
		return strconv.Quote(key)
	}
	return key
}

// Escape returns a key for a URI that people read. It percent-encodes unprintable
// characters only.
func Escape(key string) string {
	var b strings.Builder
	for len(key) > 0 {
		r, size := utf8.DecodeRuneInString(key)
		if valid := r != utf8.RuneError || size > 1; valid && unicode.IsPrint(r) {
			b.WriteString(key[:size])
		} else {
			for _, c := range []byte(key[:size]) {
				fmt.Fprintf(&b, "%%%02X", c)
			}
		}
		key = key[size:]
	}
	return b.String()
}
