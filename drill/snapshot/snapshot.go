// Package snapshot says when a backup's snapshot was taken. That is a range: a
// custom archive holds a local time without its zone, a plain dump often an
// abbreviation that several zones share, or no time at all.
package snapshot

import "time"

// Range is when a snapshot was taken: at Earliest or later, at Latest or
// earlier. The zero Range is unknown.
type Range struct {
	Earliest, Latest time.Time

	// Guessed reports that the zone of the machine that dumped is not known, so
	// that several instants were possible.
	Guessed bool
}

// At is the Range of a snapshot whose time is known; of the zero time, unknown.
func At(t time.Time) Range { return Range{Earliest: t, Latest: t} }

// Known reports whether anything is known.
func (r Range) Known() bool { return !r.Latest.IsZero() }

// Exact reports whether the snapshot's time is known to the instant.
func (r Range) Exact() bool { return r.Known() && r.Earliest.Equal(r.Latest) }

// Best returns the best estimate, which age limits, the gate and the RPO go by:
// the latest time that is possible. The zero time stands for unknown.
func (r Range) Best() time.Time { return r.Latest }

// Age returns the age at now of a known snapshot, by the best estimate.
func (r Range) Age(now time.Time) time.Duration { return now.Sub(r.Best()) }

// OlderThan reports whether the snapshot is older than limit at now. One of
// unknown time is.
func (r Range) OlderThan(limit time.Duration, now time.Time) bool {
	return !r.Known() || r.Age(now) > limit
}

// Between returns both ends in UTC, as results hold them; nil: unknown.
func (r Range) Between() []time.Time {
	if !r.Known() {
		return nil
	}
	return []time.Time{r.Earliest.UTC(), r.Latest.UTC()}
}

// until returns r without what lies after end. The zero end is none.
func (r Range) until(end time.Time) Range {
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

// Recorded is what a result on record holds of a backup's time. Results of
// drillgres 0.1 lack Between.
type Recorded struct {
	Between    []time.Time // both ends of the Range
	TakenAt    time.Time   // what the dump states
	ModifiedAt time.Time   // of the object
	Archive    bool        // without Between: TakenAt was read in the zone of the machine that drilled
}

// anyZone is how far two zones can be apart from UTC, and so how far an
// archive's time that was read in the wrong zone may be off.
const anyZone = 14 * time.Hour

// Range returns the Range that was recorded. Without Between it is TakenAt, or
// else ModifiedAt.
func (o Recorded) Range() Range {
	switch {
	case len(o.Between) == 2:
		return Range{Earliest: o.Between[0], Latest: o.Between[1]}.until(o.ModifiedAt)
	case o.TakenAt.IsZero():
		return At(o.ModifiedAt)
	case o.Archive:
		return Range{Earliest: o.TakenAt.Add(-anyZone), Latest: o.TakenAt.Add(anyZone), Guessed: true}.until(o.ModifiedAt)
	default:
		return At(o.TakenAt).until(o.ModifiedAt)
	}
}
