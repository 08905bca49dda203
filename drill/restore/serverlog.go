package restore

import (
	"strings"

	"github.com/drillgres/drillgres/drill/serverlog"
)

// firstError returns the first error of the restoring user, and the number of
// errors after it. It ignores errors that only mean that the client disconnected
// or was cancelled.
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

// findCrash returns the postmaster's record about a crashed server process ("server
// process (PID 7) was terminated by signal 9: Killed"), or nil.
func findCrash(entries []serverlog.Entry) *serverlog.Entry {
	for _, e := range entries {
		if e.User == "" && strings.Contains(e.Message, "was terminated by signal") {
			return &e
		}
	}
	return nil
}
