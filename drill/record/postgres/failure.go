package postgres

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/pgerr"
)

// explained returns an error as a Failure. It never wraps the error, because pgx
// puts the connection's config, with the password, into its errors.
func (s *Store) explained(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return outcome.Fail(outcome.HistoryUnavailable, "the server did not answer in time").
			WithHint("check that the server of record.history runs and can be reached from this machine")
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	f := outcome.Fail(outcome.HistoryUnavailable, "%s", s.redactor.Text(errorText(err)))
	f.SQLState = pgerr.State(err)
	switch f.SQLState {
	case pgerrcode.InsufficientPrivilege:
		return f.WithHint("grant this role what docs/history.md lists")
	case pgerrcode.InvalidPassword, pgerrcode.InvalidAuthorizationSpecification:
		return f.WithHint("correct the user and the password in record.history")
	case pgerrcode.InvalidCatalogName:
		return f.WithHint("create the database that record.history names")
	case pgerrcode.ReadOnlySQLTransaction:
		return f.WithHint("point record.history at the primary, with target_session_attrs=read-write")
	case pgerrcode.DuplicateTable, pgerrcode.UndefinedTable, pgerrcode.UndefinedColumn:
		return f.WithHint("give the history its own schema with ?search_path=…, because this one has tables of another program")
	case "":
		return f.WithHint("check that the server of record.history runs and can be reached from this machine")
	}
	return f
}

// errorText returns the server's message or, without one, what failed on the way to
// the server.
func errorText(err error) string {
	if message, ok := pgerr.From(err); ok {
		return message.Error()
	}
	var (
		dns  *net.DNSError
		wire *net.OpError
	)
	switch {
	case errors.As(err, &dns):
		return dns.Error()
	case errors.As(err, &wire):
		return wire.Error()
	default:
		return strings.Join(strings.Fields(err.Error()), " ")
	}
}
