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

// SessionOptions modify a session. Without them, it is a session of the superuser
// that can write and ignores the database's settings.
type SessionOptions struct {
	// ReadOnly makes transactions read-only by default.
	ReadOnly bool
	// DatabaseSettings keeps the settings of the database and the role on which the meaning of
	// SQL depends (search_path, TimeZone, DateStyle …), for SQL that is written for them.
	DatabaseSettings bool
	// Unlogged keeps the statements of the session out of the server's log, except those with errors.
	Unlogged bool
	// LockTimeout is how long a statement waits for a lock; 0: as long as it may run.
	LockTimeout time.Duration
	// StatementTimeout is how long a statement may run; 0: until ctx ends.
	StatementTimeout time.Duration
	// As is the role that connects; the zero value is the superuser. For any other role, all
	// settings of the database and the role apply, as in production, except the limits of a session.
	As Credentials
}

// Credentials holds a role that can log in, and its password.
type Credentials struct {
	Role     string
	Password redact.Secret
}

// Session opens a connection to a restored database. Such a database may be hostile:
// settings stored with ALTER DATABASE and ALTER ROLE must not block the session, hide
// damage from it, or replace the objects that it names. The session's settings are
// therefore in the start-up packet: they override stored ones and apply before the
// first statement, and RESET returns to them. Login triggers do not run for the
// superuser.
//
// The error's text contains no password and no value of a row. If the server refuses
// the session, the chain contains a *pgconn.PgError. Close ends the session.
func (s Server) Session(ctx context.Context, database string, o SessionOptions) (*pgx.Conn, error) {
	who := o.As
	if who.Role == "" {
		who = Credentials{s.User, s.Password}
	}
	return connect(ctx, s.Pod, s.Address, who, database, s.startup(ctx, o, who.Role == s.User))
}

// ClientSession opens a session like that of a client program which restores a dump: all
// settings of the database and the role apply, except the given ones.
func (s Server) ClientSession(ctx context.Context, settings map[string]string) (*pgx.Conn, error) {
	params := map[string]string{}
	maps.Copy(params, settings)
	return connect(ctx, s.Pod, s.Address, Credentials{s.User, s.Password}, s.ConnectTo, params)
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

// startup returns the parameters of the start-up packet. A server refuses parameters
// that it does not know, and most of these if the role is not a superuser.
func (s Server) startup(ctx context.Context, o SessionOptions, superuser bool) map[string]string {
	params := s.limits(ctx, o)
	if !superuser {
		return params
	}
	if s.Major >= 17 && !s.Limited {
		params["event_triggers"] = "off"
	}
	if o.As.Role != "" { // an application that connects as superuser
		return params
	}
	maps.Copy(params, protection)
	if !s.Limited {
		maps.Copy(params, superuserProtection)
	}
	switch {
	case !s.IsSandbox(): // its own configuration may have a path that it needs
		delete(params, "dynamic_library_path")
	case s.libraryPath != "":
		params["dynamic_library_path"] = s.libraryPath
	}
	params["default_transaction_read_only"] = onOff(o.ReadOnly)
	params["lock_timeout"] = milliseconds(o.LockTimeout)
	if !o.DatabaseSettings {
		maps.Copy(params, sqlMeaning)
	}
	if o.Unlogged && !s.Limited {
		maps.Copy(params, unlogged)
	}
	return params
}

// limits returns the parameters that limit a session. They override those of its
// role or database. Every role may set them.
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

// protection overrides the settings with which a database could block the drill,
// make it act as another role, or hide damage from it.
var protection = map[string]string{
	"role":                           "none",
	"local_preload_libraries":        "",
	"row_security":                   "off", // an error instead of missing rows
	"exit_on_error":                  "off",
	"vacuum_cost_delay":              "0",
	"default_transaction_isolation":  "read committed",
	"default_transaction_deferrable": "off",
	"default_tablespace":             "",
	"temp_tablespaces":               "",
	"default_table_access_method":    "heap",
	"client_min_messages":            "error",
	"bytea_output":                   "hex",
}

// superuserProtection is the part of protection that only a superuser may set.
var superuserProtection = map[string]string{
	"session_replication_role":  "origin",
	"session_preload_libraries": "",
	"dynamic_library_path":      "$libdir",
	"zero_damaged_pages":        "off",
	"ignore_checksum_failure":   "off",
	"temp_file_limit":           "-1",
	"lc_messages":               "C", // package pgerr matches messages in this language
}

// sqlMeaning overrides the settings that change the meaning of SQL, or how values and
// names are written.
var sqlMeaning = map[string]string{
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

// unlogged holds the settings that keep everything except errors out of the log.
var unlogged = map[string]string{
	"log_min_duration_statement": "-1",
	"log_statement":              "none",
	"log_duration":               "off",
	"log_min_messages":           "error",
	"log_min_error_statement":    "error",
}

// timeLeft returns the statement timeout for ctx; 0: ctx has no deadline. Without it
// the server would continue a statement after its client has given up. It is a little
// longer than the time to the deadline, so that the end of ctx comes first.
func timeLeft(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return 0
	}
	return max(0, time.Until(deadline)) + time.Second
}

// milliseconds formats a duration for a setting. A duration above zero is at least
// one millisecond, because 0 means no limit.
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
