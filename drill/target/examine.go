package target

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/extension"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/sqltext"
	"github.com/drillgres/drillgres/drill/words"
)

// about is what a server says about itself and about the database.
type about struct {
	identity   string // of the database, until the server is restarted
	version    string
	major      int
	superuser  bool
	owns       bool // the user may do what the owner of the database may do
	createdb   bool // the user may create databases, and so change their owner
	encoding   string
	collate    string
	owner      string // of the database
	comment    string // of the database
	recovering bool
	preloaded  string   // empty: none, or the user may not read it
	extensions []string // that can be created
	roles      []string
	member     []string // roles that the user can set as an owner
	spaces     []string // tablespaces
	public     bool     // the schema public exists
	sessions   int      // that the user can have at the same time, this one among them
	others     int      // sessions in the database
}

const aboutSQL = `
with others as (
  select count(*) on_server, count(*) filter (where datname = current_database()) in_database, count(*) filter (where usename = current_user) of_user
  from pg_stat_activity where pid <> pg_backend_pid() and datid is not null and usesysid is not null)
select d.oid || ' in the server of ' || pg_postmaster_start_time(), split_part(current_setting('server_version'), ' ', 1), current_setting('server_version_num')::int / 10000,
       u.rolsuper, pg_has_role(d.datdba, 'usage'), u.rolcreatedb, pg_encoding_to_char(d.encoding), d.datcollate,
       pg_get_userbyid(d.datdba), coalesce(shobj_description(d.oid, 'pg_database'), ''), pg_is_in_recovery(),
       array(select name::text from pg_available_extensions), array(select rolname::text from pg_roles),
       array(select rolname::text from pg_roles where case when current_setting('server_version_num')::int >= 160000 then pg_has_role(oid, 'set') else pg_has_role(oid, 'member') end),
       array(select spcname::text from pg_tablespace),
       case when pg_has_role('pg_read_all_settings', 'usage') then current_setting('shared_preload_libraries') else '' end,
       exists(select from pg_namespace where nspname = 'public'), others.in_database,
       least(current_setting('max_connections')::int - others.on_server - case when u.rolsuper then 0 else
               current_setting('superuser_reserved_connections')::int + coalesce(current_setting('reserved_connections', true)::int, 0) end,
             case when not u.rolsuper and d.datconnlimit >= 0 then d.datconnlimit - others.in_database end,
             case when not u.rolsuper and u.rolconnlimit >= 0 then u.rolconnlimit - others.of_user end)
from others, pg_roles u, pg_database d where d.datname = current_database() and u.rolname = current_user`

// read asks the server about itself.
func read(ctx context.Context, conn *pgx.Conn) (a about, err error) {
	err = conn.QueryRow(ctx, aboutSQL).Scan(&a.identity, &a.version, &a.major, &a.superuser, &a.owns, &a.createdb, &a.encoding, &a.collate, &a.owner, &a.comment, &a.recovering,
		&a.extensions, &a.roles, &a.member, &a.spaces, &a.preloaded, &a.public, &a.others, &a.sessions)
	if err != nil {
		return a, fmt.Errorf("ask the server about itself: %w", err)
	}
	return a, nil
}

