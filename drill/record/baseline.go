package record

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Acceptance is somebody's word that the content of a drill which failed as
// drifted is as it should be. The drill stays failed, but later ones are
// compared with it.
type Acceptance struct {
	RunID    string
	Database string
	Reason   string
	By       string // empty: not known
	At       time.Time
}

// snapshotSQL is when a drill's backup was taken, as far as it is known.
const snapshotSQL = `coalesce(l.backup_taken_at, l.backup_modified_at, l.started_at, '')`

// Baseline gives the drill to compare the content of a backup with: of the
// database's drills that passed or were accepted, the one with the newest
// backup that was taken no later than this one; of drills of the same backup,
// the newest. Drilling an old backup so leaves the baseline of the next new one
// as it is. The zero time stands for one later than all.
//
// accepted is the reason why it was accepted; empty: it passed. A nil result
// without an error: there is none.
func (h *History) Baseline(ctx context.Context, database string, taken time.Time) (was *outcome.Result, accepted string, err error) {
	until := ""
	if !taken.IsZero() {
		until = taken.UTC().Format(clock)
	}
	var runID, result string
	err = h.db.QueryRowContext(ctx, `
select l.run_id, l.result, coalesce(a.reason, '')
from restore_drill_log l left join restore_drill_accepted a on a.run_id = l.run_id and a.database = l.database
where l.database = ?1 and (l.verdict = ?2 or l.code = ?3 and a.run_id is not null) and (?4 = '' or `+snapshotSQL+` <= ?4)
order by `+snapshotSQL+` desc, l.started_at desc, l.rowid desc limit 1`,
		database, string(outcome.VerdictPassed), string(outcome.ContentDrifted), until).Scan(&runID, &result, &accepted)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("read history %s: %w", h.path, err)
	}
	was = new(outcome.Result)
	if err := json.Unmarshal([]byte(result), was); err != nil {
		return nil, "", fmt.Errorf("read history %s: drill %s: %w", h.path, runID, err)
	}
	return was, accepted, nil
}

// ErrNotDrifted refuses to accept what is no drill that failed as drifted.
var ErrNotDrifted = errors.New("not a drill that failed with " + string(outcome.ContentDrifted))

// Accept makes a drill that failed as drifted a baseline. Accepting it again
// replaces the reason. Any other drill is ErrNotDrifted.
func (h *History) Accept(ctx context.Context, a Acceptance) error {
	done, err := h.db.ExecContext(ctx, `
insert into restore_drill_accepted (run_id, database, reason, accepted_by, accepted_at)
select run_id, database, ?3, ?4, ?5 from restore_drill_log where run_id = ?1 and database = ?2 and code = ?6
on conflict (run_id, database) do update set
  reason = excluded.reason, accepted_by = excluded.accepted_by, accepted_at = excluded.accepted_at`,
		a.RunID, a.Database, a.Reason, a.By, a.At.UTC().Format(clock), string(outcome.ContentDrifted))
	if err != nil {
		return fmt.Errorf("accept drill %s in %s: %w", a.RunID, h.path, err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return errors.Join(fmt.Errorf("accept drill %s in %s: %w", a.RunID, h.path, ErrNotDrifted), err)
	}
	return nil
}

// Acceptances are all that were given, or those of one database, newest first.
func (h *History) Acceptances(ctx context.Context, database string) ([]Acceptance, error) {
	rows, err := h.db.QueryContext(ctx, `
select run_id, database, reason, accepted_by, accepted_at from restore_drill_accepted
where ?1 = '' or database = ?1 order by accepted_at desc, rowid desc`, database)
	if err != nil {
		return nil, fmt.Errorf("read history %s: %w", h.path, err)
	}
	defer func() { _ = rows.Close() }() // Err below tells what matters
	list := []Acceptance{}
	for rows.Next() {
		var a Acceptance
		var at string
		if err := rows.Scan(&a.RunID, &a.Database, &a.Reason, &a.By, &at); err != nil {
			return nil, fmt.Errorf("read history %s: %w", h.path, err)
		}
		a.At, _ = time.Parse(clock, at) // as Accept wrote it
		list = append(list, a)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read history %s: %w", h.path, err)
	}
	return list, nil
}
