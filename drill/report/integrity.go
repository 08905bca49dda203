package report

import (
	"fmt"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
)

// fewNames is how many of a list the text names; the JSON has all.
const fewNames = 2

// integrity is how closely the database was looked at, and what that leaves
// open.
func integrity(i outcome.Integrity) string {
	if i.Level == "" {
		return ""
	}
	unreached, open := "", ""
	if n := len(i.Unreached); n > 0 {
		unreached = counted(n, "relation") + " not reached"
	}
	if len(i.NotProved) > 0 {
		open = "not proved: " + some(i.NotProved)
	}
	return joined("; ", joined(", ", i.Level, unreached), open)
}

// some names the first of a list and counts the others.
func some(names []string) string {
	rest := len(names) - fewNames
	if rest <= 1 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:fewNames], ", "), rest)
}

// unsure counts the checks of a drill that passed which are not known to hold:
// unknown never counts as passed.
func unsure(r outcome.Result) string {
	n := 0
	for _, c := range r.Checks {
		if c.Status == outcome.CheckUnknown {
			n++
		}
	}
	if n == 0 || r.Verdict != outcome.VerdictPassed {
		return ""
	}
	return counted(n, "check") + " unknown"
}
