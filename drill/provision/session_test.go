package provision_test

import (
	"bytes"
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/sandbox"
	"github.com/drillgres/drillgres/fixtures/images"
)

// pinned holds the settings of a session of the drill.
var pinned = map[string]string{
	"role": "none", "search_path": "", "session_replication_role": "origin",
	"session_preload_libraries": "", "local_preload_libraries": "", "dynamic_library_path": "$libdir",
	"zero_damaged_pages": "off", "ignore_checksum_failure": "off", "row_security": "off", "exit_on_error": "off",
	"temp_file_limit": "-1", "vacuum_cost_delay": "0", "default_transaction_isolation": "read committed",
	"default_transaction_deferrable": "off", "default_transaction_read_only": "off", "default_tablespace": "",
	"client_encoding": "UTF8", "client_min_messages": "error", "bytea_output": "hex", "TimeZone": "UTC", "DateStyle": "ISO, MDY",
	"IntervalStyle": "postgres", "extra_float_digits": "1", "standard_conforming_strings": "on", "quote_all_identifiers": "off",
	"transform_null_equals": "off", "array_nulls": "on", "gin_fuzzy_search_limit": "0", "xmloption": "content",
	"lock_timeout": "0", "idle_in_transaction_session_timeout": "0", "idle_session_timeout": "0", "transaction_timeout": "0",
	"event_triggers": "off", "lc_messages": "C",
}

// changed returns m with some values changed.
func changed(m map[string]string, changes ...map[string]string) map[string]string {
	m = maps.Clone(m)
	for _, c := range changes {
		maps.Copy(m, c)
	}
	return m
}

// asStored returns the hostile values of settings, as the server shows them.
func asStored(names ...string) map[string]string {
	stored := map[string]string{}
	for _, name := range names {
		stored[name] = hostileSettings[name]
	}
	return stored
}

// TestSessionsOnAHostileDatabase checks that each kind of session can connect and
// has the requested settings.
func TestSessionsOnAHostileDatabase(t *testing.T) {
	for _, major := range images.Majors("13", "15", "17", "18") {
		t.Run(major, func(t *testing.T) { newLab(t, major).sessions(t, major) })
	}
}

func (l *lab) sessions(t *testing.T, major string) {
	s, err := l.provisioner(major).Provision(t.Context(), inspect.Needs{})
	if err != nil {
		t.Fatal(err)
	}
	hostile(t, s, "hostile")
	if conn, err := provision.Connect(t.Context(), s, "hostile", s.User, s.Password); err == nil {
		provision.Close(t.Context(), conn)
		t.Fatal("the database is not hostile: an unprotected session could connect")
	}
	written := asStored("search_path", "TimeZone", "DateStyle", "IntervalStyle", "extra_float_digits", "standard_conforming_strings",
		"quote_all_identifiers", "transform_null_equals", "array_nulls", "gin_fuzzy_search_limit", "xmloption")
	tests := []struct {
		name string
		o    provision.SessionOptions
		want map[string]string
	}{
		{"the default", provision.SessionOptions{}, pinned},
		{"read-only", provision.SessionOptions{ReadOnly: true, LockTimeout: time.Minute}, changed(pinned, map[string]string{
			"default_transaction_read_only": "on", "lock_timeout": "1min",
		})},
		{"for SQL of the config", provision.SessionOptions{ReadOnly: true, DatabaseSettings: true}, changed(pinned, written, map[string]string{
			"default_transaction_read_only": "on",
		})},
		{"of the watch", provision.SessionOptions{Unlogged: true, StatementTimeout: 2 * time.Minute}, changed(pinned, map[string]string{
			"log_min_duration_statement": "-1", "log_statement": "none", "log_duration": "off", "log_min_messages": "error",
			"log_min_error_statement": "error", "statement_timeout": "2min",
		})},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			conn, err := s.Session(t.Context(), "hostile", tt.o)
			if err != nil {
				t.Fatal(err)
			}
			defer provision.Close(t.Context(), conn)
			for name, want := range tt.want {
				if s.Major < since[name] {
					continue
				}
				if got := setting(t, conn, name); got != want {
					t.Errorf("%s = %q, want %q", name, got, want)
				}
			}
			works(t, conn, s.User, tt.o.ReadOnly)
		})
	}
	t.Run("of a client program", func(t *testing.T) { l.ofAClient(t, s) })
	t.Run("until the context ends", func(t *testing.T) { l.limited(t, s) })
	t.Run("of the application", func(t *testing.T) { l.ofTheApplication(t, s) })
}

