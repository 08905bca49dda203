package fleet

import (
	"encoding/json"
	"math"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
)

// State says in one word how well a database's backups are known to restore.
type State string

// The states, the worst first.
const (
	Failed     State = "failed"         // the last drill failed, or its restore did not end
	Never      State = "never_verified" // no drill has passed
	Overdue    State = "overdue"        // the last verified backup, or its drill, is older than its target or, without one, than the rhythm of the drills
	OverBudget State = "over_budget"    // the last drill verified the newest backup, but took too long
	Unproved   State = "unproved"       // the last drill could not be carried out, or a clock that is ahead recorded one
	Proved     State = "verified"       // the last drill verified the newest backup
)

// States lists the states, the worst first.
var States = []State{Failed, Never, Overdue, OverBudget, Unproved, Proved}

func (s State) rank() int { return slices.Index(States, s) }

// Targets are what the config promises. Zero: it promises nothing.
type Targets struct {
	Age        time.Duration // how old the last verified backup may be
	Unverified time.Duration // how long ago it may have been verified
	Restore    time.Duration // how long the restore may take
	Total      time.Duration // how long the whole drill may take
}

// MarshalJSON returns the targets in seconds.
func (t Targets) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]float64{"age_seconds": t.Age.Seconds(), "unverified_seconds": t.Unverified.Seconds(), "restore_seconds": t.Restore.Seconds(), "total_seconds": t.Total.Seconds()})
}

// TargetsOf returns the targets of a database: backup.max_age is that of the RPO,
// max_unverified that of the time between drills, and budget that of the RTO.
func TargetsOf(db *config.Database) Targets {
	return Targets{
		Age: time.Duration(db.Backup.MaxAge), Unverified: time.Duration(db.MaxUnverified),
		Restore: time.Duration(db.Budget.Restore), Total: time.Duration(db.Budget.Total),
	}
}

// TargetsIn returns the targets of every database of a config.
func TargetsIn(cfg *config.Config) map[string]Targets {
	targets := map[string]Targets{}
	for name, db := range cfg.Databases {
		targets[name] = TargetsOf(db)
	}
	return targets
}

// state returns the state of a database. A release that fails its rehearsal does not
// change it: the backup had been verified before.
func (d *Database) state() State {
	last, drilled := d.Last()
	failed := drilled && last.Verdict == outcome.VerdictFailed && !outcome.OfRelease(last.Code)
	switch {
	case failed && !outcome.AfterVerified(last.Code):
		return Failed
	case !d.IsVerified():
		return Never
	case d.late > 1:
		return Overdue
	case failed:
		return OverBudget
	case last.Verdict == outcome.VerdictUnproved, d.Ahead > 0: // it may be the last drill that does not count
		return Unproved
	default:
		return Proved
	}
}

// lateness returns how late a database is: the age of its last verified backup in relation
// to its target, or that of the last drill if it is greater. More than 1 is overdue. A backup
// whose age is unknown is at least as old as its
// drill.
func (d *Database) lateness(now time.Time) (late float64) {
	if !d.IsVerified() {
		return math.Inf(1)
	}
	age, known := d.Age()
	if !known {
		age = now.Sub(d.LastVerified.Drilled)
	}
	if limit := d.Targets.Age; limit > 0 {
		late = age.Seconds() / limit.Seconds()
	}
	if limit := d.Targets.Unverified; limit > 0 {
		late = max(late, now.Sub(d.LastDrilled).Seconds()/limit.Seconds())
	}
	return late
}

// latenessByRhythm returns how late the next drill is, for a database whose config promises
// nothing: more than 1 if it is late by more than two of the database's own intervals, and by
// more than a day.
func (d *Database) latenessByRhythm(now time.Time) float64 {
	gap := rhythm(d.latest)
	if gap == 0 {
		return 0
	}
	return max(now.Sub(d.Next), 0).Seconds() / max(2*gap, day).Seconds()
}
