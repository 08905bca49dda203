// Package serverlog reads the structured log of a server in the sandbox:
// jsonlog from Postgres 15 on, csvlog before.
package serverlog

import (
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/pgerr"
)

// Entry is one record of the server's log. A text that is very long is cut.
type Entry struct {
	Time        time.Time // to the millisecond; zero: not understood
	User        string
	Database    string
	PID         int
	Session     string // that the server never gives twice
	Virtual     string // transaction, as 3/24; 3/0 outside of one
	Severity    string
	SQLState    string
	Message     string
	Detail      string
	Hint        string
	Query       string // that a function ran inside of Statement
	Context     string
	Statement   string
	Application string
	Backend     string
}

// OwnApplication is how connections of drillgres itself name themselves.
const OwnApplication = "drillgres"

// OfClient tells whether it was said to a client of the user. A record that
// is cut off does not tell which kind of process wrote it.
func (e Entry) OfClient(user string) bool {
	return e.User == user && e.Application != OwnApplication && e.OfSession()
}

// OfSession tells whether a process of a client's session wrote it.
func (e Entry) OfSession() bool {
	return slices.Contains([]string{"", "client backend", "parallel worker"}, e.Backend)
}

// IsError tells whether something was refused.
func (e Entry) IsError() bool {
	return slices.Contains([]string{"ERROR", "FATAL", "PANIC"}, e.Severity)
}

// ServerError returns the error that the record is about.
func (e Entry) ServerError() pgerr.Error {
	return pgerr.Error{SQLState: e.SQLState, Message: e.Message, Hint: e.Hint, Context: e.Context}
}

// readTime understands a time of the log in UTC, and in zones that Go knows by
// their abbreviation; another zone's offset cannot be told.
func readTime(text string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05.000 MST", text)
	if err != nil {
		return time.Time{}
	}
	return t
}
