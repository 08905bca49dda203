// Package pgerr interprets errors of a Postgres server. It finds the cause by
// SQLSTATE and message, and returns the text without the values of rows.
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

// Error is an error of a server: the answer to a query (From), or a record of
// the server's log (serverlog.Entry). The server's own texts in its fields may
// contain values of rows. Text returns a message that can be shown.
type Error struct {
	SQLState string
	Message  string
	Hint     string
	Context  string // the functions and COPY in which it happened, the innermost first
	Routine  string // in the server's source code; empty for a record of the log
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

// The classes of SQLSTATEs, by their first two characters. See appendix A of the
// Postgres manual.
const (
	Connection  = "08"
	Unsupported = "0A"
	Data        = "22"
	Integrity   = "23"
	External    = "38" // raised by a function in another language than PL/pgSQL
	Syntax      = "42" // or a name that does not exist, or a missing privilege
	Resources   = "53"
	Limits      = "54"
	ObjectState = "55" // an object is not in the state that the statement needs
	Operator    = "57"
	Foreign     = "HV" // raised by a foreign-data wrapper
	Internal    = "XX"
)

// InClass reports whether the SQLSTATE belongs to one of the classes.
func (e Error) InClass(classes ...string) bool {
	return len(e.SQLState) >= 2 && slices.Contains(classes, e.SQLState[:2])
}

// Shutdown reports whether the server ended the session because it stops, has
// crashed, or disconnects this client (57P01 to 57P05).
func (e Error) Shutdown() bool { return strings.HasPrefix(e.SQLState, "57P") }

// ClientLeft reports whether the client disconnected or cancelled its statement.
// Such an error is not about the statement.
func (e Error) ClientLeft() bool {
	return e.ofClient() || e.SQLState == pgerrcode.QueryCanceled && !strings.Contains(e.Message, "timeout")
}

// aboutClient matches the server's messages about its own client (pqcomm.c, postgres.c).
// The libraries that connect to another server use the same class of SQLSTATEs.
var aboutClient = regexp.MustCompile(`\bclient\b|^SSL |protocol synchronization`)

func (e Error) ofClient() bool {
	return e.InClass(Connection) && !e.Raised() && (e.SQLState == pgerrcode.ProtocolViolation || aboutClient.MatchString(e.Message))
}

// Unreachable reports whether another server could not be reached, or a foreign-data
// wrapper could not do its work.
func (e Error) Unreachable() bool {
	switch {
	case e.Raised(), e.ofClient():
		return false
	case e.SQLState == pgerrcode.ProhibitedSQLStatementAttemptedSQLRoutineException: // of postgres_fdw and dblink: without a password
		return strings.Contains(e.Message, "password")
	case e.SQLState == pgerrcode.UndefinedObject: // for the sandbox's superuser
		return strings.HasPrefix(e.Message, "user mapping not found for ")
	}
	return e.InClass(Foreign, Connection)
}

// OfSandbox reports whether the error is about the sandbox and not about the
// database in it: a resource is exhausted, the disk fails, or the server stops.
func (e Error) OfSandbox() bool {
	return e.InClass(Resources) || e.Shutdown() || e.SQLState == pgerrcode.IOError
}

// Damage reports whether the error means that stored data is damaged: an internal
// error, corrupted data or a corrupted index (class XX), or a missing file. An
// exception raised by a function of the schema does not count.
func (e Error) Damage() bool {
	return !e.Raised() && (e.InClass(Internal) || e.SQLState == pgerrcode.UndefinedFile)
}

// inFunction finds the functions in a context. Names of functions in SQL and
// PL/pgSQL include the arguments.
var inFunction = regexp.MustCompile(`(?m)^(?:compilation of )?(?:SQL|PL/\w+) function (.+?)(?: (?:near )?(?:line|statement) \d+.*| (?:during|while) .*)?$`)

// Function returns the innermost function in which the error happened, or "".
func (e Error) Function() string {
	m := inFunction.FindStringSubmatch(e.Context)
	if m == nil || strings.HasPrefix(m[1], "inline_code_block") {
		return ""
	}
	return redact.OneLine(strings.Trim(m[1], `"`))
}
