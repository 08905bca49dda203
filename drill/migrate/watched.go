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

// went is how a way went.
type went struct {
	watch.Seen
	role    string // that the tool connected as
	digest  string // of its image
	seconds float64
}

// watched goes a way within migrate.timeout and tells what it did to the
// server, also where that went wrong: with a failure of this code then.
func (r *run) watched(ctx context.Context, w way, who string, code outcome.Code) (went, error) {
	if err := r.hangUp(ctx); err != nil { // an application that was removed may linger
		return went{}, err
	}
	eye, err := watch.Begin(ctx, r.server)
	if err != nil {
		return went{}, fmt.Errorf("watch the migration: %w", err)
	}
	limited, cancel := r.within(ctx, eye, who)
	began := time.Now()
	var v went
	err = r.goes(limited, w, &v)
	v.seconds = time.Since(began).Seconds()
	cancel()
	ending := r.hangUp(ctx)
	seen, blind := eye.End(ctx)
	v.Seen = seen
	switch {
	case err != nil:
		return v, failed(err, who, code, seen.Refused)
	case ending != nil:
		return v, ending
	case blind != nil:
		return v, fmt.Errorf("watch the migration: %w", blind)
	}
	return v, nil
}

// within ends a migration after migrate.timeout, and says what ran then.
func (r *run) within(ctx context.Context, eye *watch.Watch, who string) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	timeout := time.Duration(r.Config.Timeout)
	timer := time.AfterFunc(timeout, func() {
		late := outcome.Fail(outcome.MigrationTimeout, "%s did not end within %s (migrate.timeout)", who, timeout)
		if running := eye.Running(ctx); running != "" {
			late = outcome.Fail(outcome.MigrationTimeout, "%s did not end within %s (migrate.timeout); running: %s", who, timeout, running)
		}
		cancel(late)
	})
	return ctx, func() {
		timer.Stop()
		cancel(nil)
	}
}

// failed is the failure of a migration: what the server refused explains a
// tool that ended with an error, and else what the tool said last.
func failed(err error, who string, code outcome.Code, refused *watch.Refused) error {
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
	hangUpWithin   = 15 * time.Second
	hangUpInterval = 50 * time.Millisecond
)

// hangUp ends the connections of clients that are gone: a server notices that
// only when it wants to answer them.
func (r *run) hangUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, hangUpWithin,
		outcome.Fail(outcome.SandboxLost, "the server did not end the connections of the migration within %s", hangUpWithin))
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
		var left int
		if err := conn.QueryRow(ctx, sql, s.Database).Scan(&left); err != nil {
			return fmt.Errorf("end the connections of the migration: %w", err)
		}
		if left == 0 {
			return nil
		}
		select {
		case <-time.After(hangUpInterval):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
