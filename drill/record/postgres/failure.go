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
		return f.WithHint("give the history a schema of its own with ?search_path=…: there are tables of another program in this one")
	case "":
		return f.WithHint("see that the server of record.history is up and can be reached from here")
	}
	return f
}

// text is what the server said, or else what broke on the way to it.
func text(err error) string {
	if said, ok := pgerr.From(err); ok {
		return said.Error()
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
