package provision_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/provision"
)

// hostileSettings holds settings that a dump can store for its database and its
// roles. Some of them keep an unprotected session from starting.
var hostileSettings = map[string]string{
	"role":                                "evil",
	"session_authorization":               "evil",
	"search_path":                         "evil, pg_catalog",
	"session_replication_role":            "replica",
	"session_preload_libraries":           "no_such_library",
	"local_preload_libraries":             "no_such_library",
	"dynamic_library_path":                "/nowhere",
	"zero_damaged_pages":                  "on",
	"ignore_checksum_failure":             "on",
	"row_security":                        "on",
	"exit_on_error":                       "on",
	"temp_file_limit":                     "0",
	"vacuum_cost_delay":                   "100",
	"default_transaction_isolation":       "serializable",
	"default_transaction_deferrable":      "on",
	"default_transaction_read_only":       "on",
	"default_tablespace":                  "pg_global",
	"client_encoding":                     "LATIN1",
	"client_min_messages":                 "debug5",
	"bytea_output":                        "escape",
	"TimeZone":                            "Asia/Kathmandu",
	"DateStyle":                           "German, DMY",
	"IntervalStyle":                       "sql_standard",
	"extra_float_digits":                  "-15",
	"standard_conforming_strings":         "off",
	"quote_all_identifiers":               "on",
	"transform_null_equals":               "on",
	"array_nulls":                         "off",
	"gin_fuzzy_search_limit":              "1",
	"xmloption":                           "document",
	"statement_timeout":                   "1",
	"lock_timeout":                        "1",
	"idle_in_transaction_session_timeout": "1",
	"idle_session_timeout":                "1", // from 14
	"transaction_timeout":                 "1", // from 17
	"event_triggers":                      "on",
	"log_min_duration_statement":          "0",
	"log_statement":                       "all",
	"log_duration":                        "on",
	"log_min_messages":                    "panic",
	"log_min_error_statement":             "panic",
	"lc_messages":                         "en_US.utf8",
}

// since holds the first major that knows a setting.
var since = map[string]int{"idle_session_timeout": 14, "transaction_timeout": 17, "event_triggers": 17}

// evilObjects creates objects with the names that the drill uses, found through
// search_path.
const evilObjects = `
create role evil nologin; create role app login; create schema evil; grant usage on schema evil to public;
create table public.orders as select generate_series(1, 5) as id; grant select, insert on public.orders to app;
create function evil.count(bigint) returns text language sql as 'select ''evil''';
create function evil.current_setting(text) returns text language sql as 'select ''evil''';
create function evil.format(text, name, name) returns text language sql as 'select ''evil''';
create function evil.same(text, text) returns boolean language sql as 'select false';
create operator evil.= (leftarg = text, rightarg = text, function = evil.same);
create function public.current_setting(text, text) returns text language sql as 'select ''evil''';
create view evil.pg_class as select 'evil'::name as relname;
create view evil.pg_settings as select 'evil'::text as name, 'evil'::text as setting, 'evil'::text as source;
grant select on all tables in schema evil to public;`

// onLogin refuses every login, with a value of a row in its message.
const onLogin = `
create function evil.on_login() returns event_trigger language plpgsql as $$ begin raise exception 'ann@example.com may not log in'; end $$;
create event trigger on_login on login execute function evil.on_login();
alter event trigger on_login enable always;`

// hostile creates a database whose settings and objects hinder the drill.
func hostile(t *testing.T, s provision.Server, database string) {
	t.Helper()
	do := func(in, sql string) {
		conn, err := provision.Connect(t.Context(), s, in, s.User, s.Password)
		if err != nil {
			t.Fatal(err)
		}
		defer provision.Close(t.Context(), conn)
		if _, err := conn.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	do(s.Maintenance, "create database "+database)
	do(database, evilObjects)
	if s.Major >= 17 {
		do(database, onLogin)
	}
	// Through the other database, because this one refuses connections by now.
	var sql []string
	for _, name := range slices.Sorted(maps.Keys(hostileSettings)) {
		if s.Major < since[name] {
			continue
		}
		value := hostileSettings[name]
		if !slices.Contains(lists, name) {
			value = "'" + value + "'"
		}
		for _, target := range []string{"database " + database, "role all in database " + database, "role " + s.User + " in database " + database} {
			sql = append(sql, fmt.Sprintf("alter %s set %s = %s", target, name, value))
		}
	}
	do(s.Maintenance, strings.Join(sql, ";\n"))
}

// lists contains the settings whose value is a list of names.
var lists = []string{"search_path", "session_preload_libraries", "local_preload_libraries"}
