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

const (
	// textLength is the maximum length of Text, in characters.
	textLength = 2 * redact.StatementLength
	// shortLength is the maximum length of the message in Describe.
	shortLength = redact.StatementLength + 1
	// hidden replaces a value that is not shown.
	hidden = "…"
)

// raisedText replaces the message of an exception that a function raised.
const raisedText = "a function raised an exception (text hidden)"

// Text returns the message on one line, shortened, and without the values of
// rows. It keeps the names of tables, columns, constraints and settings. It does
// not contain detail or context.
func (e Error) Text() string {
	message := e.Message
	switch {
	case e.Raised():
		message = raisedText
	case e.SQLState == pgerrcode.SyntaxError: // if a COPY line is lost, its rows are read as SQL
		message = hideToken(message)
	case inputColumn.MatchString(e.Context): // a value is not a name, whatever the message calls it
		message = hideQuoted(message)
	case !e.InClass(namesOnly...):
		message = hideValues(message)
	}
	return redact.Cut(redact.OneLine(message), textLength)
}

// Describe returns the text of err. For a server's error, that is the message
// without values and the SQLSTATE: "message (42P01)".
func Describe(err error) string {
	e, ok := From(err)
	if !ok {
		return err.Error()
	}
	return fmt.Sprintf("%s (%s)", redact.Cut(e.Text(), shortLength), e.SQLState)
}

// Line removes values of rows from a line of a client, such as pg_dump, that
// quotes a message of the server without its SQLSTATE. It shows such a message only
// if its form is known, because a function can raise any text.
func Line(line string) string {
	m := fromServer.FindStringIndex(line)
	if m == nil {
		return hideValues(line)
	}
	own, said := line[:m[1]], line[m[1]:]
	if !isKnown(said) {
		return hideValues(own) + "(text hidden)"
	}
	return hideValues(own) + hideValues(said)
}

// fromServer matches what a client writes before a message of the server.
var fromServer = regexp.MustCompile(`(?:ERROR|FATAL|PANIC):  `)

// knownForms match messages of the server, with the names that they quote. Values are
// in quotes too, or follow a colon.
var knownForms = regexp.MustCompile(`^(?:invalid input syntax for type [\w ]+: "|invalid input value for enum |value "|duplicate key value violates unique constraint "|` +
	`insert or update on table "|null value in column "|new row for relation "|could not create unique index "|missing data for column "|` +
	`extra data after last expected column$|permission denied for |must be owner of |syntax error at |division by zero$|` +
	`(?:relation|function|schema|type|column|operator|role|constraint|extension|database) ["\w][^\n]* (?:does not exist|already exists)$|` +
	`could not (?:extend|read|write|open|resize|access|create) |out of (?:shared )?memory|canceling statement due to |terminating connection |` +
	`invalid page in block |cache lookup failed for |the database system is |query returned no rows$|server closed )`)

func isKnown(message string) bool {
	if knownForms.MatchString(message) {
		return true
	}
	return slices.ContainsFunc(rules, func(r rule) bool { return r.says != nil && r.says.MatchString(message) })
}

// Redacted returns err with the server's message replaced by Text. The chain of
// errors stays. An err without a server's error is returned unchanged.
func Redacted(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return err
	}
	e, _ := From(err)
	shown := *pg
	shown.Message = e.Text()
	text := strings.ReplaceAll(err.Error(), pg.Error(), shown.Error())
	if text == err.Error() {
		return err
	}
	return &redacted{text, err}
}

type redacted struct {
	text string
	err  error
}

func (r *redacted) Error() string { return r.text }
func (r *redacted) Unwrap() error { return r.err }

var (
	// raiseRoutines are the routines of PL/pgSQL that raise exceptions of a function. RAISE can choose any SQLSTATE.
	raiseRoutines = []string{"exec_stmt_raise", "exec_stmt_assert"}
	raiseContext  = regexp.MustCompile(`(?m) at (?:RAISE|ASSERT)$|^Traceback `)
	// otherLanguage matches a context whose innermost function is in a language
	// that can throw any SQLSTATE with any text.
	otherLanguage = regexp.MustCompile(`^PL/(\w+) (?:anonymous code block|function)`)
	// absent matches the server's message about an unknown name in a query, as PL/Perl passes it on.
	absent = regexp.MustCompile(`^(?:function|procedure|relation|type|operator|collation|schema) [^\n]* does not exist(?: at line \d+\.)?$`)
)

