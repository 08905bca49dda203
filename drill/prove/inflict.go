package prove

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// loss is what a control removes from a restored database. The database is then as if
// it had been restored from a dump that lacked it.
type loss interface {
	// promise returns what such a dump promises, given the promise of the intact one.
	promise(intact inspect.Promise) inspect.Promise
	// inflict removes it.
	inflict(ctx context.Context, tx pgx.Tx) error
}

// inflict applies a loss to a restored database, as a part of its restore. An error
// of the server is one that restoring such a dump would have caused.
func inflict(ctx context.Context, s provision.Server, l loss) error {
	conn, err := s.Session(ctx, s.Database, provision.SessionOptions{})
	if err != nil {
		return s.Blame(ctx, err)
	}
	defer provision.Close(ctx, conn)
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		// Triggers of the database must not interfere.
		if _, err := tx.Exec(ctx, "set local session_replication_role = replica"); err != nil {
			return err
		}
		return l.inflict(ctx, tx)
	})
	if serverErr, ok := pgerr.From(err); ok {
		fault, known := serverErr.Fault()
		if !known {
			fault.Code = outcome.RestoreFailed
		}
		f := outcome.Fail(fault.Code, "%s", serverErr.Text())
		f.SQLState = serverErr.SQLState
		err = f
	}
	return s.Blame(ctx, err)
}

// lostState sets a sequence back.
type lostState struct{ Sequence }

func (l lostState) inflict(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, "select setval($1::text::regclass, $2, true)", sqltext.Identifier(l.Schema, l.Name.Name), l.Before)
	return err
}

// lostRows removes all rows of a table and its partitions.
type lostRows struct {
	table sqltext.Name
	parts []sqltext.Name // those of its partitions, or itself, that have rows in the dump
}

// treeSQL selects a table and its partitions.
const treeSQL = `with tree (oid) as (select $1::text::regclass::oid union select relid::oid from pg_partition_tree($1::text::regclass)) `

// keysSQL lists the foreign keys of other tables that reference a table, as the
// statements that drop and recreate them.
const keysSQL = treeSQL + `
select format('alter table %s drop constraint %I', k.conrelid::regclass, k.conname),
       format('alter table %s add constraint %I %s', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid))
from pg_constraint k
where k.contype = 'f' and k.conparentid = 0 and k.confrelid in (select oid from tree) and k.conrelid not in (select oid from tree)
order by k.oid`

// truncateSQL does not truncate tables that inherit from the table: they have rows of
// their own.
const truncateSQL = treeSQL + `
select format('truncate only %s', string_agg(oid::regclass::text, ', ')) from pg_class join tree using (oid) where relkind = 'r'`

// refreshSQL refreshes the materialized views in the order in which they were created,
// because one may read another.
const refreshSQL = `
select format('refresh materialized view %s', oid::regclass) from pg_class where relkind = 'm' and relispopulated order by oid`

// alwaysSQL lists what fires although the session is a replica, as the statements
// that disable and enable it: event triggers, and triggers on TRUNCATE, that are
// enabled ALWAYS.
const alwaysSQL = treeSQL + `
select format('alter event trigger %I disable', evtname), format('alter event trigger %I enable always', evtname)
from pg_event_trigger where evtenabled = 'A'
union all
(select format('alter table %s disable trigger %I', tgrelid::regclass, tgname),
        format('alter table %s enable always trigger %I', tgrelid::regclass, tgname)
from pg_trigger where tgrelid in (select oid from tree) and tgenabled = 'A' and not tgisinternal and tgtype & 32 <> 0)`

// inflict empties the table so that the database is as after a restore without its
// rows. It follows the order of a dump: first rows, then foreign keys, which are
// checked, then the content of materialized views.
func (l lostRows) inflict(ctx context.Context, tx pgx.Tx) error {
	table := sqltext.Identifier(l.table.Schema, l.table.Name)
	drops, recreates, err := statementPairs(ctx, tx, keysSQL, table)
	if err != nil {
		return fmt.Errorf("list the foreign keys that reference %s: %w", l.table, err)
	}
	disables, enables, err := statementPairs(ctx, tx, alwaysSQL, table)
	if err != nil {
		return fmt.Errorf("list the triggers of %s: %w", l.table, err)
	}
	slices.Reverse(enables) // event triggers last, because they fire on the others' statements
	var truncate string
	if err := tx.QueryRow(ctx, truncateSQL, table).Scan(&truncate); err != nil {
		return fmt.Errorf("list the partitions of %s: %w", l.table, err)
	}
	views, err := tx.Query(ctx, refreshSQL)
	if err != nil {
		return fmt.Errorf("list the materialized views: %w", err)
	}
	refresh, err := pgx.CollectRows(views, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("list the materialized views: %w", err)
	}
	for _, sql := range slices.Concat(disables, drops, []string{truncate}, recreates, refresh, enables) {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}

// statementPairs returns the statements that a query lists in pairs: one to do
// something to a table, and one to undo it.
func statementPairs(ctx context.Context, tx pgx.Tx, sql, table string) (do, undo []string, err error) {
	rows, err := tx.Query(ctx, sql, table)
	if err != nil {
		return nil, nil, err
	}
	var first, second string
	_, err = pgx.ForEachRow(rows, []any{&first, &second}, func() error {
		do, undo = append(do, first), append(undo, second)
		return nil
	})
	return do, undo, err
}
