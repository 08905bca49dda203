package restore

import (
	"strings"

	"github.com/drillgres/drillgres/drill/serverlog"
)

// firstError finds the first error of the restoring user, and counts those
// that followed. Of the errors that only say that the client went away, or was
// told to stop, none is a cause.
func firstError(entries []serverlog.Entry, user string) (first *serverlog.Entry, cascades int) {
	for _, e := range entries {
		if !e.IsError() || len(e.SQLState) < 2 || !e.OfClient(user) || e.ServerError().ClientLeft() { // a record may be cut off
			continue
		}
		if first == nil {
			first = &e
			continue
		}
		cascades++
	}
	return first, cascades
}

// crash finds the server process that ended in the middle, by the line of the
// postmaster ("server process (PID 7) was terminated by signal 9: Killed").
func crash(entries []serverlog.Entry) *serverlog.Entry {
	for _, e := range entries {
		if e.User == "" && strings.Contains(e.Message, "was terminated by signal") {
			return &e
		}
	}
	return nil
}
