package verify

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/words"
)

// stored lists the relations that the database keeps in files.
type stored struct {
	tables, indexes []storedRelation
	unstored        []string // what cannot be checked, such as foreign tables
}

// storedRelation is a table, a materialised view or an index.
type storedRelation struct {
	OID      uint32
	Node     uint32 // its file, which changes when it is written again
	Quoted   string // schema.name, quoted where SQL requires it
	Method   string // access method
	Bytes    int64  // with TOAST
	Blocks   int64  // of a table, without TOAST
	Columns  string // the stored columns of a table, quoted; empty for an index
	Fallible string // those of Columns whose conversion to text may fail
}

// userTables selects the tables and materialised views that store rows, and the
// catalog that stores large objects.
const userTables = `
(c.relkind = 'r' or c.relkind = 'm' and c.relispopulated) and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp_)'
or c.oid = 'pg_largeobject'::regclass and exists (select from pg_largeobject_metadata)`

// infallibleTypes are types of which any bytes are a value, so that the conversion to text cannot fail. It would take
// a quarter of the time of the full read (of the sample shop).
const infallibleTypes = `'bool'::regtype, 'int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'oid'::regtype, 'float4'::regtype, 'float8'::regtype, 'uuid'::regtype`

const storedTablesSQL = `
select c.oid, coalesce(pg_relation_filenode(c.oid), 0::oid), format('%I.%I', n.nspname, c.relname), coalesce(m.amname, ''), pg_table_size(c.oid),
       pg_relation_size(c.oid) / current_setting('block_size')::bigint, coalesce(a.columns, ''), coalesce(a.fallible, '')
from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_am m on m.oid = c.relam
  cross join lateral (
    select string_agg(format('%I', a.attname), ', ' order by a.attnum) as columns,
           string_agg(format('%I', a.attname), ', ' order by a.attnum) filter (where a.atttypid not in (` + infallibleTypes + `)) as fallible
    from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated <> 'v') a
where (` + userTables + `)`

// Invalid indexes are omitted: Postgres does not maintain them, and another check
// reports them.
const storedIndexesSQL = `
select x.oid, coalesce(pg_relation_filenode(x.oid), 0::oid), format('%I.%I', xn.nspname, x.relname), m.amname, pg_relation_size(x.oid), 0::bigint, '', ''
from pg_index i
  join pg_class x on x.oid = i.indexrelid join pg_namespace xn on xn.oid = x.relnamespace join pg_am m on m.oid = x.relam
  join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
where x.relkind = 'i' and i.indisvalid and i.indisready and i.indislive and (` + userTables + `)`

// Relations without stored rows.
const withoutRowsSQL = `
select case c.relkind when 'f' then 'foreign table' else 'unfilled materialised view' end, count(*)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where (c.relkind = 'f' or c.relkind = 'm' and not c.relispopulated) and n.nspname !~ '^pg_temp_'
group by 1 order by 1`

func listStored(ctx context.Context, conn *pgx.Conn) (*stored, error) {
	var s stored
	var err error
	if s.tables, err = listRelations(ctx, conn, storedTablesSQL); err != nil {
		return nil, err
	}
	if s.indexes, err = listRelations(ctx, conn, storedIndexesSQL); err != nil {
		return nil, err
	}
	rows, err := conn.Query(ctx, withoutRowsSQL)
	if err != nil {
		return nil, err
	}
	var kind string
	var number int64
	_, err = pgx.ForEachRow(rows, []any{&kind, &number}, func() error {
		s.unstored = append(s.unstored, words.Count(number, kind))
		return nil
	})
	return &s, err
}

func listRelations(ctx context.Context, conn *pgx.Conn, sql string, args ...any) ([]storedRelation, error) {
	rows, err := conn.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[storedRelation])
}

// planReading adds the tasks that read every value of every table.
func (r *integrityRun) planReading() {
	for _, t := range r.stored.tables {
		table := r.db.relations[t.OID]
		if table != nil && !table.holdsRows() {
			table = nil
		}
		r.read.tasks = append(r.read.tasks, r.methods.readAll(t, table))
	}
}

// blocksPerPart is how much of a table one statement reads. Parts of this size keep all sessions
// busy to the end, whatever the share of the largest table.
const blocksPerPart = 4096

// tidRangeSince is the first major that finds a range of blocks without reading the others.
const tidRangeSince = 14

// readAll returns the task that reads a table as pg_dump does, but inside the
// server: each value is fetched, decompressed and written as text, unless that cannot fail. It uses the
// database's encoding, because a conversion could fail where pg_dump works. The rows of table
// are counted at the same time, if it is not nil.
func (m methods) readAll(t storedRelation, table *relation) *task {
	read := &task{name: t.Quoted, method: "COPY to nowhere", bytes: t.Bytes}
	columns, ranges := t.Columns, []string{""}
	if t.Method == "heap" { // other methods may read only the columns that are asked for
		columns, ranges = t.Fallible, nil
		for _, r := range blockRanges(t.Blocks, m.major >= tidRangeSince) {
			ranges = append(ranges, r.condition())
		}
	}
	count := &rowCount{table: table, parts: len(ranges)}
	for _, where := range ranges {
		sql := fmt.Sprintf("copy (select %s from only %s%s) to '/dev/null' (encoding '%s')", columns, t.Quoted, where, m.encoding)
		read.addPart(t, sql, func(ctx context.Context, conn *pgx.Conn) (string, error) {
			done, err := conn.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol)
			if said, ok := pgerr.From(err); ok && sandboxCode(err) == "" && isAboutValue(said) {
				return "", unreadableValue{fmt.Sprintf("%s cannot be read: %s", t.Quoted, pgerr.Describe(err)), isAboutStorage(said)}
			}
			if err == nil {
				count.add(done.RowsAffected())
			}
			return "", err
		})
	}
	return read
}

// blockRange is a part of a table: the blocks from start to the one before end. If end is 0, the part goes to the end of
// the table.
type blockRange struct{ start, end int64 }

// blockRanges returns the parts into which a table is divided, or one part. The last one has no end, so
// that every row is in one, whatever the number of blocks.
func blockRanges(blocks int64, divide bool) []blockRange {
	var ranges []blockRange
	for start := int64(0); ; start += blocksPerPart {
		if !divide || start+blocksPerPart >= blocks {
			return append(ranges, blockRange{start: start})
		}
		ranges = append(ranges, blockRange{start, start + blocksPerPart})
	}
}

// condition returns the condition on the rows of a part. A condition on ctid also prevents that an index with
// all columns is read instead of the table.
func (r blockRange) condition() string {
	from := fmt.Sprintf(" where ctid >= '(%d,0)'", r.start)
	if r.end == 0 {
		return from
	}
	return from + fmt.Sprintf(" and ctid < '(%d,0)'", r.end)
}

// unreadableValue is an error about a value that cannot be read.
type unreadableValue struct {
	text   string
	stored bool // in the stored data
}

func (u unreadableValue) Error() string { return u.text }

// isAboutStorage reports whether an error is about the stored data itself.
func isAboutStorage(e pgerr.Error) bool {
	fault, _ := e.Fault()
	return fault.Code == outcome.SandboxLost
}

// isAboutValue reports whether an error means that a value cannot be read. Errors
// about limits, locks, the operator and the server do not.
func isAboutValue(e pgerr.Error) bool {
	return !e.InClass(pgerr.Limits, pgerr.ObjectState, pgerr.Operator)
}