// contentSQL returns the first thing in a database that a new one does not have. What an
// extension has created does not count: providers install some in every database. Default
// privileges count: they would be added to those of the backup. Objects of a new database have an
// OID below 16384 (FirstNormalObjectId) where no schema tells them apart.
const contentSQL = `
with own as (select classid, objid from pg_depend where deptype = 'e'),
schemas as (select oid, nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema')
select what from (
  select 'schema ' || nspname, oid, 'pg_namespace'::regclass from schemas where nspname <> 'public'
  union all select 'relation ' || c.oid::regclass, c.oid, 'pg_class'::regclass from pg_class c join schemas s on s.oid = c.relnamespace
  union all select 'function ' || p.oid::regprocedure, p.oid, 'pg_proc'::regclass from pg_proc p join schemas s on s.oid = p.pronamespace
  union all select 'type ' || t.oid::regtype, t.oid, 'pg_type'::regclass from pg_type t join schemas s on s.oid = t.typnamespace where t.typrelid = 0 and not exists (select from pg_type e where e.typarray = t.oid)
  union all select 'operator ' || o.oid::regoperator, o.oid, 'pg_operator'::regclass from pg_operator o join schemas s on s.oid = o.oprnamespace
  union all select 'operator class ' || opcname, o.oid, 'pg_opclass'::regclass from pg_opclass o join schemas s on s.oid = o.opcnamespace
  union all select 'operator family ' || opfname, o.oid, 'pg_opfamily'::regclass from pg_opfamily o join schemas s on s.oid = o.opfnamespace
  union all select 'collation ' || collname, c.oid, 'pg_collation'::regclass from pg_collation c join schemas s on s.oid = c.collnamespace
  union all select 'conversion ' || conname, c.oid, 'pg_conversion'::regclass from pg_conversion c join schemas s on s.oid = c.connamespace
  union all select 'text search configuration ' || cfgname, c.oid, 'pg_ts_config'::regclass from pg_ts_config c join schemas s on s.oid = c.cfgnamespace
  union all select 'text search dictionary ' || dictname, d.oid, 'pg_ts_dict'::regclass from pg_ts_dict d join schemas s on s.oid = d.dictnamespace
  union all select 'cast from ' || castsource::regtype || ' to ' || casttarget::regtype, oid, 'pg_cast'::regclass from pg_cast where oid >= 16384
  union all select 'language ' || lanname, oid, 'pg_language'::regclass from pg_language where oid >= 16384
  union all select 'access method ' || amname, oid, 'pg_am'::regclass from pg_am where oid >= 16384
  union all select 'foreign data wrapper ' || fdwname, oid, 'pg_foreign_data_wrapper'::regclass from pg_foreign_data_wrapper
  union all select 'default privileges for role ' || pg_get_userbyid(defaclrole), oid, 'pg_default_acl'::regclass from pg_default_acl
  union all select 'subscription ' || subname, 0, 'pg_subscription'::regclass from pg_subscription where subdbid = (select oid from pg_database where datname = current_database())
  union all select 'foreign server ' || srvname, oid, 'pg_foreign_server'::regclass from pg_foreign_server
  union all select 'publication ' || pubname, oid, 'pg_publication'::regclass from pg_publication
  union all select 'event trigger ' || evtname, oid, 'pg_event_trigger'::regclass from pg_event_trigger
  union all select 'large object ' || oid, oid, 'pg_largeobject'::regclass from pg_largeobject_metadata
) as content (what, objid, classid)
where not exists (select from own where own.classid = content.classid and own.objid = content.objid)
limit 1`

// checkEmpty fails if the database contains anything, or if a restore has begun in it.
func checkEmpty(ctx context.Context, conn *pgx.Conn, t Target, a about) error {
	create := "createdb --template=template0 " + words.Shell(t.Database)
	again := "dropdb " + words.Shell(t.Database) + " && " + create
	if strings.HasPrefix(a.comment, markPrefix) {
		running := "no session uses it"
		if a.others > 0 {
			running = words.CountOf(a.others, "session uses it", "sessions use it") + ": that restore may still run"
		}
		return outcome.Fail(outcome.ConfigInvalid, "database %q has the mark of a restore that has not ended: %s; %s", t.Database, a.comment, running).
			WithHint("if that restore no longer runs, drop the database, and create it again: %s", again)
	}
	var what string
	err := conn.QueryRow(ctx, contentSQL).Scan(&what)
	switch {
	case errors.Is(err, pgx.ErrNoRows) && a.public:
		return nil
	case errors.Is(err, pgx.ErrNoRows):
		return outcome.Fail(outcome.ConfigInvalid, "database %q lacks the schema public, which every new database has and a backup does not create", t.Database).
			WithHint("drop the database, and create it again from template0, which has the schema: %s", again)
	case err != nil:
		return fmt.Errorf("look for objects in the database: %w", err)
	}
	return outcome.Fail(outcome.ConfigInvalid, "database %q is not empty: it has %s", t.Database, words.Printable(what, 200)).
		WithHint("name an empty database in --to, such as a new one: %s_new", create)
}

// checkServer fails if the server is not one to restore into.
func (r *Real) checkServer(a about) error {
	switch {
	case fmt.Sprint(a.major) != strings.TrimSpace(r.Config.Version):
		return outcome.Fail(outcome.ConfigInvalid, "the server runs Postgres %s, and postgres.version is %s: what the drills proved does not hold for another major", a.version, r.Config.Version).
			WithHint("restore into a server of Postgres %s, or set postgres.version to %d and drill that first", r.Config.Version, a.major)
	case a.recovering:
		return outcome.Fail(outcome.ConfigInvalid, "the server is a standby: it cannot be written to").WithHint("name the primary")
	case !a.owns:
		return outcome.Fail(outcome.ConfigInvalid, "%q may not comment on database %q, which belongs to %q: a restore marks it as incomplete", r.User, r.Database, a.owner).
			WithHint("connect as the owner of the database, as a member of it, or as a superuser")
	}
	return nil
}

