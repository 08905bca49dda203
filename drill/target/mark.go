package target

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// markPrefix begins the comment of a database in which a restore has begun.
const markPrefix = "drillgres: restore "

func (r *Real) mark() string {
	return fmt.Sprintf("%s%s began %s and has not ended", markPrefix, r.RunID, r.Now().UTC().Format(time.RFC3339))
}

// Begin marks the database in its comment, and creates the roles that the backup does not contain.
// It sets the owner, unless the backup creates it: what the owner may do in the schema public depends
// on that. It checks again that the database is the one of Open, and still empty: somebody has read
// the plan meanwhile, and may have begun another restore.
func (r *Real) Begin(ctx context.Context) error {
	conn, err := r.session(ctx)
	if err != nil {
		return err
	}
	defer provision.Close(ctx, conn)
	sql := []string{r.comment(sqltext.Literal(r.mark()))}
	for _, name := range r.needed {
		sql = append(sql, "create role "+sqltext.Identifier(name)+" nologin")
	}
	if owner := r.server.Owner; owner != "" && !slices.Contains(r.Plan.Roles, owner) {
		sql = append(sql, "alter database "+sqltext.Identifier(r.Database)+" owner to "+sqltext.Identifier(owner))
	}
	if err := run(ctx, conn, outcome.ConfigInvalid, []string{"begin transaction", "set local lock_timeout = '30s'", "select pg_catalog.pg_advisory_xact_lock(" + beginLock + ")"}); err != nil {
		return err
	}
	a, err := r.check(ctx, conn)
	switch {
	case err != nil:
		return err
	case a.identity != r.opened:
		return outcome.Fail(outcome.ConfigInvalid, "the server was restarted, or another one answers at its address, since the plan was made").
			WithHint("run the command again")
	}
	return run(ctx, conn, outcome.ConfigInvalid, append(sql, "commit transaction"))
}

// beginLock is a lock in the database under which a restore looks whether another has begun.
const beginLock = "7274726578"

// End replaces the mark by the comment of production's database, or removes it, unless the backup has
// set another comment.
func (r *Real) End(ctx context.Context) error {
	conn, err := r.session(ctx)
	if err != nil {
		return err
	}
	defer provision.Close(ctx, conn)
	a, err := read(ctx, conn)
	if err != nil || !strings.HasPrefix(a.comment, markPrefix) {
		return err
	}
	return run(ctx, conn, outcome.RestoreFailed, []string{cmp.Or(r.production, r.comment("null"))})
}

// Remark sets the mark again, unless the database has it.
func (r *Real) Remark(ctx context.Context) error {
	conn, err := r.session(ctx)
	if err != nil {
		return err
	}
	defer provision.Close(ctx, conn)
	a, err := read(ctx, conn)
	if err != nil || strings.HasPrefix(a.comment, markPrefix) {
		return err
	}
	return run(ctx, conn, outcome.RestoreFailed, []string{r.comment(sqltext.Literal(r.mark()))})
}

func (r *Real) comment(text string) string {
	return "comment on database " + sqltext.Identifier(r.Database) + " is " + text
}

// run runs statements. One that the server refuses is a failure with this code.
func run(ctx context.Context, conn *pgx.Conn, code outcome.Code, statements []string) error {
	for _, sql := range statements {
		_, err := conn.Exec(ctx, sql)
		if said, refused := pgerr.From(err); refused {
			f := outcome.Fail(code, "%s: %s", firstWords(sql), said.Error()).
				WithHint("connect as the owner of the database or as a superuser")
			f.SQLState = said.SQLState
			return f
		}
		if err != nil {
			return fmt.Errorf("%s: %w", firstWords(sql), err)
		}
	}
	return nil
}

// firstWords returns the kind of a statement, for an error.
func firstWords(sql string) string {
	fields := strings.Fields(sql)
	return strings.Join(fields[:min(len(fields), 3)], " ")
}
