package outcome

import "slices"

// Event is what people are told about a database.
type Event string

// The events. Every result is one of the first four.
const (
	EventFailed     Event = "failed"      // the backup, the schema or the application did not work, or the restore did not end
	EventUnproved   Event = "unproved"    // nothing is known
	EventOverBudget Event = "over_budget" // everything worked, but not in time
	EventPassed     Event = "passed"      // a drill passed, or a check found nothing wrong
	EventRecovered  Event = "recovered"   // it passed after something else had been told
	EventWarning    Event = "warning"     // nothing failed, but a finding will become a failure
	EventDigest     Event = "digest"      // how all databases stand, once a week
)

// Events lists the events in the order of the documentation.
var Events = []Event{EventFailed, EventUnproved, EventOverBudget, EventRecovered, EventWarning, EventPassed, EventDigest}

// EventOf returns what a result is for the people who hear of it.
func EventOf(r Result) Event {
	switch {
	case r.Failure == nil:
		return EventPassed
	case r.Failure.Class == ClassBudget && AfterVerified(r.Failure.Code): // a restore that did not end verified nothing
		return EventOverBudget
	case r.Verdict == VerdictFailed:
		return EventFailed
	default:
		return EventUnproved
	}
}

// IsProblem reports whether someone has to act on an event.
func (e Event) IsProblem() bool {
	return e == EventFailed || e == EventUnproved || e == EventOverBudget
}

// warnings are the codes of the findings that people hear of although nothing failed:
// when a failure shows what they announce, it is too late. A lifecycle rule that
// contradicts backup.retention.keep is a failure itself.
var warnings = []string{"bucket_public", "credentials_expire"}

// Warnings returns the findings that people hear of although nothing failed. It returns
// none if something failed, which is what people hear of then.
func Warnings(r Result) (found []Finding) {
	if r.Failure != nil {
		return nil
	}
	for _, f := range r.Findings {
		if slices.Contains(warnings, f.Code) {
			found = append(found, f)
		}
	}
	return found
}

// CodesOf returns the codes of findings, sorted, each once.
func CodesOf(findings []Finding) []string {
	codes := make([]string, 0, len(findings))
	for _, f := range findings {
		codes = append(codes, f.Code)
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}
