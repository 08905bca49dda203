package notify

import (
	"errors"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
)

// Decision is what a receiver is told of a result.
type Decision struct {
	Event     outcome.Event // empty: nothing
	Reminder  bool          // it was told the same before
	Escalated bool          // unproved so often that it counts as failed
	Missed    outcome.Code  // of an earlier problem, of which the receiver may never have heard
	Since     time.Time     // when the problem was first seen; zero: unknown
	Unproved  int           // how many runs in a row were unproved

	next    record.Notice // what the receiver knows once it is told
	routine bool          // whether the result says how the database stands
}

// Policy is by what a receiver is told.
type Policy struct {
	Alerts   config.Alerts
	Hears    func(outcome.Event) bool // which events the receiver wants
	Known    bool                     // whether it is known what the receiver was told
	Recorded bool                     // whether the result is known to be in the history
}

// Decide returns what a receiver is told of a result, if it knows was. Decide is pure. If
// it is not known what the receiver was told, was is empty: it is rather told twice than
// never, and an unproved result counts as one of many.
func Decide(was record.Notice, r outcome.Result, now time.Time, p Policy) Decision {
	event, code := conditionOf(r, p)
	if !isRoutine(r) {
		if isInterrupted(r) || !p.Hears(event) {
			return Decision{}
		}
		return Decision{Event: event}
	}
	if was.RunID == r.RunID && was.Owed == "" {
		return Decision{next: was, routine: true} // it was told of this run
	}
	if event.IsProblem() {
		return problem(was, r, event, code, now, p)
	}
	return passed(was, r, p)
}

// conditionOf returns what a result is for the people who hear of it, and its code. A drill
// that passed and was not recorded is unproved: nobody finds it in the history. One that is
// there is not, although its metrics or its evidence may be missing.
func conditionOf(r outcome.Result, p Policy) (event outcome.Event, code outcome.Code) {
	switch {
	case r.Failure != nil:
		return outcome.EventOf(r), r.Failure.Code
	case len(r.TellErrors) == 0 || p.Recorded:
		return outcome.EventPassed, ""
	case !p.Known:
		return outcome.EventUnproved, outcome.HistoryUnavailable
	default:
		return outcome.EventUnproved, ""
	}
}

// isUnrecorded reports whether all that is wrong with a result is that it is not in the
// history.
func isUnrecorded(r outcome.Result, event outcome.Event) bool {
	return r.Failure == nil && event.IsProblem()
}

// isRoutine reports whether a result says how a database stands. That of a release, or of
// a backup that was named by hand, is told once and changes nothing.
func isRoutine(r outcome.Result) bool {
	return r.Gate == nil && r.Kind != outcome.KindAnswer && r.Backup.IsLatest()
}

func isInterrupted(r outcome.Result) bool {
	return r.Failure != nil && r.Failure.Code == outcome.Interrupted
}

func problem(was record.Notice, r outcome.Result, event outcome.Event, code outcome.Code, now time.Time, p Policy) Decision {
	d := Decision{routine: true, next: was}
	d.next.RunID = r.RunID
	d.countUnproved(r, event, p)
	if isInterrupted(r) && !d.Escalated {
		return d // whoever interrupted it knows: what is known of the backup does not change
	}
	d.next.Event, d.next.Code, d.next.Warnings = event, code, ""
	if d.next.Since.IsZero() || d.next.Since.After(now) {
		d.next.Since = now
	}
	d.Since = d.next.Since
	return d.withMessage(was, r, now, p)
}

// countUnproved counts how many runs in a row were unproved, and whether they count as
// failed.
func (d *Decision) countUnproved(r outcome.Result, event outcome.Event, p Policy) {
	if d.next.Unproved++; event != outcome.EventUnproved || isUnrecorded(r, event) {
		d.next.Unproved = 0
	}
	d.Unproved = d.next.Unproved
	if p.Alerts.UnprovedAfter > 0 && d.Unproved > 0 {
		d.Escalated = d.Unproved >= p.Alerts.UnprovedAfter || !p.Known && !isInterrupted(r)
	}
}

