// Package lifecycle plays the lifecycle rules of a bucket forward: which rule will delete
// or archive an object, and on which day.
package lifecycle

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Rule is one enabled rule of a bucket. It applies to an object that fits all of its
// conditions.
type Rule struct {
	ID       string
	Prefixes []string  // of keys in the bucket; empty: all
	Suffixes []string  // of keys in the bucket; empty: all
	Larger   int64     // only objects of more bytes; 0: any
	Smaller  int64     // only objects of fewer bytes; 0: any
	Before   time.Time // only objects that were written before; zero: any
	// Unclear is a condition that a listing does not show, such as tags; empty: none.
	Unclear string

	Expire     *When       // nil: it deletes nothing
	Archives   []Archive   // moves to other storage classes
	Noncurrent *Noncurrent // nil: it deletes no hidden version
}

// Noncurrent says when a version is deleted that is hidden, or has a newer one. All of its
// conditions must be fulfilled.
type Noncurrent struct {
	Days    int       // since it was hidden
	Age     int       // days since it was written
	Before  time.Time // only versions that were hidden before; zero: any
	Unclear string    // a condition that a listing does not show; empty: none
}

// When is the time at which a rule applies: at an age or, if Date is set, on that day and
// every day after it.
type When struct {
	Days int
	Date time.Time
}

// Archive moves objects to a storage class from which they cannot be read at once.
type Archive struct {
	When
	Class string
	Least int64 // only objects of as many bytes
}

// Object is one object of a bucket.
type Object struct {
	Key        string
	Size       int64
	ModifiedAt time.Time
}

// The actions of rules.
const (
	Delete = "delete" // the only copy is deleted
	Hide   = "hide"   // the object is hidden, and its version stays for a while
	ToCold = "archive"
)

// Event is what one rule will do to one object.
type Event struct {
	Rule    string
	Action  string
	Class   string    // of ToCold
	On      time.Time // midnight in UTC; stores may take a day or two longer
	Age     time.Duration
	Any     bool      // it applies at a date, to objects of any age
	Gone    time.Time // of Hide: when the version is deleted; zero: no rule is known to
	Maybe   string    // of Hide: the condition by which another rule may delete the version, which a listing does not show
	Unclear string    // a condition that a listing does not show; empty: it will happen
}

// Play returns what the rules will do to an object, in the order in which it happens. The
// object is in a bucket that keeps versions if versioned is true.
func Play(rules []Rule, versioned bool, o Object) (events []Event) {
	for i, r := range rules {
		if !r.appliesTo(o) {
			continue
		}
		if r.Expire != nil {
			e := r.event(Delete, *r.Expire, o)
			if versioned {
				e = hide(e, rules, i, o)
			}
			events = append(events, e)
		}
		for _, a := range r.Archives {
			if o.Size >= a.Least {
				e := r.event(ToCold, a.When, o)
				e.Class = a.Class
				events = append(events, e)
			}
		}
	}
	slices.SortStableFunc(events, func(a, b Event) int {
		return cmp.Or(a.On.Compare(b.On), cmp.Compare(order(a), order(b)))
	})
	return events
}

// order is that of S3 on one day: a deletion, an archival, a delete marker.
func order(e Event) int { return slices.Index([]string{Delete, ToCold, Hide}, e.Action) }

func (r Rule) event(action string, w When, o Object) Event {
	e := Event{Rule: r.ID, Action: action, On: w.on(o.ModifiedAt), Any: !w.Date.IsZero(), Unclear: r.Unclear}
	e.Age = e.On.Sub(o.ModifiedAt)
	return e
}

func (r Rule) appliesTo(o Object) bool {
	fits := func(parts []string, has func(s, part string) bool) bool {
		return len(parts) == 0 || slices.ContainsFunc(parts, func(p string) bool { return has(o.Key, p) })
	}
	return fits(r.Prefixes, strings.HasPrefix) && fits(r.Suffixes, strings.HasSuffix) &&
		(r.Larger == 0 || o.Size > r.Larger) && (r.Smaller == 0 || o.Size < r.Smaller) &&
		(r.Before.IsZero() || o.ModifiedAt.Before(r.Before))
}

// on returns when the rule applies to an object that was written at a time. S3 rounds up
// to the next midnight in UTC: an object that is written on 1 January at 10:30 and expires
// after 3 days is deleted on 5 January at 00:00.
// https://repost.aws/knowledge-center/s3-lifecycle-rule-delay
func (w When) on(written time.Time) time.Time {
	if w.Date.After(written) {
		return w.Date.UTC()
	}
	if !w.Date.IsZero() {
		return midnight(written)
	}
	return midnight(written.UTC().AddDate(0, 0, w.Days))
}

// midnight returns the time itself, or the next midnight in UTC.
func midnight(t time.Time) time.Time {
	const day = 24 * time.Hour
	if start := t.UTC().Truncate(day); start.Before(t) {
		return start.Add(day)
	}
	return t.UTC()
}

// hide returns the event of rule i, which hides an object instead of deleting it. It is a
// deletion all the same if a rule deletes the version at once.
func hide(e Event, rules []Rule, i int, o Object) Event {
	for j, r := range rules {
		n := r.Noncurrent
		if n == nil || !r.appliesTo(o) || !n.Before.IsZero() && !e.On.Before(n.Before) {
			continue
		}
		at := midnight(e.On.AddDate(0, 0, n.Days))
		if aged := midnight(o.ModifiedAt.UTC().AddDate(0, 0, n.Age)); aged.After(at) {
			at = aged
		}
		unclear := n.Unclear
		if i != j { // the same rule applies to the version as it did to the object
			unclear = cmp.Or(unclear, r.Unclear)
		}
		switch {
		case unclear != "":
			e.Maybe = unclear
		case e.Gone.IsZero() || at.Before(e.Gone):
			e.Gone = at
		}
	}
	if e.Gone.Equal(e.On) {
		e.Gone, e.Maybe = time.Time{}, ""
		return e
	}
	e.Action = Hide
	return e
}
