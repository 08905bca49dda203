package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/drillgres/drillgres/drill/record"
)

const insert = `
insert into restore_drill_log (run_id, database, kind, started_at, finished_at, verdict, code, exit_code,
  backup_uri, backup_chosen, backup_taken_at, backup_modified_at, restore_seconds, total_seconds, result)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15::jsonb)
on conflict (database, run_id) do nothing`

// Add records a drill.
func (s *Store) Add(ctx context.Context, e record.Entry, result []byte) (added bool, err error) {
	err = s.do(ctx, func(ctx context.Context) error {
		inserted, err := s.db.ExecContext(ctx, insert, insertArgs(e, result)...)
		if err != nil {
			return err
		}
		n, err := inserted.RowsAffected()
		added = n > 0
		return err
	})
	return added, err
}

func insertArgs(e record.Entry, result []byte) []any {
	return []any{
		e.RunID, e.Database, string(e.Kind), nullTime(e.StartedAt), nullTime(e.FinishedAt), string(e.Verdict), string(e.Code), e.ExitCode,
		e.BackupURI, string(e.Chosen), nullTime(e.TakenAt), nullTime(e.ModifiedAt), e.Restore, e.Total, string(result),
	}
}

func nullTime(t time.Time) sql.NullTime { return sql.NullTime{Time: t, Valid: !t.IsZero()} }

func timeOf(t sql.NullTime) time.Time {
	if !t.Valid {
		return time.Time{}
	}
	return t.Time.UTC()
}

// Check inserts a drill and rolls back.
func (s *Store) Check(ctx context.Context) error {
	return s.do(ctx, func(ctx context.Context) error {
		tx, err := s.db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }() // nothing is to be recorded
		_, err = tx.ExecContext(ctx, insert, insertArgs(record.Entry{ID: record.ID{RunID: "check"}}, []byte("{}"))...)
		return err
	})
}

// Entries returns the drills of a database, or of all databases if it is empty.
func (s *Store) Entries(ctx context.Context, database string) (entries []record.Entry, err error) {
	err = s.query(ctx, func(row *sql.Rows) error {
		var e record.Entry
		var started, finished, taken, modified sql.NullTime
		err := row.Scan(&e.RunID, &e.Database, &e.Kind, &started, &finished, &e.Verdict, &e.Code, &e.ExitCode,
			&e.BackupURI, &e.Chosen, &taken, &modified, &e.Restore, &e.Total)
		e.StartedAt, e.FinishedAt, e.TakenAt, e.ModifiedAt = timeOf(started), timeOf(finished), timeOf(taken), timeOf(modified)
		entries = append(entries, e)
		return err
	}, `
select run_id, database, kind, started_at, finished_at, verdict, code, exit_code,
  backup_uri, backup_chosen, backup_taken_at, backup_modified_at, restore_seconds, total_seconds
from restore_drill_log where $1 = '' or database = $1`, database)
	return entries, err
}

// Results returns the documents of these drills.
func (s *Store) Results(ctx context.Context, drills []record.ID) ([][]byte, error) {
	runs, databases := make([]string, len(drills)), make([]string, len(drills))
	for i, id := range drills {
		runs[i], databases[i] = id.RunID, id.Database
	}
	results := make([][]byte, 0, len(drills))
	err := s.query(ctx, func(row *sql.Rows) error {
		var result []byte
		err := row.Scan(&result)
		results = append(results, result)
		return err
	}, `
select l.result::text
from unnest($1::text[], $2::text[]) with ordinality as wanted (run_id, database, n)
join restore_drill_log l on l.run_id = wanted.run_id and l.database = wanted.database
order by wanted.n`, runs, databases)
	if err == nil && len(results) != len(drills) {
		return nil, fmt.Errorf("%d of %d drills were removed while they were read", len(drills)-len(results), len(drills))
	}
	return results, err
}

// Accept records an acceptance, unless a later one is recorded.
func (s *Store) Accept(ctx context.Context, a record.Acceptance) error {
	return s.do(ctx, func(ctx context.Context) error {
		_, err := s.db.ExecContext(ctx, `
insert into restore_drill_accepted as was (run_id, database, reason, accepted_by, accepted_at) values ($1, $2, $3, $4, $5)
on conflict (database, run_id) do update set
  reason = excluded.reason, accepted_by = excluded.accepted_by, accepted_at = excluded.accepted_at
where excluded.accepted_at >= was.accepted_at`, a.RunID, a.Database, a.Reason, a.By, a.At)
		return err
	})
}

// Acceptances returns the acceptances of a database, or of all databases if it is
// empty.
func (s *Store) Acceptances(ctx context.Context, database string) (list []record.Acceptance, err error) {
	err = s.query(ctx, func(row *sql.Rows) error {
		var a record.Acceptance
		err := row.Scan(&a.RunID, &a.Database, &a.Reason, &a.By, &a.At)
		a.At = a.At.UTC()
		list = append(list, a)
		return err
	}, `
select run_id, database, reason, accepted_by, accepted_at
from restore_drill_accepted where $1 = '' or database = $1`, database)
	return list, err
}

// query runs a query and calls scan for each row.
func (s *Store) query(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) error {
	return s.do(ctx, func(ctx context.Context) error {
		rows, err := s.db.QueryContext(ctx, query, args...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // rows.Err reports what matters
		for rows.Next() {
			if err := scan(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// do calls statement with a deadline, after the tables have been created.
func (s *Store) do(ctx context.Context, statement func(context.Context) error) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.answer)
	defer cancel()
	return s.explained(ctx, statement(ctx))
}
