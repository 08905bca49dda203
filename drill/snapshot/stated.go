package snapshot

import (
	"encoding/json"
	"slices"
	"time"
)

// Stated is the time that a dump states: the wall-clock time, on the machine that
// ran pg_dump, at which the dump began.
type Stated struct {
	Clock time.Time // date and time of day, with UTC in place of the real zone; zero: the dump states no time
	Zone  string    // of the clock: an abbreviation or an offset such as +0530; empty: not stated
	DST   DST       // whether the clock was set to daylight saving time
}

// DST says whether a clock is set to daylight saving time.
type DST int

// The values of DST that an archive can state.
const (
	DSTUnknown DST = iota
	DSTOff
	DSTOn
)

// Exactly returns the Stated of a dump that states t in UTC.
func Exactly(t time.Time) Stated {
	if t.IsZero() {
		return Stated{}
	}
	return Stated{Clock: t.UTC(), Zone: "UTC"}
}

// IsZero reports whether the dump states no time.
func (s Stated) IsZero() bool { return s.Clock.IsZero() }

// instant returns the instant that the dump states. It returns false if the dump
// states none, or a time that fits several zones.
func (s Stated) instant() (time.Time, bool) {
	at, guessed := s.instants(nil)
	if guessed || len(at) != 1 {
		return time.Time{}, false
	}
	return at[0], true
}

// String returns the time for people: in UTC if the zone is certain, otherwise
// as the dump states it.
func (s Stated) String() string {
	const layout = "2006-01-02 15:04"
	if t, ok := s.instant(); ok {
		return t.Format(layout + " UTC")
	}
	zone := "an unknown time zone"
	if s.Zone != "" {
		zone = s.Zone
	}
	return s.Clock.Format(layout) + " in " + zone
}

// MarshalJSON writes an RFC 3339 time. It omits the offset if the zone is not
// certain.
func (s Stated) MarshalJSON() ([]byte, error) {
	if t, ok := s.instant(); ok {
		return json.Marshal(t)
	}
	return json.Marshal(s.Clock.Format("2006-01-02T15:04:05"))
}

// Object is the file or object that contains the dump.
type Object struct {
	ModifiedAt time.Time // zero: unknown
	Size       int64     // bytes
	SeenAt     time.Time // when the object certainly existed; used if ModifiedAt is zero
}

const (
	// slowest is the lowest assumed speed of a dump, in bytes per second.
	slowest = 1 << 20
	// slack allows for the time before and after the writing: a queue, locks,
	// flushing the compression, confirming the upload.
	slack = 10 * time.Minute
	// skew is how far the clock of the machine that ran pg_dump may be ahead of
	// the clock that dates the object. A multipart upload is dated at its start.
	skew = 5 * time.Minute
)

// earliestStart returns the earliest time at which a dump of this size can have
// begun. It returns the zero time if the object's time is unknown.
func (o Object) earliestStart() time.Time {
	if o.ModifiedAt.IsZero() {
		return time.Time{}
	}
	return o.ModifiedAt.Add(-slack - time.Duration(o.Size)*time.Second/slowest)
}

// latestEnd returns the time by which the dump had certainly ended.
func (o Object) latestEnd() time.Time {
	if o.ModifiedAt.IsZero() {
		return o.SeenAt
	}
	return o.ModifiedAt
}

// Taken returns when the snapshot was taken, as far as the stated time and the
// object show it. zone is the time zone of the machine that ran pg_dump; nil:
// unknown. The Range never ends after the object's own time.
func (s Stated) Taken(zone *time.Location, o Object) Range {
	if !o.SeenAt.IsZero() && o.ModifiedAt.After(o.SeenAt) {
		o.ModifiedAt = o.SeenAt // the clock of its store is ahead
	}
	possible, guessed := s.instants(zone)
	if len(possible) == 0 {
		return Range{Earliest: o.earliestStart(), Latest: o.ModifiedAt}
	}
	possible = o.plausible(possible)
	r := Range{Earliest: possible[0], Latest: possible[len(possible)-1], Guessed: guessed}
	return r.cappedAt(o.latestEnd())
}

// plausible returns the instants at which the dump can have begun, in the given
// order. If the object was copied long after the dump, no instant fits closely;
// then plausible returns every earlier instant.
func (o Object) plausible(instants []time.Time) []time.Time {
	if end := o.latestEnd(); !end.IsZero() {
		past := 1 // if all instants are after end, the first stays
		for past < len(instants) && !instants[past].After(end.Add(skew)) {
			past++
		}
		instants = instants[:past]
	}
	began := o.earliestStart()
	if close := slices.IndexFunc(instants, func(t time.Time) bool { return !t.Before(began) }); close >= 0 {
		return instants[close:]
	}
	return instants
}
