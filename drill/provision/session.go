package provision

import (
	"context"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/redact"
)

// SessionOptions says how a session differs from the usual one: the superuser,
// who may write, with none of the database's settings.
type SessionOptions struct {
	// ReadOnly makes transactions read-only, unless one asks for more.
	ReadOnly bool
	// DatabaseSettings keeps the settings of the database and the role on which the meaning of
	// SQL depends (search_path, TimeZone, DateStyle …), for SQL that is written for them.
	DatabaseSettings bool
	// Unlogged keeps the statements of the session out of the server's log, but for errors.
	Unlogged bool
	// LockTimeout is how long a statement waits for a lock; 0: as long as it may run.
	LockTimeout time.Duration
	// StatementTimeout is how long a statement may run; 0: until ctx ends.
	StatementTimeout time.Duration
	// As is who connects; the zero value is the superuser. For anyone else all settings of the
	// database and the role apply, as in production, except the limits of a session.
	As Credentials
}

// Credentials are a role that may log in, with its password.
type Credentials struct {
	Role     string
	Password redact.Secret
}

// Session opens a connection to a restored database, which is hostile: what
// ALTER DATABASE and ALTER ROLE have set can neither keep the session out, nor
// hide damage from it, nor put anything in the place of a name of ours. Its settings
// come with the start-up packet: they win over stored ones and apply before the first
// statement, also as what RESET goes back to. Triggers on login do not run for the superuser.
//
// The error's text holds no password and no value of a row; a refusal of the
// server is a *pgconn.PgError in its chain. Close ends the session.
func (s Server) Session(ctx context.Context, database string, o SessionOptions) (*pgx.Conn, error) {
	who := o.As
	if who.Role == "" {
		who = Credentials{s.User, s.Password}
	}
	return connect(ctx, s.Pod, database, who.Role, who.Password, s.startup(ctx, o, who.Role == s.User))
}

// ClientOptions returns the PGOPTIONS that give a client program inside the
// sandbox, such as pg_dump, the settings of a session.
func (s Server) ClientOptions(ctx context.Context, o SessionOptions) string {
	params := s.startup(ctx, o, o.As.Role == "" || o.As.Role == s.User)
	var options []string
	for _, name := range slices.Sorted(maps.Keys(params)) {
		value := strings.NewReplacer(`\`, `\\`, " ", `\ `).Replace(params[name])
		options = append(options, "-c "+name+"="+value)
	}
	return strings.Join(options, " ")
}

// startup returns the parameters of the start-up packet. A server refuses one
// that it does not know, and anyone but a superuser most of them.
func (s Server) startup(ctx context.Context, o SessionOptions, superuser bool) map[string]string {
	params := s.limits(ctx, o)
	if !superuser {
		return params
	}
	if s.Major >= 17 {
		params["event_triggers"] = "off"
	}
	if o.As.Role != "" { // an application that connects as superuser
		return params
	}
	maps.Copy(params, unhindered)
	if s.libraryPath != "" {
		params["dynamic_library_path"] = s.libraryPath
	}
	params["default_transaction_read_only"] = onOff(o.ReadOnly)
	params["lock_timeout"] = milliseconds(o.LockTimeout)
	if !o.DatabaseSettings {
		maps.Copy(params, meaning)
	}
	if o.Unlogged {
		maps.Copy(params, unlogged)
	}
	return params
}

// limits returns the parameters that bound a session, instead of what its role or database has set.
// Everyone may set them.
func (s Server) limits(ctx context.Context, o SessionOptions) map[string]string {
	timeout := o.StatementTimeout
	if timeout == 0 {
		timeout = timeLeft(ctx)
	}
	params := map[string]string{
		"statement_timeout":                   milliseconds(timeout),
		"idle_in_transaction_session_timeout": "0",
	}
	if s.Major >= 14 {
		params["idle_session_timeout"] = "0"
	}
	if s.Major >= 17 {
		params["transaction_timeout"] = "0"
	}
	return params
}

// unhindered are the settings without which a database could keep the drill
// out, have it do something as another role, or hide damage from it.
var unhindered = map[string]string{
	"role":                           "none",
	"session_replication_role":       "origin",
	"session_preload_libraries":      "",
	"local_preload_libraries":        "",
	"dynamic_library_path":           "$libdir",
	"zero_damaged_pages":             "off",
	"ignore_checksum_failure":        "off",
	"row_security":                   "off", // an error instead of rows left out
	"exit_on_error":                  "off",
	"temp_file_limit":                "-1",
	"vacuum_cost_delay":              "0",
	"default_transaction_isolation":  "read committed",
	"default_transaction_deferrable": "off",
	"default_tablespace":             "",
	"temp_tablespaces":               "",
	"default_table_access_method":    "heap",
	"client_min_messages":            "error",
	"lc_messages":                    "C", // in which package pgerr knows messages
	"bytea_output":                   "hex",
}

// meaning are the settings on which it depends what SQL means, and how values
// and names are written.
var meaning = map[string]string{
	"search_path":                 "",
	"TimeZone":                    "UTC",
	"DateStyle":                   "ISO, MDY",
	"IntervalStyle":               "postgres",
	"extra_float_digits":          "1",
	"standard_conforming_strings": "on",
	"quote_all_identifiers":       "off",
	"transform_null_equals":       "off",
	"array_nulls":                 "on",
	"gin_fuzzy_search_limit":      "0",
	"xmloption":                   "content",
}

// unlogged are the settings under which only errors come into the log.
var unlogged = map[string]string{
	"log_min_duration_statement": "-1",
	"log_statement":              "none",
	"log_duration":               "off",
	"log_min_messages":           "error",
	"log_min_error_statement":    "error",
}

// timeLeft returns how long a statement may run on the server, which does not
// notice that nobody waits for it any more; 0: ctx has no deadline. It is a little
// more than ctx lives, so that the end of ctx is what ends the statement for us.
func timeLeft(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return 0
	}
	return max(0, time.Until(deadline)) + time.Second
}

// milliseconds writes a time as a setting. One that is not zero stays so.
func milliseconds(d time.Duration) string {
	if d > 0 {
		d = max(d, time.Millisecond)
	}
	return strconv.FormatInt(min(d.Milliseconds(), math.MaxInt32), 10)
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
