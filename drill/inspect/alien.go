package inspect

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/drillgres/drillgres/drill/outcome"
)

var utf8Mark = []byte{0xef, 0xbb, 0xbf}

const excerptLength = 120

// alien gives the Failure for well-known files that are no dump.
func alien(head []byte) error {
	text := bytes.TrimSpace(bytes.TrimPrefix(head, utf8Mark))
	switch {
	case hasPrefix(head, "\xff\xfe"), hasPrefix(head, "\xfe\xff"):
		return outcome.Fail(outcome.NotADump, "not a dump: it is text in UTF-16, which no tool of Postgres reads").
			WithHint("do not redirect pg_dump with > in PowerShell: use pg_dump --file")
	case hasPrefix(head, "SQLite format 3\x00"):
		return outcome.Fail(outcome.NotADump, "not a dump: it is an SQLite database")
	case hasPrefix(head, "\x7fELF"), hasPrefix(head, "MZ\x90"):
		return outcome.Fail(outcome.NotADump, "not a dump: it is a program")
	case hasPrefix(text, "-- MySQL dump"), hasPrefix(text, "-- MariaDB dump"), hasPrefix(text, "/*M!999999"):
		return outcome.Fail(outcome.NotADump, "not a dump of Postgres: it is one of MySQL")
	case hasPrefix(text, "<"):
		return alienText("markup (HTML or XML)", text)
	case hasPrefix(text, "{"), hasPrefix(text, "["):
		return alienText("JSON", text)
	}
	return nil
}

func alienText(kind string, text []byte) error {
	return outcome.Fail(outcome.NotADump, "not a dump: it is %s, beginning with %q", kind, excerpt(text))
}

func notADump(first string) error {
	if first == "" {
		return outcome.Fail(outcome.NotADump, "not a dump: it is binary and of no known format")
	}
	return outcome.Fail(outcome.NotADump, "not a dump: it begins with %q", first)
}

// longestShown is how much of one text of the dump a message shows, in bytes:
// a name has at most 63, unless somebody made it up.
const longestShown = 160

// clean makes text of the dump fit for a line of a report.
func clean(text string) string {
	if len(text) > longestShown {
		return clean(text[:longestShown]) + "…"
	}
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
}

// excerpt is the beginning of the first line, if it can be read.
func excerpt(head []byte) string {
	line := string(bytes.TrimSpace(bytes.TrimPrefix(head, utf8Mark)))
	line, _, _ = strings.Cut(line, "\n")
	cut := line[:min(len(line), excerptLength)]
	text := clean(cut)
	if strings.Count(text, "?")-strings.Count(cut, "?") > len(cut)/10 {
		return ""
	}
	if len(line) > len(cut) {
		text += "…"
	}
	return strings.TrimSpace(text)
}
