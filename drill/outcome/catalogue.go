package outcome

import (
	"slices"
	"strings"
)

// Entry is what the catalogue knows of a code.
type Entry struct {
	Code   Code    `json:"code"`
	Stages []Stage `json:"stages"` // where it can be found, the first one first; empty: anywhere
	Class  Class   `json:"class"`
	Cause  string  `json:"cause"`  // what is the case, and how a drill knows; the first sentence stands alone
	Remedy string  `json:"remedy"` // one imperative sentence, lower case, no full stop

	Example    Example     `json:"example"`
	Messages   []string    `json:"messages"`   // of Postgres and other programs, in whose words one may meet it
	Neighbours []Neighbour `json:"neighbours"` // codes that are easily taken for this one
}

// Example is a case of a failure.
type Example struct {
	Case    string `json:"case"`    // what led there
	Message string `json:"message"` // that a drill prints for it
}

// Neighbour tells a code from another one.
type Neighbour struct {
	Code Code   `json:"code"`
	Tell string `json:"tell"` // what is so there and not here: one clause behind an if, lower case, no full stop
}

// Catalogue lists every code that this version can report, by the first stage
// in which it can be found.
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

// Entry is the code's place in the catalogue. A code that is not in it is
// treated as a bug of ours.
func (c Code) Entry() Entry {
	if e, ok := catalogue[c]; ok {
		return e
	}
	return Entry{Code: c, Class: ClassInternal}
}

// Class is the class of every failure with this code.
func (c Code) Class() Class { return c.Entry().Class }

// FirstSentence is what stands alone of a cause or a meaning, without its full
// stop: a line of a list.
func FirstSentence(text string) string {
	first, _, _ := strings.Cut(text, ". ")
	return strings.TrimSuffix(first, ".")
}
