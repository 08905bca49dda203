package fleet

import (
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
)

// Database is the state of one database. Only drills of the newest backup determine it.
type Database struct {
	Name         string       `json:"database"`
	State        State        `json:"state"`
	Targets      Targets      `json:"targets"`
	LastVerified Verified     `json:"last_verified"`         // the newest backup that a drill verified
	LastDrilled  time.Time    `json:"last_drilled,omitzero"` // when the last drill ended that verified a backup, possibly an older one than that
	AgeSeconds   *float64     `json:"age_seconds"`           // now − the snapshot of the last verified backup; null: unknown, or never verified
	Recovery     *record.Pace `json:"recovery"`              // of the last passed drill; null: no drill has passed
	Next         time.Time    `json:"next_drill_about,omitzero"`

	Counts Counts         `json:"counts"`       // of the drills of these days
	Ahead  int            `json:"drills_ahead"` // of the newest backup, by a clock that is ahead: they count nowhere
	Recent []record.Entry `json:"recent"`       // the last drills, newest first, at most 30
	Points []Point        `json:"trend"`        // oldest first; empty unless LoadTrend was called

	Accepted []record.Acceptance `json:"accepted"` // failed drills that were accepted as the baseline, with the reasons

	Drills []record.Entry `json:"-"` // every drill of these days, newest first, also of backups named by hand, but none of a clock that is ahead
	latest []record.Entry // every drill of the newest backup, newest first
	late   float64        // see lateness
}

// Verified is a backup that was verified. It is zero if there is none.
type Verified struct {
	RunID    string    `json:"run_id"`
	Backup   string    `json:"backup"`
	Snapshot time.Time `json:"snapshot,omitzero"` // when it was taken; zero: unknown
	Drilled  time.Time `json:"drilled,omitzero"`  // when the drill ended
}

// Counts are numbers of drills by verdict.
type Counts struct {
	Passed   int `json:"passed"`
	Failed   int `json:"failed"`
	Unproved int `json:"unproved"`
}

// Total returns the number of all drills.
func (c Counts) Total() int { return c.Passed + c.Failed + c.Unproved }

// Count counts drills.
func Count(entries []record.Entry) (c Counts) {
	for _, e := range entries {
		switch e.Verdict {
		case outcome.VerdictPassed:
			c.Passed++
		case outcome.VerdictFailed:
			c.Failed++
		default:
			c.Unproved++
		}
	}
	return c
}

// recent is the number of drills that a wall shows.
const recent = 30

// databaseOf returns the state of a database from all of its drills, newest first. configured
// says that it is in the config, so that more drills are expected.
func databaseOf(name string, t Targets, configured bool, drills []record.Entry, since, now time.Time) Database {
	d := Database{Name: name, Targets: t, Recent: []record.Entry{}, Points: []Point{}, Accepted: []record.Acceptance{}}
	for _, e := range drills {
		if !e.StartedAt.Before(since) && !e.Ahead(now) {
			d.Drills = append(d.Drills, e)
		}
	}
	d.latest, d.Ahead = record.Deciding(drills, now), record.CountAhead(drills, now)
	d.Counts = Count(d.window(since))
	d.Recent = append(d.Recent, d.latest[:min(len(d.latest), recent)]...)
	if v, ok := record.LastVerified(d.latest, now); ok {
		d.LastVerified = Verified{v.RunID, v.BackupURI, v.Snapshot, v.Drilled}
		if !v.Snapshot.IsZero() {
			age := now.Sub(v.Snapshot).Seconds()
			d.AgeSeconds = &age
		}
	}
	if v, ok := record.LastDrill(d.latest, now); ok {
		d.LastDrilled = v.Drilled
	}
	d.Next = next(d.latest)
	d.late = d.lateness(now)
	if configured && t.Age == 0 && t.Unverified == 0 && d.IsVerified() {
		d.late = d.latenessByRhythm(now)
	}
	d.State = d.state()
	return d
}

// window returns the drills of the newest backup since a time, newest first.
func (d *Database) window(since time.Time) []record.Entry {
	n := len(d.latest)
	if i := slices.IndexFunc(d.latest, func(e record.Entry) bool { return e.StartedAt.Before(since) }); i >= 0 {
		n = i
	}
	return d.latest[:n]
}

// next returns when the next drill starts if the last ones show a rhythm, and otherwise zero.
func next(drills []record.Entry) time.Time {
	gap := rhythm(drills)
	if gap == 0 {
		return time.Time{}
	}
	return drills[0].StartedAt.Add(gap)
}

// rhythm returns the median of the times between the last drills. It is zero if there are
// fewer than four drills.
func rhythm(drills []record.Entry) time.Duration {
	const fewest, most = 4, 11
	if len(drills) < fewest {
		return 0
	}
	var gaps []time.Duration
	for i := range min(len(drills), most) - 1 {
		gaps = append(gaps, drills[i].StartedAt.Sub(drills[i+1].StartedAt))
	}
	slices.Sort(gaps)
	const leastRhythm = time.Hour // drills that follow each other faster were started by hand
	gap := gaps[len(gaps)/2]
	if gap < leastRhythm {
		return 0
	}
	return gap
}

// Acceptance returns why a drill was accepted as the baseline, and false if it was not.
func (d *Database) Acceptance(run string) (record.Acceptance, bool) {
	for _, a := range d.Accepted {
		if a.RunID == run {
			return a, true
		}
	}
	return record.Acceptance{}, false
}

// IsVerified reports whether a drill has ever verified a backup. Its age may be unknown.
func (d *Database) IsVerified() bool { return d.LastVerified.RunID != "" }

// Age returns the age of the last verified backup, and false if it is unknown or none was
// ever verified.
func (d *Database) Age() (time.Duration, bool) {
	if d.AgeSeconds == nil {
		return 0, false
	}
	return time.Duration(*d.AgeSeconds * float64(time.Second)), true
}

// Last returns the last drill of the newest backup, and false if there is none.
func (d *Database) Last() (record.Entry, bool) {
	if len(d.latest) == 0 {
		return record.Entry{}, false
	}
	return d.latest[0], true
}

// LastFailed returns the last failed drill of the newest backup in these days, and false
// if there is none.
func (d *Database) LastFailed() (record.Entry, bool) {
	for _, e := range d.Drills {
		if e.Verdict == outcome.VerdictFailed && e.Chosen == outcome.ChosenLatest {
			return e, true
		}
	}
	return record.Entry{}, false
}
