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

// open opens a session that only reads.
func open(ctx context.Context, s provision.Server) (*pgx.Conn, error) {
	conn, err := s.Session(ctx, s.Database, provision.SessionOptions{ReadOnly: true, LockTimeout: lockTimeout})
	return conn, s.Blame(ctx, err)
}

// openForQueries opens a session for a query of the config, which is written
// for the search_path and the time zone that the database gives its sessions.
func openForQueries(ctx context.Context, s provision.Server) (*pgx.Conn, error) {
	conn, err := s.Session(ctx, s.Database, provision.SessionOptions{ReadOnly: true, LockTimeout: lockTimeout, DatabaseSettings: true})
	return conn, s.Blame(ctx, err)
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
