package outcome

import (
	"slices"
	"strings"
)

// Entry explains a code.
type Entry struct {
	Code   Code    `json:"code"`
	Stages []Stage `json:"stages"` // the stages that can find it, in order; empty: all
	Class  Class   `json:"class"`
	Cause  string  `json:"cause"`  // what is wrong and how a drill detects it; lists show only the first sentence
	Remedy string  `json:"remedy"` // one imperative sentence, lower case, no full stop

	Example    Example     `json:"example"`
	Messages   []string    `json:"messages"`   // messages of Postgres and other programs for the same problem
	Neighbours []Neighbour `json:"neighbours"` // codes that are easily confused with this one
}

// Example is one case of a failure.
type Example struct {
	Case    string `json:"case"`    // how it came about
	Message string `json:"message"` // what a drill prints
}

// Neighbour distinguishes a code from a similar one.
type Neighbour struct {
	Code Code   `json:"code"`
	Tell string `json:"tell"` // when it is that code instead: the clause after an if, lower case, no full stop
}

// Catalogue lists every code that this version can report, in the order of the
// first stage that can find it.
var Catalogue = slices.Concat(
	locateCodes, fetchCodes, inspectCodes, provisionCodes, sandboxCodes, restoreCodes, contentCodes, verifyCodes, appCodes, migrateCodes, anyCodes,
)

var catalogue = byCode(Catalogue)

func byCode(entries []Entry) map[Code]Entry {
	m := make(map[Code]Entry, len(entries))
	for _, e := range entries {
		m[e.Code] = e
	}
	return m
}

// Entry returns the code's entry in the catalogue. An unknown code has class
// internal.
func (c Code) Entry() Entry {
	if e, ok := catalogue[c]; ok {
		return e
	}
	return Entry{Code: c, Class: ClassInternal}
}

// OfRelease reports whether a code belongs only to the rehearsal of a release: the
// backup had been restored and verified before.
func OfRelease(c Code) bool { return slices.Equal(c.Entry().Stages, []Stage{Migrate}) }

// AfterVerified reports whether the backup had been restored and verified before a failure
// with this code: the drill took too long, or a release failed its rehearsal.
func AfterVerified(c Code) bool { return c == OverBudget || OfRelease(c) }

// Class returns the class of every failure with this code.
func (c Code) Class() Class { return c.Entry().Class }

// FirstSentence returns the first sentence of a cause or a meaning, without its
// full stop, for a line of a list.
func FirstSentence(text string) string {
	first, _, _ := strings.Cut(text, ". ")
	return strings.TrimSuffix(first, ".")
}
