// Package sqlite stores the history of drills in a SQLite file.
package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"github.com/drillgres/drillgres/drill/record"
)

// Store is a history in a SQLite file.
type Store struct {
	path string
	busy time.Duration // 0: busyTimeout

	mu sync.Mutex
	db *sql.DB // nil: not open yet
}

var _ record.Store = (*Store)(nil)

// Close closes the file.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.db == nil {
		return nil
	}
	return s.db.Close()
}

// timeLayout makes times sort as texts.
const timeLayout = "2006-01-02T15:04:05.000000Z"

const insert = `
insert into restore_drill_log (run_id, database, kind, started_at, finished_at, verdict, code, exit_code,
  backup_uri, backup_chosen, backup_taken_at, backup_modified_at, restore_seconds, total_seconds, result)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict (run_id, database) do nothing`

// Add records a drill.
func (s *Store) Add(ctx context.Context, e record.Entry, result []byte) (bool, error) {
	db, err := s.open(ctx)
	if err != nil {
		return false, err
	}
	inserted, err := db.ExecContext(ctx, insert, insertArgs(e, result)...)
	if err != nil {
		return false, explained(err)
	}
	n, err := inserted.RowsAffected()
	return n > 0, err
}

func insertArgs(e record.Entry, result []byte) []any {
	return []any{
		e.RunID, e.Database, string(e.Kind), nullableTime(e.StartedAt), nullableTime(e.FinishedAt), string(e.Verdict), string(e.Code), e.ExitCode,
		e.BackupURI, string(e.Chosen), nullableTime(e.TakenAt), nullableTime(e.ModifiedAt), e.Restore, e.Total, string(result),
	}
}

func nullableTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Format(timeLayout)
}

// Check inserts a drill and rolls back.
func (s *Store) Check(ctx context.Context) error {
	db, err := s.open(ctx)
	if err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return explained(err)
	}
	defer func() { _ = tx.Rollback() }() // nothing is to be recorded
	_, err = tx.ExecContext(ctx, insert, insertArgs(record.Entry{ID: record.ID{RunID: "check"}}, []byte("{}"))...)
	return explained(err)
}

// Entries returns the drills of a database, or of all databases if it is empty.
func (s *Store) Entries(ctx context.Context, database string) ([]record.Entry, error) {
	db, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, `
select run_id, database, kind, coalesce(started_at, ''), coalesce(finished_at, ''), verdict, code, exit_code,
  backup_uri, backup_chosen, coalesce(backup_taken_at, ''), coalesce(backup_modified_at, ''), restore_seconds, total_seconds
from restore_drill_log where ?1 = '' or database = ?1`, database)
	if err != nil {
		return nil, explained(err)
	}
	defer func() { _ = rows.Close() }() // rows.Err reports what matters
	var entries []record.Entry
	for rows.Next() {
		var e record.Entry
		var started, finished, taken, modified string
		err := rows.Scan(&e.RunID, &e.Database, &e.Kind, &started, &finished, &e.Verdict, &e.Code, &e.ExitCode,
			&e.BackupURI, &e.Chosen, &taken, &modified, &e.Restore, &e.Total)
		if err != nil {
			return nil, explained(err)
		}
		for text, target := range map[*string]*time.Time{&started: &e.StartedAt, &finished: &e.FinishedAt, &taken: &e.TakenAt, &modified: &e.ModifiedAt} {
			if *target, err = parseTime(*text); err != nil {
				return nil, fmt.Errorf("drill %s: %w", e.RunID, err)
			}
		}
		entries = append(entries, e)
	}
	return entries, explained(rows.Err())
}

// parseTime reads a time that nullableTime wrote; empty: the zero time.
func parseTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	return time.Parse(timeLayout, text)
}

// Results returns the documents of these drills.
func (s *Store) Results(ctx context.Context, drills []record.ID) ([][]byte, error) {
	db, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	query, err := db.PrepareContext(ctx, `select result from restore_drill_log where run_id = ? and database = ?`)
	if err != nil {
		return nil, explained(err)
	}
	defer func() { _ = query.Close() }() // it was only read from
	results := make([][]byte, 0, len(drills))
	for _, id := range drills {
		var result string
		if err := query.QueryRowContext(ctx, id.RunID, id.Database).Scan(&result); err != nil {
			return nil, fmt.Errorf("drill %s: %w", id.RunID, explained(err))
		}
		results = append(results, []byte(result))
	}
	return results, nil
}

// Accept records an acceptance, unless a later one is recorded.
func (s *Store) Accept(ctx context.Context, a record.Acceptance) error {
	db, err := s.open(ctx)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `
insert into restore_drill_accepted (run_id, database, reason, accepted_by, accepted_at) values (?, ?, ?, ?, ?)
on conflict (run_id, database) do update set
  reason = excluded.reason, accepted_by = excluded.accepted_by, accepted_at = excluded.accepted_at
where excluded.accepted_at >= accepted_at`,
		a.RunID, a.Database, a.Reason, a.By, a.At.Format(timeLayout))
	return explained(err)
}

// Acceptances returns the acceptances of a database, or of all databases if it is
// empty.
func (s *Store) Acceptances(ctx context.Context, database string) ([]record.Acceptance, error) {
	db, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, `
select run_id, database, reason, accepted_by, accepted_at from restore_drill_accepted where ?1 = '' or database = ?1`, database)
	if err != nil {
		return nil, explained(err)
	}
	defer func() { _ = rows.Close() }() // rows.Err reports what matters
	var list []record.Acceptance
	for rows.Next() {
		var a record.Acceptance
		var given string
		if err := rows.Scan(&a.RunID, &a.Database, &a.Reason, &a.By, &given); err != nil {
			return nil, explained(err)
		}
		if a.At, err = parseTime(given); err != nil {
			return nil, fmt.Errorf("acceptance of drill %s: %w", a.RunID, err)
		}
		list = append(list, a)
	}
	return list, explained(rows.Err())
}
