package restore

import (
	"context"
	"fmt"
	"slices"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/provision"
)

// hook is SQL that runs before or after the load.
type hook struct{ name, sql string }

// restoreMode is what an extension needs around the load of a dump.
type restoreMode struct{ before, after string }

// restoreModes holds the extensions whose tables cannot be loaded without it
// (docs.tigerdata.com, logical backup).
var restoreModes = map[string]restoreMode{
	"timescaledb": {
		"create extension if not exists timescaledb; select timescaledb_pre_restore()",
		"select timescaledb_post_restore()",
	},
}

// hooks returns the SQL before and after the load: restore.before, and that of the
// extensions.
func hooks(c config.Restore, s provision.Server) (before, after []hook) {
	for i, sql := range c.Before {
		before = append(before, hook{fmt.Sprintf("restore.before[%d]", i), string(sql)})
	}
	for _, name := range s.NeededExtensions {
		if mode, ok := restoreModes[name]; ok {
			before = append(before, hook{"the restore mode of " + name, mode.before})
			after = append(after, hook{"the end of the restore mode of " + name, mode.after})
		}
	}
	return before, after
}

// After runs the SQL of restore.after in the restored database. Restore does not, because
// the SQL may remove rows that the dump promises.
//
// Failures: hook_failed, restore_timeout.
func (r Restorer) After(ctx context.Context, s provision.Server) error {
	var list []hook
	for i, sql := range r.Config.After {
		list = append(list, hook{fmt.Sprintf("restore.after[%d]", i), string(sql)})
	}
	timeout := r.Timeout()
	ctx, cancel := context.WithTimeoutCause(ctx, timeout,
		outcome.Fail(outcome.RestoreTimeout, "restore.after did not end within %s (restore.timeout)", timeout))
	defer cancel()
	return runHooks(ctx, s, list)
}

// needsOneJob reports whether an extension forbids to load with several jobs.
func needsOneJob(s provision.Server) bool {
	return slices.ContainsFunc(s.NeededExtensions, func(name string) bool { _, ok := restoreModes[name]; return ok })
}

// runHooks runs SQL in the database that is restored.
func runHooks(ctx context.Context, s provision.Server, list []hook) error {
	if len(list) == 0 {
		return nil
	}
	conn, err := s.Session(ctx, s.Database, provision.SessionOptions{DatabaseSettings: true})
	if said, ok := pgerr.From(err); ok {
		return outcome.Fail(outcome.HookFailed, "%s: the database does not exist before the dump creates it (%s)", list[0].name, said.SQLState).
			WithHint("dump without --create, or use restore.after")
	}
	if err != nil {
		return err
	}
	defer provision.Close(ctx, conn)
	for _, h := range list {
		_, err := conn.PgConn().Exec(ctx, h.sql).ReadAll()
		if err != nil && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if said, ok := pgerr.From(err); ok {
			f := outcome.Fail(outcome.HookFailed, "%s: %s", h.name, said.Error())
			f.SQLState = said.SQLState
			return f
		}
		if err != nil {
			return fmt.Errorf("%s: %w", h.name, err)
		}
	}
	return nil
}
