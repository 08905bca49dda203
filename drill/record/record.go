// Package record remembers drills, so that an operator knows when a backup was
// last proved to restore. It holds what is the same wherever they are kept; the
// packages below it keep them: in a SQLite file, in Postgres, in a bucket.
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

// Store keeps drills. A drill on record is never changed. Stores are safe for
// concurrent use, also by several processes and machines; package recordtest
// says what is asked of them.
type Store interface {
	// Entries are the drills of a database, or all if it is empty, in any order.
	Entries(ctx context.Context, database string) ([]Entry, error)
	// Results are the JSON documents of these drills, which are on record, in
	// their order.
	Results(ctx context.Context, drills []ID) ([][]byte, error)
	// Add records a drill with its JSON document; false: it is on record
	// already, and stays as it is.
	Add(ctx context.Context, e Entry, result []byte) (added bool, err error)
	// Accept records an acceptance, beside or in place of an earlier one of the
	// same drill.
	Accept(ctx context.Context, a Acceptance) error
	// Acceptances are those of a database, or all if it is empty, in any order.
	// Of one drill there may be several: the last one counts.
	Acceptances(ctx context.Context, database string) ([]Acceptance, error)
	// Check proves that a drill could be recorded, and leaves no trace.
	Check(ctx context.Context) error
	Close() error
}

// Kind is one kind of store, and how to open it.
type Kind = place.Entry[config.Record, Store]

// Kinds is the registry of stores.
type Kinds = place.Registry[config.Record, Store]

// Rebuilder is a Store with an index, which only saves time and can be made
// anew. drills is how many are in it then.
type Rebuilder interface {
	Rebuild(ctx context.Context) (drills int, err error)
}

// ID names a drill: of several databases that were drilled in one run, each has
// its own.
type ID struct {
	RunID    string `json:"run_id"`
	Database string `json:"database"`
}

// Entry is what is known of a drill at a glance. Its times are in UTC and whole
// microseconds; the zero time stands for an unknown one.
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

// EntryOf is the entry of a drill.
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

// verified reports whether the drill proved the database's backup. One of a
// backup that was named by hand does not.
func (e Entry) verified() bool {
	return e.Kind == outcome.KindDrill && e.Verdict == outcome.VerdictPassed && e.Chosen == outcome.ChosenLatest
}

// drifted reports whether the drill may be accepted as a baseline.
func (e Entry) drifted() bool {
	return e.Kind == outcome.KindDrill && e.Code == outcome.ContentDrifted && e.Chosen == outcome.ChosenLatest
}

// instant is a time as every store can keep it.
func instant(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

// snapshot is when the drill's backup was taken, or else when its file was last
// modified; zero: not known.
func (e Entry) snapshot() time.Time {
	return snapshot.Recorded{TakenAt: e.TakenAt, ModifiedAt: e.ModifiedAt}.Range().Best()
}

// ErrOtherwise refuses to record a drill that is on record with another result.
var ErrOtherwise = errors.New("it is on record already, with another result, which stays")

// Encode is a drill as it is kept. NUL, which Postgres cannot hold in a text,
// becomes U+FFFD.
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
		if result[i] == '\\' { // what it escapes is no beginning
			i++
			out = append(out, result[i])
		}
	}
	return out, nil
}

// Decode reads what Encode wrote, and refuses what a newer drillgres wrote.
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

// same tells whether two JSON documents say the same.
func same(a, b []byte) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}
