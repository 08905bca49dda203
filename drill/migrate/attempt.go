package migrate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/drillgres/drillgres/drill/migrate/watch"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
)

// attempt holds what a script did, whether or not it succeeded.
type attempt struct {
	watch.Seen
	role    string // that the tool connected as
	digest  string // of its image
	seconds float64
}

// attempt runs a script within migrate.timeout and returns what it did to the
// server. If the script fails, it returns a failure with the given code as well.
// who is the subject of its message.
func (r *run) attempt(ctx context.Context, s script, who string, code outcome.Code) (attempt, error) {
	if err := r.terminateSessions(ctx); err != nil { // of an application that was removed
		return attempt{}, err
	}
	watcher, err := watch.Begin(ctx, r.server)
	if err != nil {
		return attempt{}, fmt.Errorf("watch the migration: %w", err)
	}
	limited, cancel := r.withTimeout(ctx, watcher, who)
	started := time.Now()
	var a attempt
	err = r.runScript(limited, s, &a)
	a.seconds = time.Since(started).Seconds()
	cancel()
	terminateErr := r.terminateSessions(ctx)
	seen, watchErr := watcher.End(ctx)
	a.Seen = seen
	switch {
	case err != nil:
		return a, scriptFailure(err, who, code, seen.Refused)
	case terminateErr != nil:
		return a, terminateErr
	case watchErr != nil:
		return a, fmt.Errorf("watch the migration: %w", watchErr)
	}
	return a, nil
}

// withTimeout returns a context that ends after migrate.timeout. Its cause names
// the statement that was running.
func (r *run) withTimeout(ctx context.Context, watcher *watch.Watch, who string) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	timeout := time.Duration(r.Config.Timeout)
	timer := time.AfterFunc(timeout, func() {
		late := outcome.Fail(outcome.MigrationTimeout, "%s did not end within %s (migrate.timeout)", who, timeout)
		if running := watcher.Running(ctx); running != "" {
			late = outcome.Fail(outcome.MigrationTimeout, "%s did not end within %s (migrate.timeout); running: %s", who, timeout, running)
		}
		cancel(late)
	})
	return ctx, func() {
		timer.Stop()
		cancel(nil)
	}
}

// scriptFailure returns the failure of a script. If the tool ended with an error,
// the message is what the server refused, otherwise the last lines of the tool.
func scriptFailure(err error, who string, code outcome.Code, refused *watch.Refused) error {
	var late *outcome.Failure
	var ended *exitError
	switch {
	case errors.As(err, &ended):
	case errors.As(err, &late) && late.Code == outcome.MigrationTimeout && code != outcome.MigrationFailed:
		return outcome.Fail(code, "%w", late.Err)
	case errors.As(err, &late) && late.Code == outcome.MigrationFailed:
		return outcome.Fail(code, "%w", late.Err).WithHint("%s", late.Remedy())
	default:
		return err
	}
	switch {
	case refused != nil:
		f := outcome.Fail(code, "%s %w: %s", who, ended, refused.Message)
		f.SQLState, f.Statement, f.Object = refused.SQLState, refused.Statement, refused.Table
		return f
	case ended.last != "":
		return outcome.Fail(code, "%s %w; its last lines:\n%s", who, ended, ended.last)
	}
	return outcome.Fail(code, "%s %w, and neither it nor the server said why", who, ended)
}

const (
	terminateWithin   = 15 * time.Second
	terminateInterval = 50 * time.Millisecond
)

// terminateSessions terminates the sessions of clients that are gone: the server
// notices their absence only when it answers them.
func (r *run) terminateSessions(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, terminateWithin,
		outcome.Fail(outcome.SandboxLost, "the server did not end the connections of the migration within %s", terminateWithin))
	defer cancel()
	s := r.server
	conn, err := s.Session(ctx, s.Maintenance, provision.SessionOptions{})
	if err != nil {
		return err
	}
	defer provision.Close(ctx, conn)
	const sql = `
select count(pg_terminate_backend(pid)) from pg_stat_activity
where backend_type = 'client backend' and datname = $1 and application_name <> 'drillgres' and pid <> pg_backend_pid()`
	for {
		var sessions int
		if err := conn.QueryRow(ctx, sql, s.Database).Scan(&sessions); err != nil {
			return fmt.Errorf("end the connections of the migration: %w", err)
		}
		if sessions == 0 {
			return nil
		}
		select {
		case <-time.After(terminateInterval):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