// ofAClient checks that psql inside the sandbox has the settings of a session.
func (l *lab) ofAClient(t *testing.T, s provision.Server) {
	var out, complaints bytes.Buffer
	code, err := s.Exec(t.Context(), sandbox.Command{
		Args: []string{"psql", "-XqAt", "--host=127.0.0.1", "--username=" + s.User, "--dbname=hostile"},
		Env:  []string{"PGPASSWORD=" + l.password, "PGOPTIONS=" + s.ClientOptions(t.Context(), provision.SessionOptions{ReadOnly: true})},
		Stdin: strings.NewReader("select current_user, current_setting('search_path'), current_setting('DateStyle'), " +
			"current_setting('default_transaction_isolation'), current_setting('transaction_read_only')"),
		Stdout: &out, Stderr: &complaints,
	})
	if want := s.User + "||ISO, MDY|read committed|on\n"; err != nil || code != 0 || out.String() != want {
		t.Errorf("got %q, exit code %d, %v, want %q\n%s", out.String(), code, err, want, complaints.String())
	}
}

func setting(t *testing.T, conn *pgx.Conn, name string) string {
	t.Helper()
	var value string
	if err := conn.QueryRow(t.Context(), "select pg_catalog.current_setting($1)", name).Scan(&value); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return value
}

// works does what sessions of the drill do: it reads the role and the rows, writes,
// and continues a transaction that was idle.
func works(t *testing.T, conn *pgx.Conn, user string, readOnly bool) {
	t.Helper()
	var who, session string
	if err := conn.QueryRow(t.Context(), "select current_user::text, session_user::text").Scan(&who, &session); err != nil || who != user || session != user {
		t.Errorf("the session is %s of %s, %v; want %s", who, session, err, user)
	}
	time.Sleep(20 * time.Millisecond) // as long as no hostile timeout allows
	var n int64
	if err := conn.QueryRow(t.Context(), "select pg_catalog.count(*) from public.orders, pg_catalog.pg_sleep(0.02)").Scan(&n); err != nil || n != 5 {
		t.Errorf("%d rows, %v, want 5", n, err)
	}
	_, err := conn.Exec(t.Context(), "insert into public.orders values (6)")
	if readOnly != pgerr.Is(err, "25006") || !readOnly && err != nil {
		t.Errorf("writing: %v; read-only: %t", err, readOnly)
	}
	if err == nil {
		_, err = conn.Exec(t.Context(), "delete from public.orders where id operator(pg_catalog.=) 6")
		if err != nil {
			t.Error(err)
		}
	}
}

// limited checks that the server ends a statement after the deadline of its context.
func (l *lab) limited(t *testing.T, s provision.Server) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	conn, err := s.Session(ctx, "hostile", provision.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer provision.Close(ctx, conn)
	var ms int64
	if err := conn.QueryRow(ctx, "select setting::bigint from pg_settings where name = 'statement_timeout'").Scan(&ms); err != nil {
		t.Fatal(err)
	}
	limit := time.Duration(ms) * time.Millisecond
	if limit < 59*time.Minute || limit > time.Hour+time.Second {
		t.Errorf("a statement may run for %s, the context lives for an hour", limit)
	}
}

// ofTheApplication checks that the settings of the role apply, as in production,
// except those that would end its session.
func (l *lab) ofTheApplication(t *testing.T, s provision.Server) {
	do := func(sql string) {
		conn, err := s.Session(t.Context(), s.Maintenance, provision.SessionOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer provision.Close(t.Context(), conn)
		if _, err := conn.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	account, err := s.Login(t.Context(), "app")
	if err != nil {
		t.Fatal(err)
	}
	app := provision.SessionOptions{As: provision.Credentials{Role: "app", Password: account.Password}}
	do("create database production template template0")
	do("alter role app set search_path = evil; alter role app set statement_timeout = 1; alter role app set client_encoding = 'LATIN1'; " +
		"alter role app set idle_in_transaction_session_timeout = 1; alter role app set timezone = 'Asia/Kathmandu'; " +
		"alter role app in database production set default_transaction_read_only = on; grant evil to app; alter role app set role = evil")
	if s.Major >= 14 {
		do("alter role app set idle_session_timeout = 1")
	}
	if s.Major >= 17 {
		do("alter role app set transaction_timeout = 1")
	}
	conn, err := s.Session(t.Context(), "production", app)
	if err != nil {
		t.Fatal(err)
	}
	defer provision.Close(t.Context(), conn)
	time.Sleep(20 * time.Millisecond)
	for name, want := range map[string]string{
		"search_path": "evil", "TimeZone": "Asia/Kathmandu", "default_transaction_read_only": "on", "role": "evil",
		"statement_timeout": "0", "idle_in_transaction_session_timeout": "0", "client_encoding": "UTF8",
	} {
		if got := setting(t, conn, name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if s.Major < 17 {
		return
	}
	do("alter database hostile reset all; alter role all in database hostile reset all")
	_, err = s.Session(t.Context(), "hostile", app)
	if err == nil || strings.Contains(err.Error(), "ann@") || !pgerr.Is(err, "P0001") {
		t.Errorf("the application's session should get the error of the login trigger: %v", err)
	}
}
