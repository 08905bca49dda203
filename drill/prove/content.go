package prove

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// Content lists what a control can remove from a restored database.
type Content struct {
	Relations []Relation
	Sequences []Sequence
}

// Relation is a table or a partition, unless an extension made it.
type Relation struct {
	Name
	Whole      Name // the topmost table that it is a partition of, or itself
	Referenced bool // a foreign key of another table references it
}

// Name is the name of a table or a sequence, as the catalog stores it.
type Name struct{ Schema, Name string }

// String returns the name as the config writes it.
func (n Name) String() string { return n.Schema + "." + n.Name }

// Sequence numbers an integer column that has a unique index of its own.
type Sequence struct {
	Name
	Table  Name
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

// sequencesSQL lists the sequences that provide the values of a column with a unique
// index of its own: those of identity columns, and those that are the whole default
// of a column. It skips sequences that cycle, which repeat their values by design.
const sequencesSQL = `
with filled (seq, tab, col) as (
  select d.objid, d.refobjid, d.refobjsubid from pg_depend d
  where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype = 'i' and d.refobjsubid > 0
  union
  select d.refobjid, a.adrelid, a.adnum from pg_attrdef a
    join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = a.oid and d.refclassid = 'pg_class'::regclass
  where pg_get_expr(a.adbin, a.adrelid) ~ $re$^\(?nextval\('[^']*'::regclass\)\)?(::(integer|smallint|bigint))?$$re$
)
select sn.nspname, s.relname, tn.nspname, t.relname, a.attname, q.seqincrement, q.seqmin, q.seqmax
from filled f
  join pg_class s on s.oid = f.seq and s.relkind = 'S' join pg_namespace sn on sn.oid = s.relnamespace
  join pg_sequence q on q.seqrelid = s.oid and not q.seqcycle
  join pg_class t on t.oid = f.tab and t.relkind in ('r', 'p') and not t.relispartition join pg_namespace tn on tn.oid = t.relnamespace
  join pg_attribute a on a.attrelid = t.oid and a.attnum = f.col and a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
where exists (select from pg_index i where i.indrelid = t.oid and i.indisunique and i.indisvalid and i.indpred is null
                and i.indnkeyatts = 1 and i.indkey[0] = a.attnum)
  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid in (s.oid, t.oid) and d.deptype = 'e')
order by 1, 2, 5`

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

// candidate is a sequence whose column has not been read yet.
type candidate struct {
	Sequence
	increment, lowest, highest int64
}

func listSequences(ctx context.Context, conn *pgx.Conn) (found []Sequence, err error) {
	rows, err := conn.Query(ctx, sequencesSQL)
	if err != nil {
		return nil, err
	}
	candidates, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c candidate, err error) {
		err = row.Scan(&c.Schema, &c.Name.Name, &c.Table.Schema, &c.Table.Name, &c.Column, &c.increment, &c.lowest, &c.highest)
		return c, err
	})
	for i := range candidates {
		if err != nil {
			break
		}
		var usable bool
		if usable, err = candidates[i].find(ctx, conn); usable {
			found = append(found, candidates[i].Sequence)
		}
	}
	return found, err
}

// find reads the column's last value, in the direction of the sequence, and sets
// Before to the value that precedes it. It returns false if the sequence could not
// have produced such a value.
func (c *candidate) find(ctx context.Context, conn *pgx.Conn) (bool, error) {
	last, bound := "max", "<="
	limit := c.highest
	if c.increment < 0 {
		last, bound, limit = "min", ">=", c.lowest
	}
	column := sqltext.Identifier(c.Column)
	sql := fmt.Sprintf("select %s(%s)::bigint from %s where %s %s %d", last, column, sqltext.Identifier(c.Table.Schema, c.Table.Name), column, bound, limit)
	var value *int64
	if err := conn.QueryRow(ctx, sql, pgx.QueryExecModeExec).Scan(&value); err != nil || value == nil {
		return false, err
	}
	c.Before = *value - c.increment
	wrapped := c.increment > 0 && c.Before > *value || c.increment < 0 && c.Before < *value
	return !wrapped && c.Before >= c.lowest && c.Before <= c.highest, nil
}
