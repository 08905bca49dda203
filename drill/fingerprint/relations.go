package fingerprint

// relationDefinitionsSQL returns the definitions in tables, views, materialized
// views and foreign tables: the relation, whether it is a table, the kind of
// object, its name within the relation, and its definition.
//
// A definition must not contain an OID, a column's number, or anything in an
// order that a second restore could change. Partitions are omitted: they come and
// go with time, as rows do. Objects of extensions are omitted: they depend on the
// extension's version, and so on the image.
const relationDefinitionsSQL = `
with own as (
  select c.*, format('%I.%I', n.nspname, c.relname) as ident,
         case c.relkind when 'v' then 'views' when 'm' then 'materialized_views' when 'f' then 'foreign_tables' else 'tables' end as part
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
    and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp_)'
    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
), piece (relation, part, name, definition) as (
  select o.oid, o.part, '', array[
      o.relkind::text, o.relpersistence::text, o.relrowsecurity::text, o.relforcerowsecurity::text, o.relreplident::text,
      (select amname::text from pg_am a where a.oid = o.relam), format_type(nullif(o.reloftype, 0), null),
      (select string_agg(x, ',' order by x collate "C") from unnest(o.reloptions) x),
      (select string_agg(i.inhparent::regclass::text, ',' order by i.inhseqno) from pg_inherits i where i.inhrelid = o.oid),
      case when o.relkind = 'p' then pg_get_partkeydef(o.oid) end,
      case when o.relkind in ('v', 'm') then pg_get_viewdef(o.oid) end,
      (select array[s.srvname, array(select split_part(x, '=', 1) collate "C" from unnest(f.ftoptions) x order by 1)::text]::text
         from pg_foreign_table f join pg_foreign_server s on s.oid = f.ftserver where f.ftrelid = o.oid)]::text
  from own o
  union all
  select o.oid, case when o.part in ('tables', 'foreign_tables') then 'columns' else o.part end, a.attname, array[
      (row_number() over (partition by a.attrelid order by a.attnum))::text, format_type(a.atttypid, a.atttypmod),
      a.attnotnull::text, a.attidentity::text, a.attgenerated::text, a.attstorage::text, pg_get_expr(d.adbin, d.adrelid),
      case when a.attcollation <> t.typcollation then a.attcollation::regcollation::text end,
      (select string_agg(x, ',' order by x collate "C") from unnest(a.attoptions) x
         where x ~ '^n_distinct(_inherited)?=')]::text -- what else a server keeps there is its own and in no dump
  from own o join pg_attribute a on a.attrelid = o.oid and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  union all
  select o.oid, 'constraints', k.conname, pg_get_constraintdef(k.oid)
  from own o join pg_constraint k on k.conrelid = o.oid
  where k.conparentid = 0 and k.contype <> 't' -- a key to a partitioned table has a copy for each of its partitions
  union all
  select o.oid, 'indexes', c.relname, array[pg_get_indexdef(i.indexrelid), i.indisclustered::text, i.indisreplident::text]::text
  from own o join pg_index i on i.indrelid = o.oid join pg_class c on c.oid = i.indexrelid
  union all
  select o.oid, 'triggers', t.tgname, array[pg_get_triggerdef(t.oid), t.tgenabled::text]::text
  from own o join pg_trigger t on t.tgrelid = o.oid where not t.tgisinternal
  union all
  select o.oid, 'rules', r.rulename, array[pg_get_ruledef(r.oid), r.ev_enabled::text]::text
  from own o join pg_rewrite r on r.ev_class = o.oid where r.rulename <> '_RETURN'
  union all
  select o.oid, 'policies', p.polname, array[p.polcmd::text, p.polpermissive::text,
      (select string_agg(case when r = 0 then 'public' else quote_ident(pg_get_userbyid(r)) end, ',' order by pg_get_userbyid(r)) from unnest(p.polroles) r),
      pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)]::text
  from own o join pg_policy p on p.polrelid = o.oid
  union all
  select o.oid, 'statistics', x.stxname, pg_get_statisticsobjdef(x.oid) from own o join pg_statistic_ext x on x.stxrelid = o.oid
  union all
  select o.oid, 'privileges', '', array[pg_get_userbyid(o.relowner)::text, (select string_agg(x::text, ',' order by x::text collate "C")
      from unnest(coalesce(o.relacl, acldefault('r', o.relowner))) x)]::text
  from own o
  union all
  select o.oid, 'privileges', a.attname, (select string_agg(x::text, ',' order by x::text collate "C") from unnest(a.attacl) x)
  from own o join pg_attribute a on a.attrelid = o.oid and a.attacl is not null and not a.attisdropped
)
select o.ident, o.part = 'tables', p.part, p.name::text, coalesce(p.definition, '') from piece p join own o on o.oid = p.relation`
