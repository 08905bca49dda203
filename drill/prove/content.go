package prove

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/sequence"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// Content lists what a control can remove from a restored database.
type Content struct {
	Relations []Relation
	Sequences []Sequence
}

// Relation is a table or a partition, unless an extension made it.
type Relation struct {
	sqltext.Name
	Whole      sqltext.Name // the topmost table that it is a partition of, or itself
	Referenced bool         // a foreign key of another table references it
}

// Sequence numbers an integer column that has a unique index of its own.
type Sequence struct {
	sqltext.Name
	Table  sqltext.Name
	Column string
	Before int64 // the value that precedes the column's last one: after it, the next value already exists
}

// relationsSQL lists the tables of the database, except those of extensions. A
// foreign key of a partition counts as one of its table.
const relationsSQL = `
with own as (
  select c.oid, n.nspname, c.relname,
         case when c.relispartition then pg_partition_root(c.oid)::oid else c.oid end as whole
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp_)'
    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
)
select o.nspname, o.relname, wn.nspname, w.relname,
       exists (select from pg_constraint k join own target on target.oid = k.confrelid left join own source on source.oid = k.conrelid
               where k.contype = 'f' and target.whole = o.whole and source.whole is distinct from o.whole)
from own o join pg_class w on w.oid = o.whole join pg_namespace wn on wn.oid = w.relnamespace
order by 1, 2`

// readContent lists what a control can remove from a restored database.
func readContent(ctx context.Context, s provision.Server) (c Content, err error) {
	conn, err := s.Session(ctx, s.Database, provision.SessionOptions{ReadOnly: true})
	if err != nil {
		return c, s.Blame(ctx, err)
	}
	defer provision.Close(ctx, conn)
	if c.Relations, err = listRelations(ctx, conn); err == nil {
		c.Sequences, err = listSequences(ctx, conn)
	}
	if err != nil {
		return c, s.Blame(ctx, fmt.Errorf("list what to remove from the restored database: %w", err))
	}
	return c, nil
}

func listRelations(ctx context.Context, conn *pgx.Conn) ([]Relation, error) {
	rows, err := conn.Query(ctx, relationsSQL)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Relation, err error) {
		err = row.Scan(&r.Schema, &r.Name.Name, &r.Whole.Schema, &r.Whole.Name, &r.Referenced)
		return r, err
	})
}

// listSequences lists the sequences that fill an integer column with a unique index of
// its own.
func listSequences(ctx context.Context, conn *pgx.Conn) (found []Sequence, err error) {
	fillers, err := sequence.Fillers(ctx, conn)
	for i := range fillers {
		if err != nil {
			break
		}
		f := &fillers[i]
		if !f.Integer || !f.Unique {
			continue
		}
		var before int64
		var usable bool
		if before, usable, err = precedingLast(ctx, conn, f); usable {
			found = append(found, Sequence{
				Name: sqltext.Name{Schema: f.Schema, Name: f.Name}, Table: sqltext.Name{Schema: f.TableSchema, Name: f.Table}, Column: f.Column, Before: before,
			})
		}
	}
	return found, err
}

// precedingLast returns the value that precedes the column's last one, in the
// direction of the sequence. It returns false if the sequence could not have produced
// such a value.
func precedingLast(ctx context.Context, conn *pgx.Conn, f *sequence.Filler) (before int64, usable bool, err error) {
	last, bound := "max", "<="
	limit := f.Max
	if f.Increment < 0 {
		last, bound, limit = "min", ">=", f.Min
	}
	column := sqltext.Identifier(f.Column)
	sql := fmt.Sprintf("select %s(%s)::bigint from %s where %s %s %d", last, column, f.From(), column, bound, limit)
	var value *int64
	if err := conn.QueryRow(ctx, sql, pgx.QueryExecModeExec).Scan(&value); err != nil || value == nil {
		return 0, false, err
	}
	before = *value - f.Increment
	wrapped := f.Increment > 0 && before > *value || f.Increment < 0 && before < *value
	return before, !wrapped && before >= f.Min && before <= f.Max, nil
}
