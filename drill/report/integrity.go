package report

import (
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// maxNames is the number of names of a list that the text shows. The JSON has all.
const maxNames = 2

// integrity says how thoroughly the database was checked, and what was not
// checked.
func integrity(i outcome.Integrity) string {
	if i.Level == "" {
		return ""
	}
	unreached, notProved := "", ""
	if n := len(i.Unreached); n > 0 {
		unreached = words.Count(n, "relation") + " not reached"
	}
	if len(i.NotProved) > 0 {
		notProved = "not verified: " + words.List(i.NotProved, maxNames)
	}
	return words.Join("; ", words.Join(", ", i.Level, unreached), notProved)
}

// unknownChecks counts the unknown checks of a passed drill, because unknown never
// counts as passed.
func unknownChecks(r outcome.Result) string {
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