// Raised reports whether the message was written by a function: with RAISE or
// ASSERT, or in another language. Such a message may contain values of rows.
func (e Error) Raised() bool {
	switch {
	case e.SQLState == pgerrcode.RaiseException, e.SQLState == pgerrcode.AssertFailure, e.InClass(External),
		slices.Contains(raiseRoutines, e.Routine), raiseContext.MatchString(e.Context):
		return true
	}
	m := otherLanguage.FindStringSubmatch(e.Context)
	return m != nil && m[1] != "pgSQL" && (!e.InClass(Syntax) || !absent.MatchString(e.Message))
}

var (
	near   = regexp.MustCompile(`(?s)\bnear "(.*)"`)
	symbol = regexp.MustCompile(`^[^\p{L}\p{N}]{1,3}$`)
	quoted = regexp.MustCompile(`(?s): ".*`)
)

// hideToken hides the token at which a syntax error stopped, unless it is a
// symbol or a key word: it may be a value of a row.
func hideToken(message string) string {
	if m := near.FindStringSubmatchIndex(message); m != nil {
		token := message[m[2]:m[3]]
		if symbol.MatchString(token) || isKeyword(token) {
			return message
		}
		return message[:m[2]] + hidden + message[m[3]:]
	}
	return quoted.ReplaceAllString(message, "") // syntax error in tsquery: "…"
}

// namesOnly are the classes of SQLSTATEs whose messages quote names but no values,
// unless a value is read as a name (see inputColumn).
var namesOnly = []string{Syntax, Unsupported, Resources, Limits, ObjectState, Operator, "25", "2B", "3D", "3F", "58", "F0"}

// inputColumn matches a context whose innermost part is the input of a value: COPY
// converts it to the type of the column. A value of regclass, for example, is a name.
var inputColumn = regexp.MustCompile(`^COPY [^\n]*, line \d+, column `)

// hideQuoted hides everything from the first quote to the last.
func hideQuoted(message string) string {
	first, last := strings.IndexAny(message, `"'`), strings.LastIndexAny(message, `"'`)
	if first < 0 || first == last {
		return hideValues(message)
	}
	if before, found := strings.CutSuffix(message[:first], ": "); found {
		return before
	}
	return message[:first] + hidden + message[last+1:]
}

var (
	bytesShown = regexp.MustCompile(`(?:0x[0-9a-fA-F]{2} ?)+`)
	// named matches a quoted name after the word for its kind.
	named = regexp.MustCompile(`(?i)\b(?:access method|attribute|collation|column|configuration|constraint|database|dictionary|directory|domain|` +
		`encoding|extension|file|foreign-data wrapper|function|index|language|library|locale|operator|option|parameter|partition|policy|` +
		`procedure|publication|relation|role|rule|schema|segment|sequence|server|subscription|table|tablespace|trigger|type|user|version|view) "([^"]*)"`)
	// ofSetting matches a message about a setting. It contains no value of a row.
	ofSetting   = regexp.MustCompile(`^[^"]*\binvalid value for parameter "`)
	apostrophes = regexp.MustCompile(`(?s)'.*'`)
)

// hideValues hides quoted text that is not a name. A value may contain quotes and
// anything that looks like a message. Everything from the beginning of the first
// value to the last quote is therefore hidden.
func hideValues(message string) string {
	if ofSetting.MatchString(message) {
		return message
	}
	begins := 0
	for _, m := range named.FindAllStringIndex(message, -1) {
		if strings.ContainsAny(message[begins:m[0]], `"'`) {
			break
		}
		begins = m[1]
	}
	names, rest := message[:begins], message[begins:]
	rest = bytesShown.ReplaceAllString(rest, hidden)
	switch value := strings.IndexByte(rest, '"'); {
	case value < 0:
		rest = apostrophes.ReplaceAllString(rest, hidden)
	case strings.HasSuffix(rest[:value], ": "):
		rest = rest[:value-len(": ")]
	default:
		rest = rest[:value] + hidden + rest[strings.LastIndexByte(rest, '"')+1:]
	}
	return bytesShown.ReplaceAllString(names, hidden) + rest
}
