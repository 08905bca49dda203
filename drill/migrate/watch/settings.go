package watch

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// watchSettings make the server log every statement with its duration, and no value of
// a parameter. The level error includes LOG records.
//
// With wal_level=minimal, no WAL is written for new and rewritten tables and indexes of
// at least wal_skip_threshold. The highest threshold makes it as much as with replica.
var watchSettings = map[string]string{
	"wal_skip_threshold":                "2147483647kB",
	"log_min_duration_statement":        "0",
	"log_min_messages":                  "error",
	"log_min_error_statement":           "error",
	"log_parameter_max_length":          "0",
	"log_parameter_max_length_on_error": "0",
	"log_timezone":                      "UTC",
	"log_connections":                   "off",
	"log_disconnections":                "off",
	"log_duration":                      "off",
	"log_statement":                     "none",
}

// perSession are the settings that a role or a database could override, and
// lc_messages, which sets the language of the log.
var perSession = []string{
	"log_min_duration_statement", "log_min_messages", "log_min_error_statement", "log_parameter_max_length",
	"log_parameter_max_length_on_error", "log_duration", "log_statement", "lc_messages",
}

// reloadWithin is the time limit for the server to apply a reload.
const reloadWithin = 30 * time.Second

// settings holds the settings to restore when the watch ends.
type settings struct {
	before    map[string]string // set by ALTER SYSTEM
	overrides []roleSetting
}

// roleSetting is a setting of a role, a database, or a role in a database.
type roleSetting struct{ role, database, name, value string }

// enableLogging makes the server log every statement.
func (w *Watch) enableLogging(ctx context.Context, conn *pgx.Conn) error {
	if err := w.settings.read(ctx, conn); err != nil {
		return fmt.Errorf("read the settings of the log: %w", err)
	}
	var sql []string
	for _, name := range slices.Sorted(maps.Keys(watchSettings)) {
		sql = append(sql, fmt.Sprintf("alter system set %s = '%s'", name, watchSettings[name]))
	}
	for _, s := range w.settings.overrides {
		sql = append(sql, s.alter()+" reset "+s.name)
	}
	if err := execAll(ctx, conn, append(sql, "select pg_reload_conf()")); err != nil {
		return fmt.Errorf("log every statement: %w", err)
	}
	return w.waitForReload(ctx)
}

// waitForReload waits until new sessions have the settings.
func (w *Watch) waitForReload(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, reloadWithin, fmt.Errorf("the server does not log every statement within %s", reloadWithin))
	defer cancel()
	for {
		var setting, source string
		conn, err := w.open(ctx, w.server.Maintenance, provision.SessionOptions{}) // without changes to the settings of the log
		if err != nil {
			return err
		}
		err = conn.QueryRow(ctx, "select setting, source from pg_settings where name = 'log_min_duration_statement'").Scan(&setting, &source)
		provision.Close(ctx, conn)
		switch {
		case err != nil:
			return err
		case setting == "0":
			return nil
		case source == "command line":
			return fmt.Errorf("log_min_duration_statement is fixed to %s: remove it from postgres.settings", setting)
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
}

// restoreLogging restores the settings of the log.
func (w *Watch) restoreLogging(ctx context.Context, conn *pgx.Conn) error {
	var sql []string
	for _, name := range slices.Sorted(maps.Keys(watchSettings)) {
		sql = append(sql, "alter system reset "+name)
		if value, ok := w.settings.before[name]; ok {
			sql[len(sql)-1] = fmt.Sprintf("alter system set %s = %s", name, sqltext.Literal(value))
		}
	}
	if err := execAll(ctx, conn, append(sql, "select pg_reload_conf()")); err != nil {
		return fmt.Errorf("restore the settings of the log: %w", err)
	}
	for _, s := range w.settings.overrides {
		// The migration may have dropped the role or the database.
		err := execAll(ctx, conn, []string{fmt.Sprintf("%s set %s = %s", s.alter(), s.name, sqltext.Literal(s.value))})
		if err != nil && !pgerr.Is(err, pgerrcode.UndefinedObject, pgerrcode.InvalidCatalogName) {
			return fmt.Errorf("restore a setting of the log: %w", err)
		}
	}
	return nil
}

func (s *settings) read(ctx context.Context, conn *pgx.Conn) error {
	s.before, s.overrides = map[string]string{}, nil
	var name, value string
	err := forEachRow(ctx, conn, "select name, setting from pg_file_settings where sourcefile like '%/postgresql.auto.conf' and name is not null", []any{&name, &value}, func() error {
		s.before[name] = value
		return nil
	})
	if err != nil {
		return err
	}
	var one roleSetting
	const sql = `
select coalesce(r.rolname, '')::text, coalesce(d.datname, '')::text, split_part(c, '=', 1), substr(c, strpos(c, '=') + 1)
from pg_db_role_setting s left join pg_roles r on r.oid = s.setrole left join pg_database d on d.oid = s.setdatabase, unnest(s.setconfig) c`
	return forEachRow(ctx, conn, sql, []any{&one.role, &one.database, &one.name, &one.value}, func() error {
		if slices.Contains(perSession, one.name) {
			s.overrides = append(s.overrides, one)
		}
		return nil
	})
}

// alter returns the beginning of the statement that changes the setting.
func (s roleSetting) alter() string {
	database := sqltext.Identifier(s.database)
	switch {
	case s.role == "" && s.database == "":
		return "alter role all"
	case s.role == "":
		return "alter database " + database
	case s.database == "":
		return "alter role " + sqltext.Identifier(s.role)
	}
	return "alter role " + sqltext.Identifier(s.role) + " in database " + database
}

func execAll(ctx context.Context, conn *pgx.Conn, statements []string) error {
	for _, sql := range statements {
		if _, err := conn.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			return err
		}
	}
	return nil
}

// pause waits. It returns the cause of ctx if ctx ends first.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
