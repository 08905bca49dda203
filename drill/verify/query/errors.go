package query

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// State is the SQLSTATE of a server's error, or "".
func State(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

var quoted = regexp.MustCompile(`(?s)".*"|'.*'`) // from the first to the last: a value may hold quotes itself

// ErrorText is a server's error without row values: of errors about data (class
// 22) and about constraints (23), what the message quotes may be one.
func ErrorText(err error) string {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return err.Error()
	}
	message := e.Message
	if e.Code == "P0001" || e.Routine == "exec_stmt_raise" { // RAISE may claim any SQLSTATE
		message = "a function raised an exception of its own"
	}
	if strings.HasPrefix(e.Code, "22") || strings.HasPrefix(e.Code, "23") {
		message = quoted.ReplaceAllString(message, "…")
	}
	return fmt.Sprintf("%s (%s)", cut(message, 200), e.Code)
}

// cut keeps the first n characters.
func cut(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	return string(runes[:n]) + "…"
}
