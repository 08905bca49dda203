// Package serverlog reads the structured log of a server in the sandbox:
// jsonlog from Postgres 15 on, csvlog before.
package serverlog

import (
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/pgerr"
)

// Entry is one record of the server's log. Very long texts are cut.
type Entry struct {
	Time        time.Time // to the millisecond; zero: unknown
	User        string
	Database    string
	PID         int
	Session     string // a unique ID of the session
	Virtual     string // transaction, as 3/24; 3/0 outside of one
	Severity    string
	SQLState    string
	Message     string
	Detail      string
	Hint        string
	Query       string // run by a function inside Statement
	Context     string
	Statement   string
	Application string
	Backend     string
}

// OwnApplication is the application_name of drillgres' own connections.
const OwnApplication = "drillgres"

// OfClient reports whether the record belongs to a client's session of the user.
// A record that is cut off counts: it does not name the process that wrote it.
func (e Entry) OfClient(user string) bool {
	return e.User == user && e.Application != OwnApplication && e.OfSession()
}

// OfSession reports whether a process of a client's session wrote the record.
func (e Entry) OfSession() bool {
	return slices.Contains([]string{"", "client backend", "parallel worker"}, e.Backend)
}

// IsError reports whether the record is an error.
func (e Entry) IsError() bool {
	return slices.Contains([]string{"ERROR", "FATAL", "PANIC"}, e.Severity)
}

// ServerError returns the error in the record.
func (e Entry) ServerError() pgerr.Error {
	return pgerr.Error{SQLState: e.SQLState, Message: e.Message, Hint: e.Hint, Context: e.Context}
}

// readTime parses a time of the log in UTC or in a zone whose abbreviation Go
// knows. It returns the zero time for any other.
func readTime(text string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05.000 MST", text)
	if err != nil {
		return time.Time{}
	}
	return t
}
