package restore

import (
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/serverlog"
)

// Classified returns what a restore would report for the first error of each
// application in a server's log.
func Classified(log []byte, format, user string, serverMajor int) map[string]*outcome.Failure {
	byApplication := map[string][]serverlog.Entry{}
	for _, e := range serverlog.Parse(log, format) {
		byApplication[e.Application] = append(byApplication[e.Application], e)
	}
	failures := map[string]*outcome.Failure{}
	for name, entries := range byApplication {
		if first, _ := firstError(entries, user); first != nil {
			failures[name] = classify(evidence{Tool: "psql", ExitCode: 3, Log: entries, User: user, ServerMajor: serverMajor, DumpMajor: serverMajor})
		}
	}
	return failures
}
