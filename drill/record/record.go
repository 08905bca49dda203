// Package record remembers drills in a SQLite file, so that an operator knows
// when a backup was last proved to restore.
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

// History is the record of past drills. It is safe for concurrent use, also by
// several processes.
type History struct {
	db   *sql.DB
	path string
}

// Close closes the file.
func (h *History) Close() error { return h.db.Close() }

// clock writes times so that they sort as texts.
const clock = "2006-01-02T15:04:05.000000Z"

const insert = `
insert into restore_drill_log (run_id, database, started_at, finished_at, verdict, code, exit_code,
  backup_uri, backup_taken_at, backup_modified_at, restore_seconds, total_seconds, result)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict (run_id, database) do update set
  started_at = excluded.started_at, finished_at = excluded.finished_at, verdict = excluded.verdict,
  code = excluded.code, exit_code = excluded.exit_code, backup_uri = excluded.backup_uri,
  backup_taken_at = excluded.backup_taken_at, backup_modified_at = excluded.backup_modified_at,
  restore_seconds = excluded.restore_seconds, total_seconds = excluded.total_seconds, result = excluded.result`

// Tell records a drill. Telling the same run again replaces what it told.
func (h *History) Tell(ctx context.Context, r outcome.Result) error {
	result, err := json.Marshal(r.Normalised())
	if err != nil {
		return fmt.Errorf("record drill %s: %w", r.RunID, err)
	}
	code := ""
	if r.Failure != nil {
		code = string(r.Failure.Code)
	}
	_, err = h.db.ExecContext(ctx, insert, r.RunID, r.Database, at(r.StartedAt), at(r.FinishedAt), string(r.Verdict), code, r.ExitCode,
		r.Backup.URI, at(r.Backup.TakenAt), at(r.Backup.ModifiedAt), r.Times.Restore, r.Times.Total, string(result))
	if err != nil {
		return fmt.Errorf("record drill %s in %s: %w", r.RunID, h.path, err)
	}
	return nil
}

func at(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(clock)
}

// Filter chooses drills; its zero value chooses all.
type Filter struct {
	Database string
	Run      string // the beginning of a run id
	Code     outcome.Code
	Since    time.Time // started then or later
	Limit    int       // the newest so many; 0: no limit
}

// List gives past drills, newest first.
func (h *History) List(ctx context.Context, f Filter) ([]outcome.Result, error) {
	limit := f.Limit
	if limit <= 0 {
		limit = -1 // SQLite's word for none
	}
	since := ""
	if !f.Since.IsZero() {
		since = f.Since.UTC().Format(clock)
	}
	rows, err := h.db.QueryContext(ctx, `
select run_id, result from restore_drill_log
where (?1 = '' or database = ?1) and coalesce(started_at, '') >= ?2
  and (?3 = '' or substr(run_id, 1, length(?3)) = ?3) and (?4 = '' or code = ?4)
order by started_at desc, rowid desc limit ?5`, f.Database, since, f.Run, string(f.Code), limit)
	if err != nil {
		return nil, fmt.Errorf("read history %s: %w", h.path, err)
	}
	defer func() { _ = rows.Close() }() // Err below tells what matters
	results := []outcome.Result{}
	for rows.Next() {
		r, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("read history %s: %w", h.path, err)
		}
		results = append(results, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read history %s: %w", h.path, err)
	}
	return results, nil
}

func scan(rows *sql.Rows) (r outcome.Result, err error) {
	var runID, result string
	if err := rows.Scan(&runID, &result); err != nil {
		return r, err
	}
	if err := json.Unmarshal([]byte(result), &r); err != nil {
		return r, fmt.Errorf("drill %s: %w", runID, err)
	}
	return r, nil
}

// Verified is a backup that a drill proved.
type Verified struct {
	RunID     string
	BackupURI string
	Snapshot  time.Time // when it was taken, or else when its file was last modified
	Drilled   time.Time // when the drill ended
}

// LastVerified gives the newest backup of a database that a drill has passed;
// false if there is none, or none whose time is known. The real RPO is the time
// since its snapshot: drills that failed or proved nothing do not count.
func (h *History) LastVerified(ctx context.Context, database string) (Verified, bool, error) {
	var v Verified
	var snapshot, drilled string
	err := h.db.QueryRowContext(ctx, `
select run_id, backup_uri, coalesce(backup_taken_at, backup_modified_at) as snapshot, coalesce(finished_at, '')
from restore_drill_log
where database = ? and verdict = ? and snapshot is not null
order by snapshot desc, started_at desc limit 1`, database, string(outcome.VerdictPassed)).Scan(&v.RunID, &v.BackupURI, &snapshot, &drilled)
	if errors.Is(err, sql.ErrNoRows) {
		return Verified{}, false, nil
	}
	if err != nil {
		return Verified{}, false, fmt.Errorf("read history %s: %w", h.path, err)
	}
	if v.Snapshot, err = time.Parse(clock, snapshot); err != nil {
		return Verified{}, false, fmt.Errorf("read history %s: drill %s: %w", h.path, v.RunID, err)
	}
	v.Drilled, _ = time.Parse(clock, drilled) // empty: not known
	return v, true, nil
}

// Databases are the names of all databases that were ever drilled, sorted.
func (h *History) Databases(ctx context.Context) ([]string, error) {
	rows, err := h.db.QueryContext(ctx, `select distinct database from restore_drill_log order by database`)
	if err != nil {
		return nil, fmt.Errorf("read history %s: %w", h.path, err)
	}
	defer func() { _ = rows.Close() }() // Err below tells what matters
	names := []string{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("read history %s: %w", h.path, err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read history %s: %w", h.path, err)
	}
	return names, nil
}
