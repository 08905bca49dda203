// Package words formats counts, lists, sizes, times and names for people. JSON
// contains the numbers instead.
package words

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"
)

// Number returns n with its thousands separated: 300,000.
func Number[N int | int64](n N) string { return humanize.Comma(int64(n)) }

// Count returns n and a noun: 1 table, 1,200 tables, 3 queries.
func Count[N int | int64](n N, noun string) string { return CountOf(n, noun, plural(noun)) }

// CountOf is Count for a phrase with an irregular plural: 1 table is empty, 3 tables
// are empty.
func CountOf[N int | int64](n N, one, many string) string {
	return Number(n) + " " + Noun(n, one, many)
}

// Noun returns one if n is 1, otherwise many.
func Noun[N int | int64](n N, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// plural returns the plural of a noun. Postgres says indexes, not indices.
func plural(noun string) string {
	if strings.HasSuffix(noun, "index") {
		return noun + "es"
	}
	return english.PluralWord(2, noun, "")
}

// Size returns a number of bytes in binary units: 512 B, 4.1 MiB. Unlike
// humanize.IBytes it keeps one decimal, so that 9.9 MiB is not shown as 10 MiB
// with a limit of 10 MiB.
func Size(bytes int64) string {
	const step = 1024
	if bytes < step {
		return fmt.Sprintf("%d B", bytes)
	}
	value, units := float64(bytes)/step, []string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	for len(units) > 1 && value >= step-0.05 {
		value, units = value/step, units[1:]
	}
	return fmt.Sprintf("%.1f %s", value, units[0])
}

// Rate returns the number of bytes per second: 12.4 MiB/s.
func Rate(bytes int64, seconds float64) string { return Size(int64(float64(bytes)/seconds)) + "/s" }

// Printable returns a text of unknown origin for one line of a message: at most longest
// bytes of it, with unprintable characters replaced.
func Printable(text string, longest int) string {
	if len(text) > longest {
		return Printable(text[:longest], longest) + "…"
	}
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
}
