package inspect

import (
	"bytes"
	"regexp"
	"unicode"
	"unicode/utf8"

	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

var utf8Mark = []byte{0xef, 0xbb, 0xbf}

// foreignScripts holds the first comments that only the tools of other databases write.
var foreignScripts = [][2]string{
	{"-- MySQL dump", "MySQL"},
	{"-- MariaDB dump", "MariaDB"},
	{"/*M!999999", "MariaDB"},
	{"-- phpMyAdmin SQL Dump", "MySQL"},
	{"-- mysqldump", "MySQL"},
}

// utf16Marks holds how text in UTF-16 begins: with its byte order mark, or with the
// first comment of a dump.
var utf16Marks = [][2]string{{"\xff\xfe", "UTF-16"}, {"\xfe\xff", "UTF-16"}, {"-\x00-\x00", "UTF-16"}, {"\x00-\x00-", "UTF-16"}}

// rejectForeign returns the Failure for a well-known file type that is not a dump. Its
// message names the type, and nothing of the content.
func rejectForeign(head []byte) error {
	text := bytes.TrimSpace(bytes.TrimPrefix(head, utf8Mark))
	if layers.NameOf(head, utf16Marks) != "" {
		return outcome.Fail(outcome.NotADump, "not a dump: it is text in UTF-16, as PowerShell's > writes it, which Postgres tools cannot read").
			WithHint("do not redirect pg_dump with > in PowerShell: use pg_dump --file")
	}
	if name := layers.ForeignOf(head); name != "" {
		return outcome.Fail(outcome.NotADump, "not a dump: it is %s", name)
	}
	if name := layers.NameOf(text, foreignScripts); name != "" {
		return foreignSQL(name)
	}
	switch {
	case hasPrefix(text, "<"):
		return outcome.Fail(outcome.NotADump, "not a dump: it is markup (HTML or XML)%s", errorNamed(text))
	case hasPrefix(text, "{"), hasPrefix(text, "["):
		return outcome.Fail(outcome.NotADump, "not a dump: it is JSON%s", errorNamed(text))
	}
	return rejectMixed(text)
}

func foreignSQL(database string) error {
	return outcome.Fail(outcome.NotADump, "not a Postgres dump: it is SQL of %s", database).
		WithHint("check which database and which program the backup job dumps with")
}

// knownErrors matches the codes of error documents of object stores, and the states of
// HTTP. Any other word of a document may be data.
var knownErrors = regexp.MustCompile(`\b(AccessDenied|NoSuchKey|NoSuchBucket|NoSuchVersion|SlowDown|InternalError|ServiceUnavailable|ExpiredToken|InvalidToken|TokenRefreshRequired|` +
	`RequestTimeTooSkewed|RequestTimeout|SignatureDoesNotMatch|InvalidAccessKeyId|InvalidObjectState|PermanentRedirect|AuthorizationHeaderMalformed|` +
	`AllAccessDisabled|AccountProblem|BlobNotFound|ContainerNotFound|AuthenticationFailed|AuthorizationFailure|ResourceNotFound|ServerBusy|` +
	`400 Bad Request|401 Unauthorized|403 Forbidden|404 Not Found|407 Proxy Authentication Required|408 Request Timeout|429 Too Many Requests|500 Internal Server Error|` +
	`502 Bad Gateway|503 Service (?:Temporarily )?Unavailable|504 Gateway Time-?out)\b`)

// errorNamed returns the error that a document states, for the end of a message.
func errorNamed(document []byte) string {
	if name := knownErrors.Find(document); name != nil {
		return ", the error " + string(name)
	}
	return ""
}

// notADump returns the Failure for a file in which nothing was recognised. The message
// quotes nothing of it, because the first line of a file may be a row.
func notADump(head []byte) error {
	text := bytes.TrimSpace(bytes.TrimPrefix(head, utf8Mark))
	switch by := messageOf(text); {
	case by != "":
		return outcome.Fail(outcome.NotADump, "not a dump: it begins with a message of %s%s", by, reasonIn(text)).
			WithHint("correct the backup job: let it stop if pg_dump fails, and do not write its messages into the backup (no 2>&1)")
	case len(bytes.Trim(head, "\x00")) == 0:
		return outcome.Fail(outcome.NotADump, "not a dump: it begins with zero bytes").
			WithHint("check the storage and the upload: the file was created but not written")
	case isText(text):
		return outcome.Fail(outcome.NotADump, "not a dump: it is text, but not the SQL of a dump")
	}
	return outcome.Fail(outcome.NotADump, "not a dump: it is binary data in an unknown format").
		WithHint("if the backup is encrypted or packed, decrypt or unpack it and drill the result; otherwise correct the backup job or backup.match")
}

// isText reports whether nearly all of the first line can be printed.
func isText(head []byte) bool {
	const longest = 120
	line, _, _ := bytes.Cut(head, []byte("\n"))
	line = bytes.TrimSpace(line[:min(len(line), longest)])
	odd := 0
	for _, r := range string(line) {
		if r == utf8.RuneError || !unicode.IsPrint(r) && r != '\t' {
			odd++
		}
	}
	return odd <= len(line)/10
}

// maxShown is how many bytes of one name from the dump a message shows. A real
// name has at most 63.
const maxShown = 160

// clean returns a name from the dump for a line of a report, shortened and with
// unprintable characters replaced.
func clean(text string) string { return words.Printable(text, maxShown) }
