package lastgood

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Answer is how a search ended.
type Answer string

// The ends of a search.
const (
	Found      Answer = "found"      // the newest backup that restores is known
	None       Answer = "none"       // no backup restores
	Unfinished Answer = "unfinished" // drills are missing, so a newer backup may restore too
)

// Report is the result of a search. Keys may be added to its JSON, never removed.
type Report struct {
	SchemaVersion int       `json:"schema_version"`
	Drillgres     string    `json:"drillgres"` // version of this program
	Database      string    `json:"database"`
	StartedAt     time.Time `json:"started_at"`
	FinishedAt    time.Time `json:"finished_at"`

	Answer     Answer                 `json:"answer"`
	ExitCode   int                    `json:"exit_code"`
	Backup     *Backup                `json:"backup"`      // the newest that restores, as far as is known; null: none is known
	AgeSeconds *float64               `json:"age_seconds"` // how far back that is; null: unknown
	Failure    *outcome.FailureReport `json:"failure"`     // what ended the search early; null: nothing

	Drills    int      `json:"drills"`     // that were made
	MaxDrills int      `json:"max_drills"` // that were allowed
	Older     int      `json:"older"`      // backups that --since left out
	Backups   []Backup `json:"backups"`    // in the range, newest first

	Open         []string `json:"open"`         // keys of backups that may restore and were not drilled
	Skipped      []string `json:"skipped"`      // keys of backups that may restore and could not be drilled
	Assumed      []string `json:"assumed"`      // keys of backups that count as broken only because an older one is
	Contradicted bool     `json:"contradicted"` // a backup that is older than one that restores is broken

	Findings   []outcome.Finding `json:"findings"`
	Leftovers  []string          `json:"leftovers"`   // what clean-up could not remove
	TellErrors []string          `json:"tell_errors"` // why a drill could not be recorded
}

// Finder searches for the newest backup that restores.
type Finder struct {
	Now       func() time.Time
	MaxDrills int
	// Drill drills one backup. It always returns a result.
	Drill func(ctx context.Context, b Backup) outcome.Result
}

// Find drills as many of the backups of r as are necessary, and completes r.
func (f Finder) Find(ctx context.Context, r Report) Report {
	r.SchemaVersion, r.MaxDrills = outcome.SchemaVersion, f.MaxDrills
	states := make([]State, len(r.Backups))
	for i, b := range r.Backups {
		states[i] = b.State
	}
	s := NewSearch(states, f.MaxDrills)
	for r.Failure == nil {
		i, more := s.Next()
		if !more {
			break
		}
		result := f.Drill(ctx, r.Backups[i])
		r.Drills++
		r.Leftovers, r.TellErrors = append(r.Leftovers, result.Leftovers...), append(r.TellErrors, result.TellErrors...)
		s.Set(i, r.judge(&r.Backups[i], result))
	}
	r.conclude(s, f.Now())
	return r
}

// judge sets what a drill of this search shows about a backup, and returns its state. It sets
// the failure of the search if no other drill would succeed.
func (r *Report) judge(b *Backup, result outcome.Result) State {
	b.show(result, ByDrill)
	failure := result.Failure
	switch {
	case result.Backup.URI != "" && result.Backup.URI != b.URI:
		b.State, b.Message = Unknown, fmt.Sprintf("another backup has this name too, and was drilled instead: %s", result.Backup.URI)
	case b.State != Untested:
	case failure != nil && (result.Verdict == outcome.VerdictFailed || canGoOn(*failure)):
		b.State = Unknown
	case failure != nil:
		b.State, r.Failure = Unknown, failure
	}
	return b.State
}

// conclude sets the answer.
func (r *Report) conclude(s *Search, now time.Time) {
	r.FinishedAt = now
	r.Backups, r.Findings = listOf(r.Backups), listOf(r.Findings)
	r.Leftovers, r.TellErrors = listOf(r.Leftovers), listOf(r.TellErrors)
	r.Open, r.Skipped, r.Assumed = r.keys(s.Open()), r.keys(s.Skipped()), r.keys(s.Assumed())
	r.Contradicted = s.Contradicted()
	found := s.Answer()
	if found >= 0 {
		r.Backup = &r.Backups[found]
		if at := r.Backup.Best(); !at.IsZero() {
			age := max(now.Sub(at), 0).Seconds()
			r.AgeSeconds = &age
		}
	}
	present := slices.ContainsFunc(s.Skipped(), func(i int) bool { return !r.Backups[i].gone() })
	switch {
	case r.Failure != nil:
		r.Answer, r.ExitCode = Unfinished, r.Failure.Class.ExitCode()
	case len(r.Open) > 0 || present || found < 0 && len(r.Skipped) > 0:
		r.Answer, r.ExitCode = Unfinished, outcome.ClassEnvironment.ExitCode()
	case found < 0:
		r.Answer, r.ExitCode = None, outcome.ClassBackup.ExitCode()
	case len(r.TellErrors) > 0:
		r.Answer, r.ExitCode = Found, outcome.ExitNotRecorded
	default:
		r.Answer, r.ExitCode = Found, outcome.ExitPassed
	}
}

// listOf returns list, or an empty one: JSON must not contain null where a script expects a
// list.
func listOf[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (r *Report) keys(indexes []int) []string {
	keys := make([]string, 0, len(indexes))
	for _, i := range indexes {
		keys = append(keys, r.Backups[i].Key)
	}
	return keys
}
