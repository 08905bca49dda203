// Package sequence finds the columns of a restored database that take their values
// from a sequence.
package sequence

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/sqltext"
)

// Filler is a sequence together with a column that it fills. Names are as the catalog
// stores them.
type Filler struct {
	Schema, Name       string
	TableSchema, Table string
	Column             string
	Ident, ColumnIdent string // schema.name and schema.table.column, quoted where SQL requires it

	Increment       int64
	Min, Max, Start int64
	Integer         bool // the column is an integer; otherwise it is numeric
	Unique          bool // a unique index covers the column alone
	Partitioned     bool // the table is partitioned
}

// From returns the table for a FROM clause. The unique index of a table does not cover
// the tables that inherit from it, but that of a partitioned table covers its partitions.
func (f Filler) From() string {
	table := sqltext.Identifier(f.TableSchema, f.Table)
	if f.Partitioned {
		return table
	}
	return "only " + table
}

// fillersSQL lists the columns that take their value directly from a sequence:
// identity columns, and columns whose whole default is nextval, whichever column
// owns the sequence. If an application calls the sequence itself or computes with
// the value, the sequence and the column cannot be compared. A cycling sequence
// reuses values on purpose.
const fillersSQL = `
with filled (seq, tab, col) as (
  select d.objid, d.refobjid, d.refobjsubid from pg_depend d
  where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype = 'i' and d.refobjsubid > 0
  union
  select d.refobjid, a.adrelid, a.adnum from pg_attrdef a
    join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = a.oid and d.refclassid = 'pg_class'::regclass
  where pg_get_expr(a.adbin, a.adrelid) ~ $re$^\(?nextval\('[^']*'::regclass\)\)?(::(integer|smallint|bigint|numeric))?$$re$
)
select sn.nspname, s.relname, tn.nspname, t.relname, a.attname,
       format('%I.%I', sn.nspname, s.relname), format('%I.%I.%I', tn.nspname, t.relname, a.attname),
       q.seqincrement, q.seqmin, q.seqmax, q.seqstart, a.atttypid <> 'numeric'::regtype,
       exists (select from pg_index i where i.indrelid = t.oid and i.indisunique and i.indpred is null and i.indnkeyatts = 1 and i.indkey[0] = a.attnum),
       t.relkind = 'p'
from filled f
  join pg_class s on s.oid = f.seq and s.relkind = 'S' join pg_namespace sn on sn.oid = s.relnamespace
  join pg_sequence q on q.seqrelid = s.oid
  join pg_class t on t.oid = f.tab and t.relkind in ('r', 'p') and not t.relispartition join pg_namespace tn on tn.oid = t.relnamespace
  join pg_attribute a on a.attrelid = t.oid and a.attnum = f.col and not a.attisdropped
where not q.seqcycle and a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype)
  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid in (s.oid, t.oid) and d.deptype = 'e')
order by 1, 2, 3, 4, 5`

// Fillers lists the columns that a sequence fills, except those of extensions.
func Fillers(ctx context.Context, conn *pgx.Conn) ([]Filler, error) {
	rows, err := conn.Query(ctx, fillersSQL)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (f Filler, err error) {
		err = row.Scan(&f.Schema, &f.Name, &f.TableSchema, &f.Table, &f.Column, &f.Ident, &f.ColumnIdent,
			&f.Increment, &f.Min, &f.Max, &f.Start, &f.Integer, &f.Unique, &f.Partitioned)
		return f, err
	})
}