// checkNeeds fails if the server lacks what the backup needs.
func (r *Real) checkNeeds(a about, needs inspect.Needs) error {
	if needs.Cluster {
		return outcome.Fail(outcome.ConfigInvalid, "the backup of a whole cluster (pg_dumpall) creates its databases itself: it is for a new server, and not for a database of one").
			WithHint("make a new server, and restore into it with psql, as the second way of drillgres runbook %s says", r.Name)
	}
	var named []string
	for _, e := range needs.Extensions {
		named = append(named, e.Name)
	}
	if lacking := without(named, a.extensions); len(lacking) > 0 {
		return outcome.Fail(outcome.ExtensionUnavailable, "the server lacks the %s %s", words.Noun(len(lacking), "extension", "extensions"), extension.Names(lacking)).
			WithHint("%s", packagesFor(lacking, a.major))
	}
	if lacking := extension.Missing(named, a.preloaded); len(lacking) > 0 && a.preloaded != "" {
		return outcome.Fail(outcome.PreloadMissing, "%s must be in shared_preload_libraries of the server, which is %q", strings.Join(lacking, ", "), a.preloaded).
			WithHint("add the library to shared_preload_libraries of the server, and restart it")
	}
	if lacking := without(append(slices.Clone(needs.Tablespaces), needs.CreatedTablespaces...), a.spaces); len(lacking) > 0 {
		return outcome.Fail(outcome.ConfigInvalid, "the server lacks the %s %s of the backup", words.Noun(len(lacking), "tablespace", "tablespaces"), strings.Join(words.Quoted(lacking), ", ")).
			WithHint("create them on the server first, with CREATE TABLESPACE")
	}
	if err := r.checkOwners(a, needs); err != nil {
		return err
	}
	return r.checkRoles(a, needs)
}

// checkOwners fails if the user cannot give objects of the backup to their owners.
func (r *Real) checkOwners(a about, needs inspect.Needs) error {
	if a.superuser {
		return nil
	}
	var foreign []string
	for owner := range needs.ObjectsByOwner {
		if slices.Contains(a.roles, owner) && !slices.Contains(a.member, owner) {
			foreign = append(foreign, owner)
		}
	}
	if len(foreign) == 0 {
		return nil
	}
	slices.Sort(foreign)
	return outcome.Fail(outcome.ConfigInvalid, "%q is not a superuser, and cannot give objects of the backup to their owners %s: it is not a member of them that may SET ROLE",
		r.User, words.List(words.Quoted(foreign), mostListed)).
		WithHint("grant it the memberships (GRANT … TO %s), or connect as a superuser: only one can restore the objects of another", sqltext.Identifier(r.User))
}

// checkSessions fails if the restore needs more sessions at the same time than the server has.
func (r *Real) checkSessions(a about) error {
	most := 0
	for _, step := range r.Plan.Steps {
		most = max(most, step.Jobs)
	}
	if needed := most + 1; needed > a.sessions { // one waits for the others
		return outcome.Fail(outcome.ConfigInvalid, "the restore needs %d sessions at the same time, and the server has room for %d of %q", needed, max(a.sessions, 0), r.User).
			WithHint("restore with fewer sessions (--jobs), or raise the limit: max_connections of the server, or CONNECTION LIMIT of the database or the role")
	}
	return nil
}

// packagesFor says where missing extensions come from.
func packagesFor(lacking []string, major int) string {
	var packages []string
	for _, name := range lacking {
		e, _ := extension.Find(name)
		if p := e.PackagesFor(major); len(p) > 0 {
			packages = append(packages, p[0])
		}
	}
	if len(packages) == 0 {
		return "install them on the server"
	}
	return "install them on the server, such as with the Debian " + words.Noun(len(packages), "package", "packages") + " " + strings.Join(packages, ", ")
}

// mostListed is how many names a message lists.
const mostListed = 20

// checkRoles fails if roles are missing that the restore does not create.
func (r *Real) checkRoles(a about, needs inspect.Needs) error {
	missing := without(provision.NamedRoles(needs, r.owner(needs)), a.roles)
	switch {
	case r.WithRoles && needs.Bootstrap != "" && !slices.Contains(a.roles, needs.Bootstrap):
		return outcome.Fail(outcome.ConfigInvalid, "the server has no role %q, production's first superuser, which has granted the memberships in the backup", needs.Bootstrap).
			WithHint("create it first: CREATE ROLE %s SUPERUSER LOGIN", sqltext.Identifier(needs.Bootstrap))
	case len(missing) == 0 || r.WithRoles:
		return nil
	}
	f := outcome.Fail(outcome.ConfigInvalid, "the server lacks the %s %s, which the backup names", words.Noun(len(missing), "role", "roles"), words.List(words.Quoted(missing), mostListed))
	if len(without(missing, needs.CreatedRoles)) < len(missing) {
		return f.WithHint("restore the roles of the backup with --with-roles")
	}
	return f.WithHint("create them first, with their memberships; or let --with-roles create them without login, because the backup has no roles")
}

// owner returns the owner that the database will have; empty: nothing states it, and it keeps its own.
func (r *Real) owner(needs inspect.Needs) string {
	if r.Config.Owner != "" {
		return r.Config.Owner
	}
	return needs.Database.Owner
}

// without returns the elements of a that are not in b, without duplicates.
func without(a, b []string) (remaining []string) {
	for _, v := range a {
		if !slices.Contains(b, v) && !slices.Contains(remaining, v) {
			remaining = append(remaining, v)
		}
	}
	return remaining
}
