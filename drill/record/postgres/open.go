// Package postgres keeps the history of drills in a Postgres database, in the
// table restore_drill_log, for many machines at once.
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

// How long a server may take. A drill is not to wait for its history.
const (
	connectWithin = 10 * time.Second
	answerWithin  = 15 * time.Second
	migrateWithin = 30 * time.Second
)

// Store is a Postgres database. It connects when it is first asked, and again
// when it has lost its connection: a server that is down keeps nobody from
// drilling.
type Store struct {
	db       *sql.DB
	redactor *redact.Redactor
	answer   time.Duration // how long one statement may take

	mu       sync.Mutex
	prepared bool
}

var _ record.Store = (*Store)(nil)

// Kind is that of postgres:// URLs.
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

// New reads a postgres:// URL but asks nothing of the network. It fails with
// config_invalid, and never prints the URL.
func New(dsn string) (*Store, error) {
	cfg, err := parse(dsn)
	if err != nil {
		return nil, err
	}
	s := &Store{redactor: new(redact.Redactor), answer: answerWithin}
	s.redactor.Add(redact.Secret(dsn), redact.Secret(cfg.Password))
	s.db = sql.OpenDB(stdlib.GetConnector(*cfg))
	s.db.SetMaxOpenConns(2) // one of them for whoever reads while another writes
	s.db.SetConnMaxIdleTime(time.Minute)
	return s, nil
}

func parse(dsn string) (*pgx.ConnConfig, error) {
	const hint = "write record.history as postgres://user:password@host:port/database, what is special in the password percent-encoded"
	if _, err := url.Parse(dsn); err != nil {
		return nil, outcome.Fail(outcome.ConfigInvalid, "record.history is no URL").WithHint(hint)
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
	// Prepared statements gain nothing here, and do not outlive a transaction
	// of a connection pooler.
	if cfg.DefaultQueryExecMode == pgx.QueryExecModeCacheStatement {
		cfg.DefaultQueryExecMode = pgx.QueryExecModeExec
	}
	return cfg, nil
}

// reason is why a URL cannot be used, without the URL: pgx quotes it.
func reason(dsn string, err error) string {
	var r redact.Redactor
	u, _ := url.Parse(dsn) // it has been parsed before
	r.Add(redact.Secret(dsn))
	if password, ok := u.User.Password(); ok {
		r.Add(redact.Secret(password))
	}
	text := err.Error()
	if _, after, found := strings.Cut(text, "`: "); found { // what it could not parse stands before
		text = after
	}
	return r.Text(text)
}

// Close ends the connections.
func (s *Store) Close() error { return s.db.Close() }

//go:embed migrations/*.sql
var migrations embed.FS

// known is the version of the tables that this program knows, and lockID the
// advisory lock under which they are made: "drlg".
const (
	known  = 3
	lockID = 0x64726c67
)

// ready makes the tables or brings them up to date, once.
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
	case version > known:
		return fmt.Errorf("it was written by a newer drillgres (tables of version %d, this one knows %d)", version, known)
	case version < known:
		err = s.migrate(ctx)
	}
	s.prepared = err == nil
	return err
}

// version is that of the tables; 0: there are none. Who may only read is not
// asked for more.
func (s *Store) version(ctx context.Context) (version int, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.answer)
	defer cancel()
	err = s.db.QueryRowContext(ctx, `select coalesce(max(version_id), 0) from restore_drill_version where is_applied`).Scan(&version)
	if pgerr.Is(err, pgerrcode.UndefinedTable) {
		return 0, nil
	}
	return version, s.explained(ctx, err)
}

// migrate makes the tables under a lock: several machines may open a new
// history at once.
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
		return fmt.Errorf("make the tables: %w", s.explained(ctx, err))
	}
	return nil
}
