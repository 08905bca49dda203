package redact

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// StatementLength is how much of a statement is shown, in characters.
const StatementLength = 200

// sqlWords are what the statements of a dump begin with.
var sqlWords = regexp.MustCompile(`(?i)^(?:alter|analyze|begin|call|comment|commit|copy|create|delete|do|drop|grant|import|insert|lock|refresh|reindex|reset|revoke|security|select|set|start|truncate|update|vacuum|with)\b`)

// definitions are statements whose numbers are no values of rows.
var definitions = regexp.MustCompile(`(?i)^(?:alter|comment|copy|create|drop|grant|refresh|reset|revoke|set)\b`)

// SQL makes what the server took for a statement fit to be shown, as Statement
// does. What does not begin as SQL is a row, and nothing of it is shown.
func SQL(sql string) string {
	if !sqlWords.MatchString(afterComments(sql)) {
		return ""
	}
	return Statement(sql)
}

// Statement makes SQL fit to be shown: one line, cut, and without the values in
// it. Literals become '…', and so do the bodies of functions.
func Statement(sql string) string {
	sql = afterComments(sql)
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
		if sql[i] == ';' {
			keepNumbers = definitions.MatchString(afterComments(sql[i+1:]))
		}
		i += length
	}
	return Cut(OneLine(b.String()), StatementLength)
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

// Cut is s with at most length characters, the last of which then says that it was cut.
func Cut(s string, length int) string {
	if utf8.RuneCountInString(s) <= length {
		return s
	}
	return string([]rune(s)[:length-1]) + "…"
}
