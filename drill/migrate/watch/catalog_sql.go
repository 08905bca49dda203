package watch

// ownSQL selects the relations that do not belong to the system.
const ownSQL = `
with own as (
  select c.*, format('%I.%I', n.nspname, c.relname) as ident, n.nspname
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp_)'
)`

// relationsSQL returns the OID, schema, name, quoted name, kind and file of each
// relation, the OIDs of the table of an index, of the root of a partition and of
// the TOAST table, and the planner's estimate of the rows; -1: unknown.
const relationsSQL = ownSQL + `
select o.oid, o.nspname::text, o.relname::text, o.ident, o.relkind::text, o.relfilenode, coalesce(i.indrelid, 0),
  case when o.relispartition then coalesce(pg_partition_root(o.oid)::oid, o.oid) else 0 end, o.reltoastrelid,
  case when o.relpages = 0 and o.reltuples = 0 then -1 else o.reltuples end::float8
from own o left join pg_index i on i.indexrelid = o.oid
where o.relkind in ('r', 'p', 'm', 'i', 'I')`

// columnsSQL returns the columns of tables and materialized views.
const columnsSQL = ownSQL + `
select o.oid, a.attnum, a.attname::text, quote_ident(a.attname), format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated::text,
  a.attidentity <> '' or coalesce(pg_get_expr(d.adbin, d.adrelid) ~ '^nextval\(', false),
  coalesce(s.null_frac < 1, false)
from own o join pg_attribute a on a.attrelid = o.oid and a.attnum > 0 and not a.attisdropped
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  left join pg_stats s on s.schemaname = o.nspname and s.tablename = o.relname and s.attname = a.attname and not s.inherited
where o.relkind in ('r', 'p', 'm')`

// constraintsSQL returns the constraints of tables.
const constraintsSQL = ownSQL + `
select k.oid, k.conname::text, quote_ident(k.conname), k.conrelid, k.contype::text, k.convalidated, k.confrelid, coalesce(k.conkey, '{}'),
  case when k.contype in ('c', 'n') then pg_get_constraintdef(k.oid) else '' end
from own o join pg_constraint k on k.conrelid = o.oid where k.conparentid = 0 and k.contype <> 't'`

// indexesSQL returns the key columns of each index, whether it is valid and
// whether it covers all rows.
const indexesSQL = ownSQL + `
select i.indexrelid, i.indrelid, i.indisvalid and i.indisready, i.indpred is null,
  (select array_agg(k.attnum order by k.n) from unnest(i.indkey::int2[]) with ordinality k(attnum, n) where k.n <= i.indnkeyatts)
from own o join pg_index i on i.indexrelid = o.oid`

const enumsSQL = `
select t.oid, format('%I.%I', n.nspname, t.typname) from pg_type t join pg_namespace n on n.oid = t.typnamespace
where t.typtype = 'e' and n.nspname not in ('pg_catalog', 'information_schema')`
