package verify

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/provision"
)

// session is what every connection starts with. The restored database is
// hostile: nothing in it may stand in for a name of ours, no setting that it carries may
// hide damage, and nothing is written. Local times are read as UTC.
const session = `
set search_path = '';
set default_transaction_read_only = on;
set timezone = 'UTC';
set lock_timeout = '1min';
set zero_damaged_pages = off;
set ignore_checksum_failure = off;
set dynamic_library_path = '$libdir';
set bytea_output = hex;
set client_min_messages = error;
set statement_timeout = %d`

func open(ctx context.Context, s provision.Server) (*pgx.Conn, error) {
	conn, err := s.Connect(ctx, s.Database, s.User, s.Password)
	if err != nil {
		return nil, s.Blame(ctx, err)
	}
	if _, err := conn.Exec(ctx, fmt.Sprintf(session, timeLeft(ctx).Milliseconds()), pgx.QueryExecModeSimpleProtocol); err != nil {
		err = explain(ctx, s, fmt.Errorf("prepare the session: %w", err))
		closeConn(ctx, conn)
		return nil, err
	}
	return conn, nil
}

// closeConn says goodbye without waiting long for a server that may be gone.
func closeConn(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = conn.Close(ctx) // it was only read from: nothing can be lost
}

// timeLeft is how long a statement may run, rounded to what the server knows;
// 0: no limit. It only ends what the server goes on with after ctx has ended,
// and so is a little longer than that.
func timeLeft(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return 0
	}
	return max(0, time.Until(deadline)).Truncate(time.Millisecond) + time.Second
}

// explain turns an error that ends the stage into what it means: out of a
// resource, cancelled, or a server that is gone.
func explain(ctx context.Context, s provision.Server, err error) error {
	if code := resource(err); code != "" {
		return outcome.Fail(code, "%s", pgerr.Describe(err))
	}
	return s.Blame(ctx, err)
}

// resource returns the code of an error that is about the sandbox and not about
// the backup, or "". A server that stops is for Blame to explain.
func resource(err error) outcome.Code {
	e, ok := pgerr.From(err)
	if !ok || !e.OfSandbox() || e.Shutdown() {
		return ""
	}
	fault, _ := e.Fault()
	return fault.Code
}
