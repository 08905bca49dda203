package record

import "github.com/drillgres/drillgres/drill/outcome"

// Drillgres 0.1 recorded no kind. This file adds it to results and entries when
// they are read.

// kindOf returns the kind of a result.
func kindOf(r outcome.Result) outcome.Kind {
	switch {
	case r.Kind != "":
		return r.Kind
	case r.Gate != nil && r.Gate.RequireDrill > 0:
		return outcome.KindAnswer
	default:
		return outcome.KindDrill
	}
}

// withKind returns e with its kind. A drill's verdict follows from its code, and
// that of an answer from drills on record is always unproved.
func (e Entry) withKind() Entry {
	if e.Kind != "" {
		return e
	}
	e.Kind = outcome.KindDrill
	if e.Verdict == outcome.VerdictUnproved &&
		(e.Code == "" || e.Code == outcome.DrillMissing || e.Code.Class().Verdict() == outcome.VerdictFailed) {
		e.Kind = outcome.KindAnswer
	}
	return e
}
