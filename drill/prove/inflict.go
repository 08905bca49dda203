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

// loss is what a restored database loses, after which it is as one that was
// restored from a dump of a database which had lost it before.
type loss interface {
	// promise returns what such a dump promises, from what the intact one does.
	promise(intact inspect.Promise) inspect.Promise
	// inflict makes the database lose it.
	inflict(ctx context.Context, tx pgx.Tx) error
}

// inflict makes a restored database lose something, as a part of its restore. The
// server's refusals are what a restore of such a dump would have met.
func inflict(ctx context.Context, s provision.Server, l loss) error {
	conn, err := s.Session(ctx, s.Database, provision.SessionOptions{})
	if err != nil {
		return s.Blame(ctx, err)
	}
	defer provision.Close(ctx, conn)
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		// No trigger of the database has a say.
		if _, err := tx.Exec(ctx, "set local session_replication_role = replica"); err != nil {
			return err
		}
		return l.inflict(ctx, tx)
	})
	if said, refused := pgerr.From(err); refused {
		fault, known := said.Fault()
		if !known {
			fault.Code = outcome.RestoreFailed
		}
		f := outcome.Fail(fault.Code, "%s", said.Text())
		f.SQLState = said.SQLState
		err = f
	}
	return s.Blame(ctx, err)
}

// lostState is that of a sequence which is set back.
type lostState struct{ Sequence }

func (l lostState) inflict(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, "select setval($1::text::regclass, $2, true)", sqltext.Identifier(l.Schema, l.Name.Name), l.Before)
	return err
}

// lostRows are those of a table, its partitions' among them.
type lostRows struct {
	table Name
	parts []Name // in which the dump has rows
}

// treeSQL is a table with its partitions.
const treeSQL = `with tree (oid) as (select $1::text::regclass::oid union select relid::oid from pg_partition_tree($1::text::regclass)) `

// keysSQL lists the foreign keys of other tables that point at a table, with the
// statements that drop them and make them again.
const keysSQL = treeSQL + `
select format('alter table %s drop constraint %I', k.conrelid::regclass, k.conname),
       format('alter table %s add constraint %I %s', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid))
from pg_constraint k
where k.contype = 'f' and k.conparentid = 0 and k.confrelid in (select oid from tree) and k.conrelid not in (select oid from tree)
order by k.oid`

// truncateSQL leaves alone what inherits from the table: it has rows of its own.
const truncateSQL = treeSQL + `
select format('truncate only %s', string_agg(oid::regclass::text, ', ')) from pg_class join tree using (oid) where relkind = 'r'`

// refreshSQL fills the materialized views anew, in the order in which they were
// made: one may read another.
const refreshSQL = `
select format('refresh materialized view %s', oid::regclass) from pg_class where relkind = 'm' and relispopulated order by oid`

// inflict empties the table as a restore without its rows would have left the
// database: it is in this order that a dump makes the rows, the foreign keys, which
// are checked, and the content of materialized views.
func (l lostRows) inflict(ctx context.Context, tx pgx.Tx) error {
	table := sqltext.Identifier(l.table.Schema, l.table.Name)
	keys, err := tx.Query(ctx, keysSQL, table)
	if err != nil {
		return fmt.Errorf("list the foreign keys that point at %s: %w", l.table, err)
	}
	var drop, remake string
	var statements, later []string
	if _, err := pgx.ForEachRow(keys, []any{&drop, &remake}, func() error {
		statements, later = append(statements, drop), append(later, remake)
		return nil
	}); err != nil {
		return fmt.Errorf("list the foreign keys that point at %s: %w", l.table, err)
	}
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
	for _, sql := range slices.Concat(statements, []string{truncate}, later, refresh) {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}
