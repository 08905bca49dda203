package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// object identifies an object of a dump or of a catalog.
type object struct {
	kind                inspect.Kind
	schema, name, table string
}

// objectsSQL lists the catalog in the kinds of a dump. It also lists objects that
// no dump names, such as system objects, members of extensions and what
// partitions inherit. They are never looked up.
const objectsSQL = `
select case c.relkind when 'v' then 'VIEW' when 'm' then 'MATERIALIZED VIEW' when 'f' then 'FOREIGN TABLE'
         when 'S' then 'SEQUENCE' when 'i' then 'INDEX' when 'I' then 'INDEX' else 'TABLE' end, n.nspname, c.relname, ''
from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'i', 'I')
union all
select 'CONSTRAINT', n.nspname, k.conname, coalesce(c.relname, t.typname, '')
from pg_constraint k join pg_namespace n on n.oid = k.connamespace
  left join pg_class c on c.oid = k.conrelid left join pg_type t on t.oid = k.contypid
union all
select 'TRIGGER', n.nspname, t.tgname, c.relname
from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
union all
select 'POLICY', n.nspname, p.polname, c.relname
from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
union all
select 'FUNCTION', n.nspname, p.proname, '' from pg_proc p join pg_namespace n on n.oid = p.pronamespace
union all
select 'TYPE', n.nspname, t.typname, '' from pg_type t join pg_namespace n on n.oid = t.typnamespace
union all
select 'COLUMN', n.nspname, a.attname, c.relname
from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'f', 'v') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
union all select 'SCHEMA', '', nspname, '' from pg_namespace
union all select 'EXTENSION', '', extname, '' from pg_extension
union all select 'EVENT TRIGGER', '', evtname, '' from pg_event_trigger
union all select 'PUBLICATION', '', pubname, '' from pg_publication
union all select 'SERVER', '', srvname, '' from pg_foreign_server
union all select 'SUBSCRIPTION', '', s.subname, '' from pg_subscription s join pg_database d on d.oid = s.subdbid
  where d.datname = current_database()`

// column is the kind of a column that a COPY of the dump fills. pg_dump has no
// such kind.
const column inspect.Kind = "COLUMN"

// compared lists the kinds that objectsSQL returns.
var compared = map[inspect.Kind]bool{
	inspect.KindTable: true, inspect.KindForeignTable: true, inspect.KindView: true, inspect.KindMaterializedView: true,
	inspect.KindSequence: true, inspect.KindIndex: true, inspect.KindConstraint: true, inspect.KindForeignKey: true,
	inspect.KindFunction: true, inspect.KindTrigger: true, inspect.KindExtension: true, inspect.KindSchema: true,
	inspect.KindType: true, inspect.KindPolicy: true, inspect.KindEventTrigger: true, inspect.KindSubscription: true,
	inspect.KindPublication: true, inspect.KindServer: true, column: true,
}

const objectsEvidence = "the names in the catalog, compared with the dump's"

// checkContent looks up every object that the dump promises.
func checkContent(ctx context.Context, conn *pgx.Conn, db *database, promise inspect.Promise) (verdict, error) {
	promised := promisedObjects(promise)
	if len(promised) == 0 {
		return verdict{check: unknown(withEvidence(builtinCheck("objects", "what the dump promises"), objectsEvidence), "the dump names no objects")}, nil
	}
	v := verdict{check: withEvidence(builtinCheck("objects", words.Count(len(promised), "object")+", as the dump promises"), objectsEvidence)}
	missing, err := missingObjects(ctx, conn, promised)
	if err != nil {
		return v, fmt.Errorf("list the restored objects: %w", err)
	}
	for _, o := range missing {
		if !db.lacksTableOf(o) {
			v.problems = append(v.problems, problem{code: outcome.ContentIncomplete, text: describe(o) + " is missing"})
		}
	}
	v.check.Saw = fmt.Sprintf("%s of %s", words.Number(len(promised)-len(v.problems)), words.Number(len(promised)))
	if len(v.problems) == 0 && db.unreadNames > 0 {
		v.check = unknown(v.check, unreadNames(db.unreadNames, promise.Unread.Encoding))
	}
	return v.conclude(), nil
}

