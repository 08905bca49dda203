package words

import (
	"fmt"
	"strings"
)

// List returns the first n texts and the number of the others: a, b and 3 more.
// A single other text is listed instead of counted.
func List(texts []string, n int) string { return listed(texts, n, ", ", " ") }

// Series is List for texts that contain commas: a, b; c, d; and 3 more.
func Series(texts []string, n int) string { return listed(texts, n, "; ", "; ") }

func listed(texts []string, n int, separator, last string) string {
	others := len(texts) - n
	if others <= 1 {
		return strings.Join(texts, separator)
	}
	return strings.Join(texts[:n], separator) + last + "and " + Number(others) + " more"
}

// Join joins the texts that are not empty.
func Join(separator string, texts ...string) string {
	var present []string
	for _, text := range texts {
		if text != "" {
			present = append(present, text)
		}
	}
	return strings.Join(present, separator)
}

// Quoted returns each text in double quotes, with its control characters
// escaped.
func Quoted(texts []string) []string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = fmt.Sprintf("%q", text)
	}
	return quoted
}

// Shorten returns the first n characters of a text, followed by … if it has more. It
// counts code points rather than width, because combining characters have no width.
func Shorten(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for at := range text {
		if n == 0 {
			return text[:at] + "…"
		}
		n--
	}
	return text
}
