package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

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
var versions = []string{logSQL, acceptedSQL, chosenSQL, kindSQL}

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

// Kind is the kind of paths.
var Kind = record.Kind{
	Kind: place.Kind{Path: true},
	Open: func(ctx context.Context, r config.Record) (record.Store, error) {
		s, err := Open(ctx, r.History.Reveal())
		if err != nil {
			return nil, outcome.Fail(outcome.ConfigInvalid, "%w", err).WithHint("correct record.history")
		}
		return s, nil
	},
}

// Open opens the history at path. If the file does not exist, Open creates it,
// readable only by its owner.
func Open(ctx context.Context, path string) (*Store, error) {
	if err := create(path); err != nil {
		return nil, fmt.Errorf("open history: %w", err)
	}
	source, err := dsn(path)
	if err != nil {
		return nil, fmt.Errorf("open history: %w", err)
	}
	db, err := sql.Open("sqlite", source)
	if err != nil {
		return nil, fmt.Errorf("open history %s: %w", path, err)
	}
	// SQLite allows one writer at a time. Waiting in its busy handler is simpler than
	// coordinating several connections.
	db.SetMaxOpenConns(1)
	s := &Store{db: db}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open history %s: %w", path, explained(err)), db.Close())
	}
	return s, nil
}

// create creates the file before SQLite does, so that only its owner may read it.
func create(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// dsn returns a URI, because SQLite would end a plain path at a question mark.
func dsn(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	slashed := filepath.ToSlash(abs)
	if slashed[0] != '/' {
		slashed = "/" + slashed // a drive on Windows
	}
	u := url.URL{Scheme: "file", Path: slashed, RawQuery: "_busy_timeout=15000&_txlock=immediate"}
	return u.String(), nil
}

// prepare creates the tables of an empty file and upgrades those of an older
// drillgres. It returns an error for a file of a newer drillgres or of another
// program.
func (s *Store) prepare(ctx context.Context) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	var app, user, objects int
	for query, into := range map[string]*int{
		"pragma application_id": &app, "pragma user_version": &user, "select count(*) from sqlite_schema": &objects,
	} {
		if err := tx.QueryRowContext(ctx, query).Scan(into); err != nil {
			return err
		}
	}
	switch {
	case app == application && user == len(versions):
		return nil
	case app == application && user > len(versions):
		return fmt.Errorf("it was written by a newer drillgres (tables of version %d, this one knows %d)", user, len(versions))
	case app == application && user > 0: // written by an older drillgres
	case app == 0 && objects == 0:
		user = 0
	default:
		return errors.New("it is a SQLite database of another program (set record.history to another file)")
	}
	upgrade := strings.Join(versions[user:], "\n")
	statements := fmt.Sprintf("%s pragma application_id = %d; pragma user_version = %d;", upgrade, application, len(versions))
	if _, err := tx.ExecContext(ctx, statements); err != nil {
		return err
	}
	return tx.Commit()
}

// explained adds what SQLite's most common errors mean for a history.
func explained(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff { // the higher bits are details
	case sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("it is not a SQLite database (set record.history to another file): %w", err)
	case sqlite3.SQLITE_CORRUPT:
		return fmt.Errorf("it is damaged (move it away; the next drill creates a new one): %w", err)
	case sqlite3.SQLITE_BUSY:
		return fmt.Errorf("another process has locked it: %w", err)
	default:
		return err
	}
}
