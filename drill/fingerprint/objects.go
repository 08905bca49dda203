package fingerprint

// objectDefinitionsSQL returns every object that is not part of a relation. Its
// columns and rules are those of relationDefinitionsSQL. It omits values that
// could be passwords: those of foreign servers, subscriptions, and settings with
// a dot in their name.
const objectDefinitionsSQL = `
with member as (select classid, objid from pg_depend where deptype = 'e'),
space as (
  select * from pg_namespace where nspname not in ('pg_catalog', 'information_schema') and nspname !~ '^pg_(toast|temp_)'
), first_made (oid) as (values (16384::oid)), -- below it is what every database has: FirstNormalObjectId of access/transam.h
owned (name, kind, owner, acl) as (
  select 'schema ' || quote_ident(s.nspname), 'n'::"char", s.nspowner, s.nspacl from space s
  union all
  select 'sequence ' || c.oid::regclass, 's', c.relowner, c.relacl
  from pg_class c join space s on s.oid = c.relnamespace where c.relkind = 'S' and (c.tableoid, c.oid) not in (table member)
  union all
  select 'function ' || p.oid::regprocedure, 'f', p.proowner, p.proacl
  from pg_proc p join space s on s.oid = p.pronamespace where (p.tableoid, p.oid) not in (table member)
  union all
  select 'type ' || format_type(t.oid, null), 'T', t.typowner, t.typacl
  from pg_type t join space s on s.oid = t.typnamespace where t.typrelid = 0 and t.typcategory <> 'A' and (t.tableoid, t.oid) not in (table member)
  union all
  select 'language ' || quote_ident(lanname), 'l', lanowner, lanacl from pg_language l
  where l.oid >= (table first_made) and (l.tableoid, l.oid) not in (table member)
  union all
  select 'foreign data wrapper ' || quote_ident(fdwname), 'F', fdwowner, fdwacl from pg_foreign_data_wrapper w
  where (w.tableoid, w.oid) not in (table member)
  union all
  select 'server ' || quote_ident(srvname), 'S', srvowner, srvacl from pg_foreign_server
), piece (part, name, definition) as (
  select 'privileges', name, array[pg_get_userbyid(owner)::text,
      (select string_agg(x::text, ',' order by x::text collate "C") from unnest(coalesce(acl, acldefault(kind, owner))) x)]::text
  from owned
  union all
  select 'default_privileges', array[pg_get_userbyid(d.defaclrole)::text, s.nspname::text, d.defaclobjtype::text]::text,
      (select string_agg(x::text, ',' order by x::text collate "C") from unnest(d.defaclacl) x)
  from pg_default_acl d left join pg_namespace s on s.oid = d.defaclnamespace
  union all
  select 'schemas', nspname, '' from space
  union all
  select 'extensions', e.extname, s.nspname from pg_extension e join pg_namespace s on s.oid = e.extnamespace
  union all
  select 'settings', array[r.rolname::text, split_part(x, '=', 1)]::text, case when split_part(x, '=', 1) !~ '[.]' then x end
  from pg_db_role_setting g cross join unnest(g.setconfig) x left join pg_roles r on r.oid = g.setrole
  where g.setdatabase = (select oid from pg_database where datname = current_database())
  union all
  select 'comments', (pg_identify_object(d.classoid, d.objoid, d.objsubid)).identity, d.description from pg_description d
  where d.objoid >= (table first_made) and d.classoid not in ('pg_extension'::regclass, 'pg_largeobject'::regclass)
    and (d.classoid, d.objoid) not in (table member)
    and not exists (select from pg_class c where d.classoid = c.tableoid and d.objoid = c.oid and c.relispartition)
  union all
  select 'sequences', c.oid::regclass::text, array[c.relpersistence::text, format_type(q.seqtypid, null), q.seqstart::text, q.seqincrement::text,
      q.seqmin::text, q.seqmax::text, q.seqcache::text, q.seqcycle::text,
      (select string_agg(d.refobjid::regclass || '.' || quote_ident(a.attname), ',' order by 1)
         from pg_depend d join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
         where d.classid = c.tableoid and d.objid = c.oid and d.refclassid = c.tableoid and d.deptype in ('a', 'i'))]::text
  from pg_class c join space s on s.oid = c.relnamespace join pg_sequence q on q.seqrelid = c.oid where (c.tableoid, c.oid) not in (table member)
  union all
  select 'functions', p.oid::regprocedure::text, case when p.prokind <> 'a' then pg_get_functiondef(p.oid) else (
      select array[a.aggkind::text, a.aggnumdirectargs::text, a.aggtransfn::text, a.aggfinalfn::text, a.aggcombinefn::text, a.aggserialfn::text,
        a.aggdeserialfn::text, a.aggmtransfn::text, a.aggminvtransfn::text, a.aggmfinalfn::text, a.aggfinalextra::text, a.aggfinalmodify::text,
        a.aggsortop::regoperator::text, format_type(a.aggtranstype, null), a.agginitval, a.aggminitval, p.proparallel::text]::text
      from pg_aggregate a where a.aggfnoid = p.oid) end
  from pg_proc p join space s on s.oid = p.pronamespace where (p.tableoid, p.oid) not in (table member)
  union all
  select 'types', format_type(t.oid, null), array[t.typtype::text,
      (select array_agg(e.enumlabel order by e.enumsortorder)::text from pg_enum e where e.enumtypid = t.oid),
      (select array_agg(array[a.attname, format_type(a.atttypid, a.atttypmod), a.attcollation::regcollation::text] order by a.attnum)::text
         from pg_attribute a where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped),
      (select array[format_type(r.rngsubtype, null), (pg_identify_object('pg_opclass'::regclass, r.rngsubopc, 0)).identity,
         r.rngcollation::regcollation::text, r.rngcanonical::text, r.rngsubdiff::text]::text from pg_range r where r.rngtypid = t.oid),
      case when t.typtype = 'd' then array[format_type(t.typbasetype, t.typtypmod), t.typnotnull::text, t.typcollation::regcollation::text,
         coalesce(pg_get_expr(t.typdefaultbin, 0), t.typdefault)]::text end,
      (select array_agg(array[k.conname, pg_get_constraintdef(k.oid)] order by k.conname)::text from pg_constraint k where k.contypid = t.oid),
      case when t.typtype = 'b' then array[t.typinput::text, t.typoutput::text, t.typreceive::text, t.typsend::text, t.typlen::text,
         t.typbyval::text, t.typalign::text, t.typstorage::text, t.typcategory::text, format_type(nullif(t.typelem, 0), null), t.typdefault]::text end]::text
  from pg_type t join space s on s.oid = t.typnamespace
  where (t.typrelid = 0 or exists (select from pg_class c where c.oid = t.typrelid and c.relkind = 'c'))
    and not exists (select from pg_type e where e.typarray = t.oid) and (t.tableoid, t.oid) not in (table member)
  union all
  select 'event_triggers', e.evtname, array[e.evtevent::text, e.evtfoid::regprocedure::text, e.evtenabled::text,
      (select string_agg(x, ',' order by x collate "C") from unnest(e.evttags) x)]::text
  from pg_event_trigger e where (e.tableoid, e.oid) not in (table member)
  union all
  select 'publications', p.pubname, array[(to_jsonb(p) - '{oid,pubowner}'::text[])::text,
      (select array_agg((pg_identify_object(d.classid, d.objid, 0)).identity order by 1)::text from pg_depend d
         where d.refclassid = p.tableoid and d.refobjid = p.oid and d.deptype = 'a')]::text
  from pg_publication p
  union all
  select 'subscriptions', s.subname, array[s.subslotname::text, s.subenabled::text, s.subpublications::text]::text from pg_subscription s
  where s.subdbid = (select oid from pg_database where datname = current_database())
  union all
  select 'foreign_servers', array[s.srvname, w.fdwname]::text, array[s.srvtype, s.srvversion,
      (select string_agg(split_part(x, '=', 1), ',' order by x collate "C") from unnest(s.srvoptions) x)]::text
  from pg_foreign_server s join pg_foreign_data_wrapper w on w.oid = s.srvfdw
  union all
  select 'foreign_servers', array[u.srvname, u.usename]::text, 'user mapping' from pg_user_mappings u
  union all
  select 'foreign_servers', w.fdwname, array[w.fdwhandler::regproc::text, w.fdwvalidator::regproc::text]::text from pg_foreign_data_wrapper w
  where (w.tableoid, w.oid) not in (table member)
  union all
  select 'operators', o.oid::regoperator::text, array[o.oprcode::text, o.oprcom::regoperator::text, o.oprnegate::regoperator::text,
      o.oprrest::text, o.oprjoin::text, o.oprcanmerge::text, o.oprcanhash::text]::text
  from pg_operator o join space s on s.oid = o.oprnamespace where (o.tableoid, o.oid) not in (table member)
  union all
  select 'operator_classes', (pg_identify_object(o.tableoid, o.oid, 0)).identity, array[
      (pg_identify_object('pg_opfamily'::regclass, o.opcfamily, 0)).identity, format_type(o.opcintype, null),
      format_type(nullif(o.opckeytype, 0), null), o.opcdefault::text,
      (select array_agg(array[p.amopstrategy::text, p.amopopr::regoperator::text, p.amoppurpose::text] order by p.amopstrategy, p.amopopr::regoperator::text collate "C")::text
         from pg_amop p where p.amopfamily = o.opcfamily),
      (select array_agg(array[p.amprocnum::text, p.amproc::regprocedure::text] order by p.amprocnum, p.amproc::regprocedure::text collate "C")::text
         from pg_amproc p where p.amprocfamily = o.opcfamily)]::text
  from pg_opclass o join space s on s.oid = o.opcnamespace where (o.tableoid, o.oid) not in (table member)
  union all
  select 'casts', (pg_identify_object(c.tableoid, c.oid, 0)).identity, array[c.castfunc::regprocedure::text, c.castcontext::text, c.castmethod::text]::text
  from pg_cast c where c.oid >= (table first_made) and (c.tableoid, c.oid) not in (table member)
  union all
  select 'transforms', (pg_identify_object(t.tableoid, t.oid, 0)).identity, array[t.trffromsql::regprocedure::text, t.trftosql::regprocedure::text]::text
  from pg_transform t where (t.tableoid, t.oid) not in (table member)
  union all
  select 'conversions', (pg_identify_object(c.tableoid, c.oid, 0)).identity, array[c.conforencoding::text, c.contoencoding::text, c.conproc::text, c.condefault::text]::text
  from pg_conversion c join space s on s.oid = c.connamespace where (c.tableoid, c.oid) not in (table member)
  union all
  select 'collations', c.oid::regcollation::text, (to_jsonb(c) - '{oid,collnamespace,collowner,collversion}'::text[])::text
  from pg_collation c join space s on s.oid = c.collnamespace where (c.tableoid, c.oid) not in (table member)
  union all
  select 'languages', l.lanname, array[l.lanpltrusted::text, l.lanplcallfoid::regprocedure::text, l.laninline::regprocedure::text, l.lanvalidator::regprocedure::text]::text
  from pg_language l where l.oid >= (table first_made) and (l.tableoid, l.oid) not in (table member)
  union all
  select 'access_methods', a.amname, array[a.amhandler::text, a.amtype::text]::text
  from pg_am a where a.oid >= (table first_made) and (a.tableoid, a.oid) not in (table member)
  union all
  select 'text_search', (pg_identify_object(c.tableoid, c.oid, 0)).identity, array[(pg_identify_object('pg_ts_parser'::regclass, c.cfgparser, 0)).identity,
      (select array_agg(array[m.maptokentype::text, m.mapseqno::text, m.mapdict::regdictionary::text] order by m.maptokentype, m.mapseqno)::text
         from pg_ts_config_map m where m.mapcfg = c.oid)]::text
  from pg_ts_config c join space s on s.oid = c.cfgnamespace where (c.tableoid, c.oid) not in (table member)
  union all
  select 'text_search', (pg_identify_object(d.tableoid, d.oid, 0)).identity,
      array[(pg_identify_object('pg_ts_template'::regclass, d.dicttemplate, 0)).identity, d.dictinitoption]::text
  from pg_ts_dict d join space s on s.oid = d.dictnamespace where (d.tableoid, d.oid) not in (table member)
  union all
  select 'text_search', (pg_identify_object(p.tableoid, p.oid, 0)).identity, array[p.prsstart::text, p.prstoken::text, p.prsend::text, p.prsheadline::text, p.prslextype::text]::text
  from pg_ts_parser p join space s on s.oid = p.prsnamespace where (p.tableoid, p.oid) not in (table member)
  union all
  select 'text_search', (pg_identify_object(t.tableoid, t.oid, 0)).identity, array[t.tmplinit::text, t.tmpllexize::text]::text
  from pg_ts_template t join space s on s.oid = t.tmplnamespace where (t.tableoid, t.oid) not in (table member)
)
select '', false, part, name::text, coalesce(definition, '') from piece`
