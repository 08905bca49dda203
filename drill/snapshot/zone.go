package snapshot

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // for systems without a zone database, such as an image built from scratch
)

// LoadZone returns the time zone with an IANA name such as America/New_York. It
// returns nil for an empty name, and an error for Local and for unknown names.
func LoadZone(name string) (*time.Location, error) {
	if name == "" {
		return nil, nil
	}
	if name == "Local" {
		return nil, fmt.Errorf("%q depends on the machine that runs the drill", name)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%q is not a time zone", name)
	}
	return zone, nil
}

// offsets holds every offset from UTC in use since 2020, in minutes, easternmost
// first. Source: IANA time zone database 2025c.
var offsets = []int{
	840, 825, 780, 765, 720, 660, 630, 600, 570, 540, 525, 480, 420, 390, 360, 345, 330, 300, 270, 240, 210, 180, 120, 60, 0,
	-60, -120, -150, -180, -210, -240, -300, -360, -420, -480, -540, -570, -600, -660, -720,
}

// abbreviations holds the offsets from UTC that a zone abbreviation can mean, in
// minutes, easternmost first. Source: as for offsets.
var abbreviations = map[string][]int{
	"UTC": {0}, "GMT": {0}, "UCT": {0}, "Z": {0},
	"WET": {0}, "WEST": {60}, "BST": {60}, "CET": {60}, "CEST": {120}, "EET": {120}, "EEST": {180}, "MSK": {180},
	"WAT": {60}, "CAT": {120}, "SAST": {120}, "EAT": {180}, "IDT": {180}, "IST": {330, 120, 60},
	"PKT": {300}, "WIB": {420}, "WITA": {480}, "WIT": {540}, "HKT": {480}, "JST": {540}, "KST": {540}, "ChST": {600},
	"AWST": {480}, "ACST": {570}, "ACDT": {630}, "AEST": {600}, "AEDT": {660}, "NZST": {720}, "NZDT": {780},
	"NST": {-210}, "NDT": {-150}, "AST": {-240}, "ADT": {-180}, "EST": {-300}, "EDT": {-240}, "CST": {480, -300, -360},
	"CDT": {-240, -300}, "MST": {-420}, "MDT": {-360}, "PST": {480, -480}, "PDT": {-420}, "AKST": {-540}, "AKDT": {-480},
	"HST": {-600}, "HDT": {-540}, "SST": {-660},
}

// instants returns the instants that the stated time can mean, earliest first.
// guessed reports whether the zone had to be guessed.
func (s Stated) instants(zone *time.Location) (possible []time.Time, guessed bool) {
	if s.IsZero() {
		return nil, false
	}
	stated := s.offsets()
	if len(stated) == 1 {
		return s.instantsAt(stated), false
	}
	if zone != nil {
		if in := s.instantsIn(zone, stated); len(in) > 0 {
			return in, false
		}
	}
	if len(stated) == 0 {
		stated = offsets
	}
	return s.instantsAt(stated), true
}

// offsets returns the offsets that the stated zone can mean, in minutes. It
// returns nil if the zone is missing or unknown.
func (s Stated) offsets() []int {
	if known, ok := abbreviations[s.Zone]; ok {
		return known
	}
	digits := strings.ReplaceAll(strings.TrimLeft(s.Zone, "+-"), ":", "")
	n, err := strconv.Atoi(digits)
	if s.Zone == "" || !strings.ContainsAny(s.Zone[:1], "+-") || err != nil || len(digits) != 2 && len(digits) != 4 {
		return nil
	}
	if len(digits) == 2 {
		n *= 100
	}
	minutes := n/100*60 + n%100
	if s.Zone[0] == '-' {
		minutes = -minutes
	}
	return []int{minutes}
}

// instantsAt returns one instant for each offset. Offsets that are ordered
// easternmost first give instants that are ordered earliest first.
func (s Stated) instantsAt(offsets []int) []time.Time {
	instants := make([]time.Time, 0, len(offsets))
	for _, minutes := range offsets {
		instants = append(instants, s.Clock.Add(-time.Duration(minutes)*time.Minute))
	}
	return instants
}

// instantsIn returns the instants at which clocks in zone showed the stated time.
// There are two when the clocks were set back, unless the dump states DST.
// allowed holds the offsets that the stated abbreviation can mean; empty: any
// offset. It returns no instant if the zone does not use that abbreviation.
func (s Stated) instantsIn(zone *time.Location, allowed []int) (found []time.Time) {
	const around = 26 * time.Hour // more than any offset plus any change of it
	var seen []int
	for _, t := range []time.Time{s.Clock.Add(-around), s.Clock, s.Clock.Add(around)} {
		_, seconds := t.In(zone).Zone()
		if !slices.Contains(seen, seconds) {
			seen = append(seen, seconds)
		}
	}
	for _, seconds := range seen {
		t := s.Clock.Add(-time.Duration(seconds) * time.Second)
		_, actual := t.In(zone).Zone()
		if actual == seconds && (len(allowed) == 0 || slices.Contains(allowed, seconds/60)) {
			found = append(found, t)
		}
	}
	if len(found) == 0 && len(allowed) == 0 { // clocks skipped this time when they were set forward
		found = []time.Time{time.Date(s.Clock.Year(), s.Clock.Month(), s.Clock.Day(), s.Clock.Hour(), s.Clock.Minute(), s.Clock.Second(), 0, zone).UTC()}
	}
	slices.SortFunc(found, time.Time.Compare)
	return s.matchingDST(zone, found)
}

// matchingDST returns the instants that match the stated daylight saving time,
// or all of them if none matches.
func (s Stated) matchingDST(zone *time.Location, instants []time.Time) []time.Time {
	if len(instants) < 2 || s.DST == DSTUnknown {
		return instants
	}
	fits := slices.DeleteFunc(slices.Clone(instants), func(t time.Time) bool { return t.In(zone).IsDST() != (s.DST == DSTOn) })
	if len(fits) == 0 {
		return instants
	}
	return fits
}
