// Package pgerr knows what an error of a Postgres server means and how much of
// it may be shown: whose fault it is by its SQLSTATE and message, and its text
// without the values of rows.
package pgerr

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/drillgres/drillgres/drill/redact"
)

// Error is an error of a server, whichever way it came: as the answer to a
// query (From) or as a record of the server's log (serverlog.Entry). Its fields are as the server wrote
// them and may hold values of rows; Text is the message that can be shown.
type Error struct {
	SQLState string
	Message  string
	Hint     string
	Context  string // where in functions and COPY it happened, the innermost first
	Routine  string // of the server's source code; empty: it came from a log
}

// From returns the server's error in the chain of err, if there is one.
func From(err error) (Error, bool) {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return Error{}, false
	}
	return Error{SQLState: pg.Code, Message: pg.Message, Hint: pg.Hint, Context: pg.Where, Routine: pg.Routine}, true
}

// State returns the SQLSTATE of the server's error in the chain of err, or "".
func State(err error) string {
	e, _ := From(err)
	return e.SQLState
}

// Is reports whether err is an error of the server with one of the SQLSTATEs.
func Is(err error, sqlstates ...string) bool {
	e, ok := From(err)
	return ok && slices.Contains(sqlstates, e.SQLState)
}

// Error returns the message without values of rows, and the SQLSTATE.
func (e Error) Error() string { return fmt.Sprintf("%s (SQLSTATE %s)", e.Text(), e.SQLState) }

// The classes of SQLSTATEs that decide something, by their first two
// characters. See appendix A of Postgres' manual.
const (
	Connection  = "08"
	Unsupported = "0A"
	Data        = "22"
	Integrity   = "23"
	External    = "38" // raised by a function in another language than PL/pgSQL
	Syntax      = "42" // or a name that does not exist, or a right that is missing
	Resources   = "53"
	Limits      = "54"
	ObjectState = "55" // an object is not in the state that the statement needs
	Operator    = "57"
	Internal    = "XX"
)

// InClass reports whether the SQLSTATE belongs to one of the classes.
func (e Error) InClass(classes ...string) bool {
	return len(e.SQLState) >= 2 && slices.Contains(classes, e.SQLState[:2])
}

// Shutdown reports whether the server ended the session, because it stops, has
// crashed, or no longer wants this client (57P01 to 57P05).
func (e Error) Shutdown() bool { return strings.HasPrefix(e.SQLState, "57P") }

// ClientLeft reports whether the client went away, or cancelled what it had
// asked for. Nothing is wrong with what it asked for then.
func (e Error) ClientLeft() bool {
	return e.InClass(Connection) || e.SQLState == pgerrcode.QueryCanceled && !strings.Contains(e.Message, "timeout")
}

// OfSandbox reports whether the error is about the sandbox, and not about the
// database in it: it has too little of something, its disk fails, or its server stops.
func (e Error) OfSandbox() bool {
	return e.InClass(Resources) || e.Shutdown() || e.SQLState == pgerrcode.IOError
}

// Damage reports whether the server says that what is stored is broken: an
// internal error, corrupted data or a corrupted index (class XX), or a file that
// is gone. What a function of the schema raises is none of these.
func (e Error) Damage() bool {
	return !e.Raised() && (e.InClass(Internal) || e.SQLState == pgerrcode.UndefinedFile)
}

// inFunction finds the functions in a context. The name of one in SQL or
// PL/pgSQL comes with its arguments.
var inFunction = regexp.MustCompile(`(?m)^(?:compilation of )?(?:SQL|PL/\w+) function (.+?)(?: (?:near )?(?:line|statement) \d+.*| (?:during|while) .*)?$`)

// Function returns the innermost function that the server was in, or "".
func (e Error) Function() string {
	m := inFunction.FindStringSubmatch(e.Context)
	if m == nil || strings.HasPrefix(m[1], "inline_code_block") {
		return ""
	}
	return redact.OneLine(strings.Trim(m[1], `"`))
}
