package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/place"
	"github.com/drillgres/drillgres/drill/record"
)

// application is SQLite's application_id of a history: "drlg".
const application = 0x64726c67

// versions holds the statements that upgrade the tables from each version to the
// next. SQLite's user_version counts those that were applied to a file. Statements
// are only added, never changed.
var versions = []string{logSQL, acceptedSQL, chosenSQL, kindSQL, noticeSQL}

const logSQL = `
create table restore_drill_log (
  run_id             text not null,
  database           text not null,
  started_at         text,
  finished_at        text,
  verdict            text not null,
  code               text not null,
  exit_code          integer not null,
  backup_uri         text not null,
  backup_taken_at    text,
  backup_modified_at text,
  restore_seconds    real not null,
  total_seconds      real not null,
  result             text not null,
  primary key (run_id, database)
);
create index restore_drill_log_database on restore_drill_log (database, started_at);`

const acceptedSQL = `
create table restore_drill_accepted (
  run_id      text not null,
  database    text not null,
  reason      text not null,
  accepted_by text not null,
  accepted_at text not null,
  primary key (run_id, database)
);`

// chosenSQL treats earlier drills as drills of the newest backup at their time.
const chosenSQL = `alter table restore_drill_log add column backup_chosen text not null default 'latest';`

// kindSQL leaves the kind of earlier drills empty. It is added when they are read.
const kindSQL = `alter table restore_drill_log add column kind text not null default '';`

// noticeSQL stores what receivers were told. A notice is JSON, because only drillgres
// reads its fields.
const noticeSQL = `
create table restore_drill_notice (
  database text not null,
  receiver text not null,
  kind     text not null,
  notice   text not null,
  primary key (database, receiver, kind)
);`

// Kind is the kind of paths. A file that cannot be used at the moment is opened when the
// history is used, so that a drill is carried out all the same.
var Kind = record.Kind{
	Kind: place.Kind{Path: true},
	Open: func(ctx context.Context, r config.Record) (record.Store, error) {
		path := r.History.Reveal()
		s, err := Open(ctx, path)
		switch {
		case err == nil:
			return s, nil
		case isMistaken(err):
			return nil, outcome.Fail(outcome.ConfigInvalid, "%w", err).WithHint("correct record.history")
		}
		return &Store{path: path}, nil
	},
}

// busyTimeout is how long SQLite waits for another process that has locked the file.
const busyTimeout = 15 * time.Second

// errForeign marks a file that is not a history of drillgres.
var errForeign = errors.New("set record.history to another file")

// isMistaken reports whether an error of Open shows that record.history names the wrong
// place.
func isMistaken(err error) bool {
	return errors.Is(err, errForeign) || errors.Is(err, syscall.EISDIR) || errors.Is(err, syscall.ENOTDIR)
}

// Open opens the history at path. If the file does not exist, Open creates it,
// readable only by its owner. A user who may only read the file can read the history.
func Open(ctx context.Context, path string) (*Store, error) {
	s := &Store{path: path}
	if _, err := s.open(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// open opens the file, unless it is open.
func (s *Store) open(ctx context.Context) (*sql.DB, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.db != nil {
		return s.db, nil
	}
	readOnly, err := create(s.path)
	if err != nil {
		return nil, fmt.Errorf("open history: %w", err)
	}
	source, err := dsn(s.path, readOnly, cmp.Or(s.busy, busyTimeout))
	if err != nil {
		return nil, fmt.Errorf("open history: %w", err)
	}
	db, err := sql.Open("sqlite", source)
	if err != nil {
		return nil, fmt.Errorf("open history %s: %w", s.path, err)
	}
	// SQLite allows one writer at a time. Waiting in its busy handler is simpler than
	// coordinating several connections.
	db.SetMaxOpenConns(1)
	if err := prepare(ctx, db, readOnly); err != nil {
		return nil, errors.Join(fmt.Errorf("open history %s: %w", s.path, explained(err)), db.Close())
	}
	s.db = db
	return db, nil
}

// create creates the file before SQLite does, so that only its owner may read it. It
// reports whether this user may only read the file.
func create(path string) (readOnly bool, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return false, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err == nil {
		return false, f.Close()
	}
	if !errors.Is(err, fs.ErrPermission) && !errors.Is(err, syscall.EROFS) {
		return false, err
	}
	f, readErr := os.Open(path)
	if readErr != nil {
		return false, err
	}
	return true, f.Close()
}

// dsn returns a URI, because SQLite would end a plain path at a question mark.
func dsn(path string, readOnly bool, busy time.Duration) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	slashed := filepath.ToSlash(abs)
	if slashed[0] != '/' {
		slashed = "/" + slashed // a drive on Windows
	}
	mode := "_txlock=immediate"
	if readOnly {
		mode = "mode=ro"
	}
	u := url.URL{Scheme: "file", Path: slashed, RawQuery: fmt.Sprintf("_busy_timeout=%d&%s", busy.Milliseconds(), mode)}
	return u.String(), nil
}

// prepare creates the tables of an empty file and upgrades those of an older
// drillgres. It returns an error for a file of a newer drillgres or of another
// program. It takes the lock of a writer only if it changes something.
func prepare(ctx context.Context, db *sql.DB, readOnly bool) error {
	from, err := readVersion(ctx, db)
	switch {
	case err != nil:
		return err
	case from == len(versions):
		return nil
	case readOnly:
		return errors.New("it was written by an older drillgres, and this user may not upgrade it (run drillgres history as a user who may write the file)")
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	if from, err = versionOf(ctx, tx); err != nil {
		return err // another process has prepared it in the meantime
	}
	upgrade := strings.Join(versions[from:], "\n")
	statements := fmt.Sprintf("%s pragma application_id = %d; pragma user_version = %d;", upgrade, application, len(versions))
	if _, err := tx.ExecContext(ctx, statements); err != nil {
		return err
	}
	return tx.Commit()
}

// readVersion returns versionOf a file, without the lock of a writer.
func readVersion(ctx context.Context, db *sql.DB) (int, error) {
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback() }() // it only reads
	return versionOf(ctx, tx)
}

// versionOf returns the version of the tables in a file, 0 for an empty one. It returns
// an error for a file of a newer drillgres or of another program.
func versionOf(ctx context.Context, tx *sql.Tx) (int, error) {
	var app, user, objects int
	for query, into := range map[string]*int{
		"pragma application_id": &app, "pragma user_version": &user, "select count(*) from sqlite_schema": &objects,
	} {
		if err := tx.QueryRowContext(ctx, query).Scan(into); err != nil {
			return 0, err
		}
	}
	switch {
	case app == application && user > len(versions):
		return 0, fmt.Errorf("it was written by a newer drillgres (tables of version %d, this one knows %d)", user, len(versions))
	case app == application && user > 0:
		return user, nil
	case app == 0 && objects == 0:
		return 0, nil
	default:
		return 0, fmt.Errorf("it is a SQLite database of another program (%w)", errForeign)
	}
}

// explained adds what SQLite's most common errors mean for a history.
func explained(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff { // the higher bits are details
	case sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("it is not a SQLite database (%w): %w", errForeign, err)
	case sqlite3.SQLITE_CORRUPT:
		return fmt.Errorf("it is damaged (move it away; the next drill creates a new one): %w", err)
	case sqlite3.SQLITE_BUSY:
		return fmt.Errorf("another process has locked it: %w", err)
	case sqlite3.SQLITE_READONLY:
		return fmt.Errorf("this user may read it, but not write it: %w", err)
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("its disk is full: %w", err)
	default:
		return err
	}
}
