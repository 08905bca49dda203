package verify

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/provision"
)

// lockTimeout is how long a statement waits for a lock that something in the
// database holds, such as a background worker.
const lockTimeout = time.Minute

// openReadOnly opens a read-only session.
func openReadOnly(ctx context.Context, s provision.Server) (*pgx.Conn, error) {
	conn, err := s.Session(ctx, s.Database, provision.SessionOptions{ReadOnly: true, LockTimeout: lockTimeout})
	return conn, s.Blame(ctx, err)
}

// openForQueries opens a read-only session for a query of the config. It keeps
// the database's search_path and time zone, for which the query is written.
func openForQueries(ctx context.Context, s provision.Server) (*pgx.Conn, error) {
	conn, err := s.Session(ctx, s.Database, provision.SessionOptions{ReadOnly: true, LockTimeout: lockTimeout, DatabaseSettings: true})
	return conn, s.Blame(ctx, err)
}

// explain turns an error that ends the stage into a failure: a resource is
// exhausted, the drill was cancelled, or the server is gone.
func explain(ctx context.Context, s provision.Server, err error) error {
	if code := sandboxCode(err); code != "" {
		return outcome.Fail(code, "%s", pgerr.Describe(err))
	}
	return s.Blame(ctx, err)
}

// sandboxCode returns the code of an error about the sandbox's resources, or "". It
// ignores a server that stops: Blame explains it.
func sandboxCode(err error) outcome.Code {
	e, ok := pgerr.From(err)
	if !ok || !e.OfSandbox() || e.Shutdown() {
		return ""
	}
	fault, _ := e.Fault()
	return fault.Code
}
