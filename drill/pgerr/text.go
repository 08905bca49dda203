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
	// textLength is how much of a message is shown, in characters.
	textLength = 2 * redact.StatementLength
	// shortLength is how much of it Describe shows.
	shortLength = redact.StatementLength + 1
	// hidden stands for a value that is not shown.
	hidden = "…"
)

// ownWords stands for what a function says in an exception of its own.
const ownWords = "a function raised an exception of its own"

// Text returns the message on one line, cut, and without the values of rows
// that the server writes into messages. The names of tables, columns,
// constraints and settings stay. Detail and context are never part of it.
func (e Error) Text() string {
	message := e.Message
	switch {
	case e.Raised():
		message = ownWords
	case e.SQLState == pgerrcode.SyntaxError: // rows whose COPY line was lost are read as SQL
		message = hideToken(message)
	case e.InClass(Data, Integrity):
		message = hideValues(message)
	}
	return redact.Cut(redact.OneLine(message), textLength)
}

// Describe returns the text of err: of a server's error only the message
// without values and the SQLSTATE, as "message (42P01)".
func Describe(err error) string {
	e, ok := From(err)
	if !ok {
		return err.Error()
	}
	return fmt.Sprintf("%s (%s)", redact.Cut(e.Text(), shortLength), e.SQLState)
}

// Line removes values of rows from a line in which a client, such as pg_dump,
// passes on a message of the server without its SQLSTATE.
func Line(line string) string { return hideValues(line) }

// Redacted returns err with the server's error in its text as Text shows it.
// The chain stays; err without a server's error is returned as it is.
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
	// ownRoutines of PL/pgSQL raise what a function says. RAISE may choose any SQLSTATE.
	ownRoutines = []string{"exec_stmt_raise", "exec_stmt_assert"}
	ownPlaces   = regexp.MustCompile(`(?m) at (?:RAISE|ASSERT)$|^Traceback `)
	// otherLanguage is a context whose innermost function is in a language that
	// can throw any SQLSTATE with any words.
	otherLanguage = regexp.MustCompile(`^PL/(\w+) (?:anonymous code block|function)`)
	// absent is what the server says of a name in a query, which PL/Perl passes on.
	absent = regexp.MustCompile(`^(?:function|procedure|relation|type|operator|collation|schema) [^\n]* does not exist(?: at line \d+\.)?$`)
)

// Raised reports whether the words are those of a function, which may hold
// values of rows: of RAISE and ASSERT, and of other languages.
func (e Error) Raised() bool {
	switch {
	case e.SQLState == pgerrcode.RaiseException, e.SQLState == pgerrcode.AssertFailure, e.InClass(External),
		slices.Contains(ownRoutines, e.Routine), ownPlaces.MatchString(e.Context):
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

// hideToken hides what a syntax error stopped at, unless it is a symbol or a
// key word: a value of a row may stand there.
func hideToken(message string) string {
	if m := near.FindStringSubmatchIndex(message); m != nil {
		token := message[m[2]:m[3]]
		if symbol.MatchString(token) || keyword(token) {
			return message
		}
		return message[:m[2]] + hidden + message[m[3]:]
	}
	return quoted.ReplaceAllString(message, "") // syntax error in tsquery: "…"
}

var (
	bytesShown = regexp.MustCompile(`(?:0x[0-9a-fA-F]{2} ?)+`)
	// named matches a quoted name after the word that says what it names.
	named = regexp.MustCompile(`(?i)\b(?:access method|attribute|collation|column|configuration|constraint|database|dictionary|directory|domain|` +
		`encoding|extension|file|foreign-data wrapper|function|index|language|library|locale|operator|option|parameter|partition|policy|` +
		`procedure|publication|relation|role|rule|schema|segment|sequence|server|subscription|table|tablespace|trigger|type|user|version|view) "([^"]*)"`)
	// ofSetting is a message about a setting, which no row holds.
	ofSetting   = regexp.MustCompile(`^[^"]*\binvalid value for parameter "`)
	apostrophes = regexp.MustCompile(`(?s)'.*'`)
)

// hideValues hides what is quoted and is not a name. A value may hold quotes
// and whatever else looks like a message, so that everything from where one
// begins to the last quote is hidden.
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
