// Package snapshot determines when a backup's snapshot was taken. The answer is
// a range: a custom archive holds a local time without a time zone, and a plain
// dump often holds an abbreviation that several zones share, or no time at all.
package snapshot

import "time"

// Range holds when a snapshot was taken: not before Earliest and not after
// Latest. The zero Range means that the time is unknown.
type Range struct {
	Earliest, Latest time.Time

	// Guessed reports whether the time zone of the machine that ran pg_dump is
	// unknown, so that several instants were possible.
	Guessed bool
}

// At returns the Range of a snapshot that was taken at t. The zero time returns
// an unknown Range.
func At(t time.Time) Range { return Range{Earliest: t, Latest: t} }

// Known reports whether the time is known, if only roughly.
func (r Range) Known() bool { return !r.Latest.IsZero() }

// Exact reports whether the snapshot's time is known to the instant.
func (r Range) Exact() bool { return r.Known() && r.Earliest.Equal(r.Latest) }

// Best returns the best estimate: the latest possible time. Age limits, the gate
// and the RPO use it. It returns the zero time if the time is unknown.
func (r Range) Best() time.Time { return r.Latest }

// Age returns the age of a known snapshot at now, by the best estimate.
func (r Range) Age(now time.Time) time.Duration { return now.Sub(r.Best()) }

// maxAhead is how far clocks of two machines may differ.
const maxAhead = time.Hour

// OlderThan reports whether the snapshot is older than limit at now. A snapshot
// of unknown age counts as older, and so does one from the future: its time says
// nothing.
func (r Range) OlderThan(limit time.Duration, now time.Time) bool {
	return !r.Known() || r.Age(now) > limit || r.Age(now) < -maxAhead
}

// Between returns both ends in UTC, as results store them. It returns nil if the
// time is unknown.
func (r Range) Between() []time.Time {
	if !r.Known() {
		return nil
	}
	return []time.Time{r.Earliest.UTC(), r.Latest.UTC()}
}

// cappedAt returns r with both ends moved to end if they are after it. A zero
// end changes nothing.
func (r Range) cappedAt(end time.Time) Range {
	if end.IsZero() {
		return r
	}
	if r.Earliest.After(end) {
		r.Earliest = end
	}
	if r.Latest.After(end) {
		r.Latest = end
	}
	return r
}

// Recorded holds what a stored result says about a backup's time. Results of
// drillgres 0.1 have no Between.
type Recorded struct {
	Between    []time.Time // both ends of the Range
	TakenAt    time.Time   // as stated by the dump
	ModifiedAt time.Time   // of the object
	Archive    bool        // without Between: TakenAt was read in the zone of the machine that ran the drill
}

// maxZoneError is how far an archive's time may be off if it was read in the
// wrong zone: the largest offset of a zone from UTC.
const maxZoneError = 14 * time.Hour

// Range returns the recorded Range. Without Between it is that of TakenAt, and
// without TakenAt that of ModifiedAt.
func (r Recorded) Range() Range {
	switch {
	case len(r.Between) == 2:
		return Range{Earliest: r.Between[0], Latest: r.Between[1]}.cappedAt(r.ModifiedAt)
	case r.TakenAt.IsZero():
		return At(r.ModifiedAt)
	case r.Archive:
		return Range{Earliest: r.TakenAt.Add(-maxZoneError), Latest: r.TakenAt.Add(maxZoneError), Guessed: true}.cappedAt(r.ModifiedAt)
	default:
		return At(r.TakenAt).cappedAt(r.ModifiedAt)
	}
}
