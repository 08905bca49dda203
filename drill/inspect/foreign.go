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

// rejectForeign returns the Failure for a well-known file type that is not a dump.
func rejectForeign(head []byte) error {
	text := bytes.TrimSpace(bytes.TrimPrefix(head, utf8Mark))
	switch {
	case hasPrefix(head, "\xff\xfe"), hasPrefix(head, "\xfe\xff"):
		return outcome.Fail(outcome.NotADump, "not a dump: it is text in UTF-16, which Postgres tools cannot read").
			WithHint("do not redirect pg_dump with > in PowerShell: use pg_dump --file")
	case hasPrefix(head, "SQLite format 3\x00"):
		return outcome.Fail(outcome.NotADump, "not a dump: it is an SQLite database")
	case hasPrefix(head, "\x7fELF"), hasPrefix(head, "MZ\x90"):
		return outcome.Fail(outcome.NotADump, "not a dump: it is a program")
	case hasPrefix(text, "-- MySQL dump"), hasPrefix(text, "-- MariaDB dump"), hasPrefix(text, "/*M!999999"):
		return outcome.Fail(outcome.NotADump, "not a Postgres dump: it is a MySQL dump")
	case hasPrefix(text, "<"):
		return foreignText("markup (HTML or XML)", text)
	case hasPrefix(text, "{"), hasPrefix(text, "["):
		return foreignText("JSON", text)
	}
	return nil
}

func foreignText(kind string, text []byte) error {
	return outcome.Fail(outcome.NotADump, "not a dump: it is %s, beginning with %q", kind, excerpt(text))
}

func notADump(first string) error {
	if first == "" {
		return outcome.Fail(outcome.NotADump, "not a dump: it is binary data in an unknown format")
	}
	return outcome.Fail(outcome.NotADump, "not a dump: it begins with %q", first)
}

// maxShown is how many bytes of one text from the dump a message shows. A real
// name has at most 63.
const maxShown = 160

// clean returns text from the dump for a line of a report, shortened and with
// unprintable characters replaced.
func clean(text string) string {
	if len(text) > maxShown {
		return clean(text[:maxShown]) + "…"
	}
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
}

// excerpt returns the beginning of the first line. It returns an empty string if
// that is not text.
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
