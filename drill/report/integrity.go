package report

import (
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
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
		unreached = words.Count(n, "relation") + " not reached"
	}
	if len(i.NotProved) > 0 {
		open = "not proved: " + words.List(i.NotProved, fewNames)
	}
	return words.Join("; ", words.Join(", ", i.Level, unreached), open)
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
	return words.Count(n, "check") + " unknown"
}
