package lastgood

import (
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Source is what a point is known by.
type Source string

// The sources of a point.
const (
	ByRecord Source = "record" // a drill in the history
	ByDrill  Source = "drill"  // a drill of this search
)

// Backup is one backup at the source, and what is known about it.
type Backup struct {
	Key        string    `json:"key"`
	URI        string    `json:"uri"`
	SizeBytes  int64     `json:"size_bytes"`           // of all of its files; -1: only reading it shows
	ModifiedAt time.Time `json:"modified_at,omitzero"` // absent: the source does not state it
	TakenAt    time.Time `json:"taken_at,omitzero"`    // best estimate of the time of the snapshot; absent: no drill shows it

	State   State           `json:"state"`
	KnownBy Source          `json:"known_by"` // empty: nothing is known
	RunID   string          `json:"run_id"`   // of the drill that shows it
	Drilled time.Time       `json:"drilled_at,omitzero"`
	Verdict outcome.Verdict `json:"verdict"` // of that drill
	Code    outcome.Code    `json:"code"`    // empty: it passed
	Stage   outcome.Stage   `json:"stage"`   // in which it failed
	Message string          `json:"message"`
	Seconds float64         `json:"seconds"` // that it took

	ETag      string           `json:"-"`
	VersionID string           `json:"-"`
	MainSize  int64            `json:"-"` // of the dump itself, without the other parts of a set
	PartSizes map[string]int64 `json:"-"` // of the other parts, by URI
}

// Best returns when the snapshot was taken or, if that is unknown, when the backup was
// written; zero: unknown.
func (b Backup) Best() time.Time {
	if !b.TakenAt.IsZero() {
		return b.TakenAt
	}
	return b.ModifiedAt
}

// is reports whether a drill on record was of the same bytes. A key that was written again is
// another backup: its ETag, version or time differs. Without any of them, nothing shows that
// it is the same.
func (b Backup) is(drilled outcome.Backup) bool {
	if b.URI != drilled.URI || b.MainSize >= 0 && b.MainSize != drilled.SizeBytes {
		return false
	}
	for _, p := range drilled.Parts {
		if size, known := b.PartSizes[p.URI]; known && size != p.SizeBytes {
			return false
		}
	}
	sameTime, timeKnown := b.ModifiedAt.Equal(drilled.ModifiedAt), !b.ModifiedAt.IsZero() && !drilled.ModifiedAt.IsZero()
	sameTag, tagKnown := b.ETag == drilled.ETag, b.ETag != "" && drilled.ETag != ""
	sameVersion, versionKnown := b.VersionID == drilled.VersionID, b.VersionID != "" && drilled.VersionID != ""
	differs := timeKnown && !sameTime || tagKnown && !sameTag || versionKnown && !sameVersion
	return !differs && (timeKnown || tagKnown || versionKnown)
}

// gone reports whether the source no longer had b when it was to be drilled.
func (b Backup) gone() bool { return b.Stage == outcome.Locate && b.Code == outcome.ConfigInvalid }

// show sets what a drill shows about b.
func (b *Backup) show(r outcome.Result, by Source) {
	b.State, b.KnownBy = Judge(r), by
	b.RunID, b.Drilled, b.Verdict, b.Seconds = r.RunID, r.FinishedAt, r.Verdict, r.Times.Total
	b.TakenAt = r.Backup.TakenAt
	if f := r.Failure; f != nil {
		b.Code, b.Stage, b.Message = f.Code, f.Stage, f.Message
	}
}

// Recall sets what drills on record show about backups. drills must be newest first; of each
// backup the newest one that says something counts. accepted reports whether the content of a
// drill that failed as drifted was accepted as intended.
func Recall(backups []Backup, drills []outcome.Result, accepted func(runID string) bool) {
	for i := range backups {
		b := &backups[i]
		for _, r := range drills {
			if !b.is(r.Backup) || Judge(r) == Untested {
				continue
			}
			b.show(r, ByRecord)
			if b.Code == outcome.ContentDrifted && accepted(r.RunID) {
				b.State = Good
			}
			break
		}
	}
}