// withMessage returns the decision about a problem with whether the receiver is told of it.
func (d Decision) withMessage(was record.Notice, r outcome.Result, now time.Time, p Policy) Decision {
	next := d.next
	event, code := next.Event, next.Code
	told := event
	if d.Escalated {
		told = outcome.EventFailed
	}
	owed := was.Owed.IsProblem()
	if !owed {
		next.Owed, next.OwedFor, next.Error = "", "", "" // a recovery that was not sent is over
	}
	heard := p.Hears(event) || p.Hears(told)
	same := was.Told == told && was.ToldFor == code
	if owed || heard && (!same || isDue(was.ToldAt, now, time.Duration(p.Alerts.Remind))) {
		d.Event, d.Reminder = event, same
		if was.OwedFor != code {
			d.Missed = was.OwedFor
		}
		if !heard {
			told, code = was.Owed, was.OwedFor
		}
		next.Told, next.ToldFor, next.ToldRun, next.ToldAt = told, code, r.RunID, now
		next.Owed, next.OwedFor, next.Error = "", "", ""
	}
	d.next = next
	return d
}

// isDue reports whether a reminder is due. A nightly drill never starts at exactly the
// same time, so nine tenths of the time are enough. A message that was sent in the future
// was sent before the clock was corrected.
func isDue(told, now time.Time, remind time.Duration) bool {
	elapsed := now.Sub(told)
	return remind > 0 && (elapsed >= remind/10*9 || elapsed < 0)
}

func passed(was record.Notice, r outcome.Result, p Policy) Decision {
	d := Decision{routine: true, Since: was.Since}
	warnings := strings.Join(outcome.CodesOf(outcome.Warnings(r)), ",")
	d.next = record.Notice{
		Receiver: was.Receiver, Database: was.Database, Kind: was.Kind, RunID: r.RunID, Event: outcome.EventPassed, Warnings: warnings, Warned: was.Warned,
	}
	switch {
	case was.Owed.IsProblem():
		d.Event, d.Missed = outcome.EventRecovered, was.OwedFor // at least once: the receiver may never have heard of it
	case was.Told != "" && p.Hears(outcome.EventRecovered):
		d.Event = outcome.EventRecovered
	case warnings != "" && warnings != was.Warned && p.Hears(outcome.EventWarning):
		d.Event = outcome.EventWarning
	case p.Hears(outcome.EventPassed):
		d.Event = outcome.EventPassed
	}
	if warnings == "" || d.Event == outcome.EventWarning {
		d.next.Warned = warnings
	}
	return d
}

// errUnsent is recorded before a message is sent: whoever is killed in between owes it.
var errUnsent = errors.New("the run ended before it was sent")

// before returns the notice to record before a message is sent, and whether there is one.
// Only of a new problem nothing else is known: after a lost recovery, the receiver still
// counts as told of the problem, and after a lost reminder another one is due.
func (d Decision) before(was record.Notice) (record.Notice, bool) {
	next, _ := d.after(was, errUnsent)
	return next, d.routine && d.Event.IsProblem() && (next.Owed != was.Owed || next.OwedFor != was.OwedFor)
}

// after returns the notice to record after the attempt to send, and whether it differs
// from was. What could not be sent was not told, so that the next run tells it.
func (d Decision) after(was record.Notice, sent error) (next record.Notice, changed bool) {
	if !d.routine {
		return was, false
	}
	next = d.next
	if sent != nil {
		next.Told, next.ToldFor, next.ToldRun, next.ToldAt = was.Told, was.ToldFor, was.ToldRun, was.ToldAt
		next.Owed, next.OwedFor, next.Error = was.Owed, was.OwedFor, sent.Error()
		next.Warned = was.Warned
		switch owed := was.Owed.IsProblem(); {
		case d.Event.IsProblem():
			if worse := d.next.Told == outcome.EventFailed && was.Owed != outcome.EventFailed; !d.Reminder && (!owed || worse) {
				next.Owed, next.OwedFor = d.next.Told, d.next.ToldFor
			}
		case d.Event == outcome.EventRecovered && owed:
			next.Code, next.Since = was.Code, was.Since
		case d.Event == outcome.EventRecovered:
			next.Owed = outcome.EventRecovered
		}
	}
	// A sound database needs no record of each run, and a check may run as a user who may
	// only read the history.
	quiet, before := next, was
	quiet.RunID, before.RunID = "", ""
	if before.Event == "" {
		before.Event = outcome.EventPassed
	}
	return next, quiet != before
}
