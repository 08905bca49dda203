// Package postgres stores the history of drills in a Postgres database, in the
// table restore_drill_log. Many machines can share it.
package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/place"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/redact"
)

// How long a server may take, so that a drill does not wait for its history.
const (
	connectWithin = 10 * time.Second
	answerWithin  = 15 * time.Second
	migrateWithin = 30 * time.Second
)

// Store is a history in a Postgres database. It connects when it is first used, and
// again after it has lost its connection, so that a server that is down does not
// prevent a drill.
type Store struct {
	db       *sql.DB
	redactor *redact.Redactor
	answer   time.Duration // maximum duration of one statement

	mu       sync.Mutex
	prepared bool
}

var _ record.Store = (*Store)(nil)

// Kind is the kind of postgres:// URLs.
var Kind = record.Kind{
	Kind: place.Kind{
		Schemes: []string{"postgres", "postgresql"}, Example: "postgres://user@host/database",
		Check: func(dsn string) error {
			if _, err := url.Parse(dsn); err != nil {
				return errors.New("is not a URL (want postgres://user@host/database; percent-encode the special characters of a password)")
			}
			return nil
		},
	},
	Open: func(_ context.Context, r config.Record) (record.Store, error) { return New(r.History.Reveal()) },
}

// New returns the store at a postgres:// URL. It does not connect. Its error is
// config_invalid and never contains the URL.
func New(dsn string) (*Store, error) {
	cfg, err := parse(dsn)
	if err != nil {
		return nil, err
	}
	s := &Store{redactor: new(redact.Redactor), answer: answerWithin}
	s.redactor.Add(redact.Secret(dsn), redact.Secret(cfg.Password))
	s.db = sql.OpenDB(stdlib.GetConnector(*cfg))
	s.db.SetMaxOpenConns(2) // one can read while the other writes
	s.db.SetConnMaxIdleTime(time.Minute)
	return s, nil
}

func parse(dsn string) (*pgx.ConnConfig, error) {
	const hint = "write record.history as postgres://user:password@host:port/database, with the special characters of the password percent-encoded"
	if _, err := url.Parse(dsn); err != nil {
		return nil, outcome.Fail(outcome.ConfigInvalid, "record.history is not a URL").WithHint(hint)
	}
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, outcome.Fail(outcome.ConfigInvalid, "record.history: %s", reason(dsn, err)).WithHint(hint)
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = connectWithin
	}
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = "drillgres"
	}
	// Prepared statements gain nothing here, and a connection pooler may drop them
	// after a transaction.
	if cfg.DefaultQueryExecMode == pgx.QueryExecModeCacheStatement {
		cfg.DefaultQueryExecMode = pgx.QueryExecModeExec
	}
	return cfg, nil
}

// reason returns why a URL cannot be used. It removes the URL, which pgx quotes.
func reason(dsn string, err error) string {
	var r redact.Redactor
	u, _ := url.Parse(dsn) // parse has parsed it before
	r.Add(redact.Secret(dsn))
	if password, ok := u.User.Password(); ok {
		r.Add(redact.Secret(password))
	}
	text := err.Error()
	if _, after, found := strings.Cut(text, "`: "); found { // the URL is before it
		text = after
	}
	return r.Text(text)
}

// Close closes the connections.
func (s *Store) Close() error { return s.db.Close() }

//go:embed migrations/*.sql
var migrations embed.FS

const (
	tableVersion = 4          // of the tables that this program knows
	lockID       = 0x64726c67 // "drlg": of the advisory lock for creating and upgrading them
)

// ready creates or upgrades the tables, once.
func (s *Store) ready(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.prepared {
		return nil
	}
	version, err := s.version(ctx)
	if err != nil {
		return err
	}
	switch {
	case version > tableVersion:
		return fmt.Errorf("it was written by a newer drillgres (tables of version %d, this one knows %d)", version, tableVersion)
	case version < tableVersion:
		err = s.migrate(ctx)
	}
	s.prepared = err == nil
	return err
}

// version returns the version of the tables; 0: there are none. It needs no more
// than the permission to read.
func (s *Store) version(ctx context.Context) (version int, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.answer)
	defer cancel()
	err = s.db.QueryRowContext(ctx, `select coalesce(max(version_id), 0) from restore_drill_version where is_applied`).Scan(&version)
	if pgerr.Is(err, pgerrcode.UndefinedTable) {
		return 0, nil
	}
	return version, s.explained(ctx, err)
}

// migrate creates or upgrades the tables under a lock, because several machines may
// open a new history at once.
func (s *Store) migrate(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, migrateWithin)
	defer cancel()
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(lockID), lock.WithLockTimeout(1, uint64(migrateWithin.Seconds())))
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, s.db, files,
		goose.WithTableName("restore_drill_version"), goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("create the tables: %w", s.explained(ctx, err))
	}
	return nil
}
