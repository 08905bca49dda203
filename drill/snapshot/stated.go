package snapshot

import (
	"encoding/json"
	"slices"
	"time"
)

// Stated is the time that a dump states of itself: what the clock on the wall
// of the machine that dumped showed when the dump began.
type Stated struct {
	Clock time.Time // its date and time of day, with UTC in place of its zone; zero: the dump states none
	Zone  string    // of the clock: an abbreviation or an offset such as +0530; empty: the dump does not say
	DST   DST       // whether the clock was set to daylight saving time
}

// DST is whether a clock is set to daylight saving time.
type DST int

// What an archive says of daylight saving time.
const (
	DSTUnknown DST = iota
	DSTOff
	DSTOn
)

// Exactly is what a dump states that was taken at t.
func Exactly(t time.Time) Stated {
	if t.IsZero() {
		return Stated{}
	}
	return Stated{Clock: t.UTC(), Zone: "UTC"}
}

// IsZero reports whether the dump states no time.
func (s Stated) IsZero() bool { return s.Clock.IsZero() }

// exactly returns the instant that the dump states, if it states one.
func (s Stated) exactly() (time.Time, bool) {
	at, guessed := s.instants(nil)
	if guessed || len(at) != 1 {
		return time.Time{}, false
	}
	return at[0], true
}

// String returns the time for people: in UTC, or as the dump states it where
// that is not enough.
func (s Stated) String() string {
	const layout = "2006-01-02 15:04"
	if t, ok := s.exactly(); ok {
		return t.Format(layout + " UTC")
	}
	zone := "an unknown time zone"
	if s.Zone != "" {
		zone = s.Zone
	}
	return s.Clock.Format(layout) + " in " + zone
}

// MarshalJSON writes an RFC 3339 time, without an offset where the zone is not
// known for certain.
func (s Stated) MarshalJSON() ([]byte, error) {
	if t, ok := s.exactly(); ok {
		return json.Marshal(t)
	}
	return json.Marshal(s.Clock.Format("2006-01-02T15:04:05"))
}

// Object is the file or object that holds the dump.
type Object struct {
	ModifiedAt time.Time // zero: not known
	Size       int64     // bytes
	SeenAt     time.Time // when it was there for certain, for an object whose own time is not known
}

const (
	// slowest is how many bytes a second a dump writes at the least.
	slowest = 1 << 20
	// slack is for what comes before and after the writing: a queue, locks,
	// compression that is flushed, an upload that is confirmed.
	slack = 10 * time.Minute
	// skew is how far the clock of the machine that dumped may be ahead of the
	// clock that dates the object. A multipart upload is dated when it begins.
	skew = 5 * time.Minute
)

// began returns the earliest time at which a dump of this size can have begun.
func (o Object) began() time.Time {
	if o.ModifiedAt.IsZero() {
		return time.Time{}
	}
	return o.ModifiedAt.Add(-slack - time.Duration(o.Size)*time.Second/slowest)
}

// ended returns the time at which the dump had ended for certain.
func (o Object) ended() time.Time {
	if o.ModifiedAt.IsZero() {
		return o.SeenAt
	}
	return o.ModifiedAt
}

// Taken returns when the snapshot was taken, as far as what the dump states and
// its object show. zone is that of the machine that dumped; nil: not known. The
// Range never reaches beyond the object's own time.
func (s Stated) Taken(zone *time.Location, o Object) Range {
	possible, guessed := s.instants(zone)
	if len(possible) == 0 {
		return Range{Earliest: o.began(), Latest: o.ModifiedAt}
	}
	possible = o.plausible(possible)
	r := Range{Earliest: possible[0], Latest: possible[len(possible)-1], Guessed: guessed}
	return r.until(o.ended())
}

// plausible returns those of the instants, in their order, at which the dump
// can have begun. An object that was copied long after it was dumped fits none
// closely: then every earlier instant stays possible.
func (o Object) plausible(instants []time.Time) []time.Time {
	if end := o.ended(); !end.IsZero() {
		past := 1 // where all lie ahead, the least
		for past < len(instants) && !instants[past].After(end.Add(skew)) {
			past++
		}
		instants = instants[:past]
	}
	began := o.began()
	if close := slices.IndexFunc(instants, func(t time.Time) bool { return !t.Before(began) }); close >= 0 {
		return instants[close:]
	}
	return instants
}
