package postgres

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/drillgres/drillgres/drill/outcome"
)

// SQLSTATEs that mean something for a history.
const (
	undefinedTable  = "42P01"
	undefinedColumn = "42703"
	duplicateTable  = "42P07"
	notPrivileged   = "42501"
	noDatabase      = "3D000"
	readOnly        = "25006"
	wrongPassword   = "28P01"
	notAuthorized   = "28000"
)

func stateOf(err error) string {
	var said *pgconn.PgError
	if errors.As(err, &said) {
		return said.Code
	}
	return ""
}

// explained names an error and leaves its text alone: what pgx gives holds the
// connection's config, with the password.
func (s *Store) explained(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return outcome.Fail(outcome.HistoryUnavailable, "the server did not answer in time").
			WithHint("see that the server of record.history is up and can be reached from here")
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	f := outcome.Fail(outcome.HistoryUnavailable, "%s", s.redactor.Text(text(err)))
	f.SQLState = stateOf(err)
	switch f.SQLState {
	case notPrivileged:
		return f.WithHint("grant this role what docs/history.md lists")
	case wrongPassword, notAuthorized:
		return f.WithHint("correct the user and the password in record.history")
	case noDatabase:
		return f.WithHint("create the database that record.history names")
	case readOnly:
		return f.WithHint("point record.history at the primary, with target_session_attrs=read-write")
	case duplicateTable, undefinedTable, undefinedColumn:
		return f.WithHint("give the history a schema of its own with ?search_path=…: there are tables of another program in this one")
	case "":
		return f.WithHint("see that the server of record.history is up and can be reached from here")
	}
	return f
}

// text is what the server said, or else what broke on the way to it.
func text(err error) string {
	var (
		said *pgconn.PgError
		dns  *net.DNSError
		wire *net.OpError
	)
	switch {
	case errors.As(err, &said):
		return said.Message + " (SQLSTATE " + said.Code + ")"
	case errors.As(err, &dns):
		return dns.Error()
	case errors.As(err, &wire):
		return wire.Error()
	default:
		return strings.Join(strings.Fields(err.Error()), " ")
	}
}