// missingObjects returns the objects that the catalog does not contain. It keeps in
// memory only what it looks for: a catalog of 100,000 tables is large.
func missingObjects(ctx context.Context, conn *pgx.Conn, promised []object) (missing []object, err error) {
	found := map[object]bool{} // false: looked for
	for _, o := range promised {
		for _, form := range o.forms() {
			found[form] = false
		}
	}
	rows, err := conn.Query(ctx, objectsSQL)
	if err != nil {
		return nil, err
	}
	var kind string
	var o object
	_, err = pgx.ForEachRow(rows, []any{&kind, &o.schema, &o.name, &o.table}, func() error {
		o.kind = inspect.Kind(kind)
		for _, key := range o.keys() {
			if _, wanted := found[key]; wanted {
				found[key] = true
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, o := range promised {
		if !slices.ContainsFunc(o.forms(), func(form object) bool { return found[form] }) {
			missing = append(missing, o)
		}
	}
	return missing, nil
}

// promisedObjects returns the objects that the dump creates, and the tables that
// it only fills. It omits extensions, which have their own check.
func promisedObjects(promise inspect.Promise) []object {
	var list []object
	seen := map[object]bool{}
	add := func(o object) {
		if compared[o.kind] && o.kind != inspect.KindExtension && !seen[o] {
			seen[o] = true
			list = append(list, o)
		}
	}
	for _, o := range promise.Objects {
		add(catalogued(o))
	}
	for _, t := range promise.Tables {
		if filled := (object{kind: inspect.KindTable, schema: t.Schema, name: t.Name}); !seen[filled.as(inspect.KindForeignTable)] {
			add(filled)
		}
		for _, name := range t.Columns {
			add(object{kind: column, schema: t.Schema, name: name, table: t.Name})
		}
	}
	return list
}

// catalogued returns the object as objectsSQL lists it.
func catalogued(o inspect.Object) object {
	p := object{kind: o.Kind, schema: o.Schema, name: o.Name}
	switch o.Kind {
	case inspect.KindConstraint, inspect.KindForeignKey, inspect.KindTrigger, inspect.KindPolicy:
		p.table = o.Table // the name is unique only within the table
	case inspect.KindSchema, inspect.KindExtension, inspect.KindEventTrigger, inspect.KindPublication,
		inspect.KindServer, inspect.KindSubscription:
		p.schema = ""
	}
	return p
}

// lacksTableOf reports whether o is a column of a missing table. Only the table
// is then reported.
func (db *database) lacksTableOf(o object) bool {
	return o.kind == column && len(db.named(o.schema, o.table)) == 0
}

func (o object) as(kind inspect.Kind) object {
	o.kind = kind
	return o
}

// forms returns how objectsSQL may list an object of a dump.
func (o object) forms() []object {
	switch o.kind {
	case inspect.KindForeignKey:
		return []object{o.as(inspect.KindConstraint)}
	case inspect.KindTable:
		// Before 10, pg_dump broke a cycle of views: it created one of them as a
		// table and turned it into a view with a rule later.
		return []object{o, o.as(inspect.KindView)}
	case inspect.KindFunction:
		bare, _, _ := strings.Cut(o.name, "(")
		return []object{o, {kind: o.kind, schema: o.schema, name: bare}}
	}
	return []object{o}
}

// keys returns the forms of a dump's object that an object of the catalog meets: with
// and without its table, and without its schema, if that is not one of the system.
func (o object) keys() []object {
	keys := []object{o, {kind: o.kind, schema: o.schema, name: o.name}}
	if o.schema != "" && o.schema != "information_schema" && !strings.HasPrefix(o.schema, "pg_") {
		keys = append(keys, object{kind: o.kind, name: o.name, table: o.table}, object{kind: o.kind, name: o.name})
	}
	return keys
}

// describe returns the name of an object for a message: "index public.orders_pkey".
func describe(o object) string {
	text := strings.ToLower(string(o.kind)) + " " + displayName(o.schema, o.name)
	if o.table != "" {
		text = strings.ToLower(string(o.kind)) + " " + displayName("", o.name) + " on " + displayName(o.schema, o.table)
	}
	return text
}

// conclude sets the status of the check to failed if it has problems.
func (v verdict) conclude() verdict {
	if len(v.problems) > 0 {
		v.check.Status = outcome.CheckFailed
	}
	return v
}

func unknown(c outcome.Check, why string) outcome.Check {
	c.Status, c.Saw = outcome.CheckUnknown, why
	return c
}
