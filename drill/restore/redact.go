package restore

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/drillgres/drillgres/drill/inspect"
)

// statementLength is how much of a statement is shown, in characters.
const statementLength = 200

// sqlWords are what the statements of a dump begin with.
var sqlWords = regexp.MustCompile(`(?i)^(?:alter|analyze|begin|call|comment|commit|copy|create|delete|do|drop|grant|import|insert|lock|refresh|reindex|reset|revoke|security|select|set|start|truncate|update|vacuum|with)\b`)

// definitions are statements whose numbers are no values of rows.
var definitions = regexp.MustCompile(`(?i)^(?:alter|comment|copy|create|drop|grant|refresh|reset|revoke|set)\b`)

// redactSQL makes a statement fit to be shown: one line, cut, and without the
// values in it. Literals become '…', and so do the bodies of functions. What
// does not begin as SQL is a row, and nothing of it is shown.
func redactSQL(sql string) string {
	sql = strings.TrimSpace(afterComments(sql))
	if !sqlWords.MatchString(sql) {
		return ""
	}
	// A literal far behind what will be shown need not be found.
	const enough = 16 << 10
	if len(sql) > enough {
		sql = sql[:enough]
	}
	keepNumbers := definitions.MatchString(sql)
	var b strings.Builder
	for i := 0; i < len(sql); {
		length, shown := token(sql[i:])
		if shown == value && (keepNumbers || partOfName(sql, i)) {
			shown = ""
		}
		if shown == "" {
			shown = sql[i : i+length]
		}
		b.WriteString(shown)
		i += length
	}
	return cut(oneLine(b.String()), statementLength)
}

// afterComments is sql without the comments and the white space before it.
func afterComments(sql string) string {
	for {
		sql = strings.TrimSpace(sql)
		switch {
		case strings.HasPrefix(sql, "--"):
			sql = sql[upTo(sql, "\n"):]
		case strings.HasPrefix(sql, "/*"):
			sql = sql[upTo(sql, "*/"):]
		default:
			return sql
		}
	}
}

// value stands for a value that is not shown.
const value = "…"

var (
	dollar = regexp.MustCompile(`^\$([\p{L}_][\p{L}\p{N}_]*)?\$`)
	number = regexp.MustCompile(`^[0-9][0-9.]*([eE][+-]?[0-9]+)?`)
)

// token is the length of what s begins with and what to show instead; empty
// shows it as it is. A literal that does not end reaches to the end.
func token(s string) (length int, shown string) {
	switch {
	case strings.HasPrefix(s, "E'"), strings.HasPrefix(s, "e'"):
		return 1 + quotedLength(s[1:], '\'', true), "'" + value + "'"
	case s[0] == '\'':
		return quotedLength(s, '\'', false), "'" + value + "'"
	case s[0] == '"':
		return quotedLength(s, '"', false), ""
	case strings.HasPrefix(s, "--"):
		return upTo(s, "\n"), " "
	case strings.HasPrefix(s, "/*"):
		return upTo(s, "*/"), " "
	}
	if tag := dollar.FindString(s); tag != "" {
		return len(tag) + upTo(s[len(tag):], tag), "'" + value + "'"
	}
	if n := number.FindString(s); n != "" {
		return len(n), value
	}
	_, length = utf8.DecodeRuneInString(s)
	return length, ""
}

// quotedLength is the length of a quoted text, in which a doubled quote (and,
// if asked for, a backslash) hides the next one.
func quotedLength(s string, quote byte, backslash bool) int {
	for i := 1; i < len(s); i++ {
		switch {
		case backslash && s[i] == '\\':
			i++
		case s[i] == quote && i+1 < len(s) && s[i+1] == quote:
			i++
		case s[i] == quote:
			return i + 1
		}
	}
	return len(s)
}

func upTo(s, end string) int {
	if i := strings.Index(s, end); i >= 0 {
		return i + len(end)
	}
	return len(s)
}

// partOfName tells whether a digit at i belongs to a word, as in int4.
func partOfName(sql string, i int) bool {
	r, _ := utf8.DecodeLastRuneInString(sql[:i])
	return r == '_' || r == '$' || (r >= '0' && r <= '9') || (r|0x20 >= 'a' && r|0x20 <= 'z') || r >= utf8.RuneSelf && r != utf8.RuneError
}

func cut(s string, length int) string {
	if utf8.RuneCountInString(s) <= length {
		return s
	}
	return string([]rune(s)[:length-1]) + "…"
}

var (
	// 22P02 invalid input syntax for type integer: "abc"; 22P05 byte sequence 0xe2 0x82; 22003 value "9e9" is out of range
	afterColon = regexp.MustCompile(`(?s): ".*`)
	bytesShown = regexp.MustCompile(`(?:0x[0-9a-fA-F]{2} ?)+`)
	outOfRange = regexp.MustCompile(`(?s)".*"( is out of range)`)
	nearToken  = regexp.MustCompile(`(?s) at or near "(.*)"`)
	keyword    = regexp.MustCompile(`^(?:[A-Z_]+|[^\p{L}\p{N}]{1,3})$`)
)

// redactMessage removes row values from a message of the server. Names stay.
func redactMessage(sqlstate, message string) string {
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
	return cut(oneLine(message), 2*statementLength)
}

// What a COPY says of itself: COPY table, line 3, column a: "value". The names
// are as the catalog has them, without quotes.
var (
	copyTable = regexp.MustCompile(`(?m)^COPY (.+?), line \d`)
	copyLine  = regexp.MustCompile(`^(\d+)(?:, column ([^:\n]+))?`)
)

// copied finds the table, the row and the column at which a COPY failed; no row:
// it is not about one. A name may look like what stands behind it.
func copied(e *entry) (table, row, column string) {
	if table = inspect.CopyTarget(e.Statement); table == "" {
		m := copyTable.FindStringSubmatch(e.Context)
		if m == nil {
			return "", "", ""
		}
		table = m[1]
	}
	_, place, _ := strings.Cut("\n"+e.Context, "\nCOPY "+table+", line ")
	if m := copyLine.FindStringSubmatch(place); m != nil {
		row, column = m[1], m[2]
	}
	return table, row, column
}

// copyPlace names the table and line of a COPY that failed, without the row.
func copyPlace(e *entry) string {
	table, row, column := copied(e)
	if row == "" {
		return ""
	}
	place := "row " + row + " of " + table
	if column != "" {
		place += ", column " + column
	}
	return oneLine(place)
}

// copyRow is the number of the row, from 1; 0: it is not about one.
func copyRow(e *entry) int64 {
	_, row, _ := copied(e)
	n, _ := strconv.ParseInt(row, 10, 64)
	return n
}

// oneLine makes text of the server fit for a message.
func oneLine(text string) string {
	return strings.Join(strings.Fields(strings.ToValidUTF8(text, "�")), " ")
}
