// Package record stores past drills, so that an operator knows when a backup was
// last verified. It contains what all stores have in common; the packages below it
// store drills in a SQLite file, in Postgres or in a bucket.
package record

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/place"
	"github.com/drillgres/drillgres/drill/snapshot"
)

// Store stores drills. A recorded drill is never changed. Stores are safe for
// concurrent use, also by several processes and machines. Package recordtest
// tests this contract.
type Store interface {
	// Entries returns the drills of a database, or of all databases if it is empty,
	// in any order.
	Entries(ctx context.Context, database string) ([]Entry, error)
	// Results returns the JSON documents of these drills, which must be recorded,
	// in their order.
	Results(ctx context.Context, drills []ID) ([][]byte, error)
	// Add records a drill with its JSON document. It returns false if the drill is
	// already recorded, and leaves that record as it is.
	Add(ctx context.Context, e Entry, result []byte) (added bool, err error)
	// Accept records an acceptance. It may keep or replace an earlier one of the
	// same drill.
	Accept(ctx context.Context, a Acceptance) error
	// Acceptances returns the acceptances of a database, or of all databases if it
	// is empty, in any order. Of several for one drill, the last one is valid.
	Acceptances(ctx context.Context, database string) ([]Acceptance, error)
	// Note records what a receiver knows of a database, in place of an earlier notice of
	// the same receiver, database and kind.
	Note(ctx context.Context, n Notice) error
	// Notices returns the notices of a database, in any order.
	Notices(ctx context.Context, database string) ([]Notice, error)
	// Check returns an error if a drill could not be recorded. It leaves no record.
	Check(ctx context.Context) error
	Close() error
}

// Kind is a kind of store, and how to open it.
type Kind = place.Entry[config.Record, Store]

// Kinds is the registry of stores.
type Kinds = place.Registry[config.Record, Store]

// Rebuilder is a Store with an index, which only saves time and can be built
// again. Rebuild returns the number of drills in it.
type Rebuilder interface {
	Rebuild(ctx context.Context) (drills int, err error)
}

// ID identifies a drill. Each database that is drilled in a run has its own.
type ID struct {
	RunID    string `json:"run_id"`
	Database string `json:"database"`
}

// Entry is the summary of a drill. Its times are in UTC and whole microseconds; a
// zero time is unknown.
type Entry struct {
	ID
	Kind       outcome.Kind    `json:"kind"` // never empty
	StartedAt  time.Time       `json:"started_at,omitzero"`
	FinishedAt time.Time       `json:"finished_at,omitzero"`
	Verdict    outcome.Verdict `json:"verdict"`
	Code       outcome.Code    `json:"code"` // empty: it passed
	ExitCode   int             `json:"exit_code"`
	BackupURI  string          `json:"backup_uri"`
	Chosen     outcome.Chosen  `json:"backup_chosen"` // never empty
	TakenAt    time.Time       `json:"backup_taken_at,omitzero"`
	ModifiedAt time.Time       `json:"backup_modified_at,omitzero"`
	Restore    float64         `json:"restore_seconds"`
	Total      float64         `json:"total_seconds"`
}

// EntryOf returns the entry of a drill.
func EntryOf(r outcome.Result) Entry {
	e := Entry{
		ID: ID{r.RunID, r.Database}, Verdict: r.Verdict, ExitCode: r.ExitCode,
		StartedAt: instant(r.StartedAt), FinishedAt: instant(r.FinishedAt),
		BackupURI: r.Backup.URI, Chosen: cmp.Or(r.Backup.Chosen, outcome.ChosenLatest), TakenAt: instant(r.Backup.TakenAt), ModifiedAt: instant(r.Backup.ModifiedAt),
		Restore: r.Times.Restore, Total: r.Times.Total,
	}
	if r.Failure != nil {
		e.Code = r.Failure.Code
	}
	e.Kind = kindOf(r)
	return e
}

// verified reports whether the drill restored and verified the database's newest
// backup, whatever a release did to it afterwards. A drill of a backup that was named by
// hand does not.
func (e Entry) verified() bool {
	passed := e.Verdict == outcome.VerdictPassed || outcome.OfRelease(e.Code)
	return e.Kind == outcome.KindDrill && passed && e.Chosen == outcome.ChosenLatest
}

// drifted reports whether the drill may be accepted as a baseline.
func (e Entry) drifted() bool {
	return e.Kind == outcome.KindDrill && e.Code == outcome.ContentDrifted && e.Chosen == outcome.ChosenLatest
}

// instant returns a time in the precision that every store has.
func instant(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

// snapshot returns when the drill's backup was taken or, if that is unknown, when
// its file was last modified; zero: unknown.
func (e Entry) snapshot() time.Time {
	taken := snapshot.Recorded{TakenAt: e.TakenAt, ModifiedAt: e.ModifiedAt}.Range().Best()
	if !e.FinishedAt.IsZero() && taken.After(e.FinishedAt) {
		return e.FinishedAt // the clock of the backup's store is ahead: it was not taken after its drill
	}
	return taken
}

// ErrConflict is the error of Tell for a drill that is already recorded with
// another result.
var ErrConflict = errors.New("it is already recorded with another result, which is kept")

// Encode returns a drill in the form that is stored. NUL, which Postgres cannot
// store in a text, becomes U+FFFD.
func Encode(r outcome.Result) ([]byte, error) {
	result, err := json.Marshal(r.Normalised())
	if err != nil {
		return nil, fmt.Errorf("record drill %s: %w", r.RunID, err)
	}
	if !bytes.Contains(result, []byte(`\u0000`)) {
		return result, nil
	}
	out := make([]byte, 0, len(result))
	for i := 0; i < len(result); i++ {
		if result[i] == '\\' && bytes.HasPrefix(result[i:], []byte(`\u0000`)) {
			out = append(out, `\ufffd`...)
			i += len(`\u0000`) - 1
			continue
		}
		out = append(out, result[i])
		if result[i] == '\\' { // skip what it escapes: \\u0000 is not a NUL
			i++
			out = append(out, result[i])
		}
	}
	return out, nil
}

// Decode reads what Encode wrote. It returns an error for a result that a newer
// drillgres wrote.
func Decode(id ID, result []byte) (r outcome.Result, err error) {
	if err := json.Unmarshal(result, &r); err != nil {
		return r, fmt.Errorf("drill %s of %s is damaged: %w", id.RunID, id.Database, err)
	}
	if r.SchemaVersion > outcome.SchemaVersion {
		return r, fmt.Errorf("drill %s of %s was recorded by a newer drillgres (results of version %d, this one knows %d)",
			id.RunID, id.Database, r.SchemaVersion, outcome.SchemaVersion)
	}
	r.Kind = kindOf(r)
	return r, nil
}

// sameJSON reports whether two JSON documents have the same value.
func sameJSON(a, b []byte) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}
