package words

import (
	"fmt"
	"strings"
)

// List returns the first texts, at most so many, and counts the others:
// a, b and 3 more. A single other one is listed instead of counted.
func List(texts []string, most int) string { return listed(texts, most, ", ", " ") }

// Series is List for texts that hold commas themselves: a, b; c, d; and 3 more.
func Series(texts []string, most int) string { return listed(texts, most, "; ", "; ") }

func listed(texts []string, most int, separator, last string) string {
	rest := len(texts) - most
	if rest <= 1 {
		return strings.Join(texts, separator)
	}
	return strings.Join(texts[:most], separator) + last + "and " + Number(rest) + " more"
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

// Shorten returns the first n characters of a text, and … where it has more.
// It counts code points: a text of nothing but combining characters has no
// width, and is shortened all the same.
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
