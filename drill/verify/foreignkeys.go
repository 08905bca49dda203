package verify

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/words"
)

// foreignKeysSQL returns, for each validated foreign key, the query with which
// Postgres itself would validate it (RI_Initial_Check in ri_triggers.c). The query
// counts the rows without a match. It compares with the constraint's operators and
// the collation of the referenced column. A key over periods (from 18 on) can match
// several rows together; for such a key the query is null.
const foreignKeysSQL = `
select format('%I on %I.%I', k.conname, fn.nspname, f.relname), pg_table_size(f.oid) + pg_table_size(p.oid),
       case when not coalesce((to_jsonb(k) ->> 'conperiod')::boolean, false) then
         format('select count(*) from %s %I.%I fk left join %s %I.%I pk on (%s) where %s and (%s)',
           case f.relkind when 'p' then '' else 'only' end, fn.nspname, f.relname,
           case p.relkind when 'p' then '' else 'only' end, pn.nspname, p.relname,
           string_agg(format('pk.%I operator(%I.%s) fk.%I', pa.attname, opn.nspname, o.oprname, fa.attname)
             || case when pa.attcollation <> fa.attcollation then format(' collate %I.%I', con.nspname, co.collname) else '' end,
             ' and ' order by c.n),
           min(format('pk.%I is null', pa.attname)) filter (where c.n = 1),
           string_agg(format('fk.%I is not null', fa.attname), case k.confmatchtype when 'f' then ' or ' else ' and ' end order by c.n))
       end
from pg_constraint k
  join pg_class f on f.oid = k.conrelid join pg_namespace fn on fn.oid = f.relnamespace
  join pg_class p on p.oid = k.confrelid join pg_namespace pn on pn.oid = p.relnamespace
  cross join unnest(k.conkey, k.confkey, k.conpfeqop) with ordinality c (fk, pk, op, n)
  join pg_attribute fa on fa.attrelid = f.oid and fa.attnum = c.fk
  join pg_attribute pa on pa.attrelid = p.oid and pa.attnum = c.pk
  join pg_operator o on o.oid = c.op join pg_namespace opn on opn.oid = o.oprnamespace
  left join pg_collation co on co.oid = pa.attcollation left join pg_namespace con on con.oid = co.collnamespace
where k.contype = 'f' and k.convalidated and k.conparentid = 0 and coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true)
  and f.relkind in ('r', 'p') and p.relkind in ('r', 'p')
group by k.oid, k.conname, k.confmatchtype, to_jsonb(k), fn.nspname, f.oid, f.relname, f.relkind, pn.nspname, p.oid, p.relname, p.relkind`

// planReferences adds a task for every foreign key that checks it against the
// rows: a restore that disables triggers fills tables without such a check.
func (r *integrityRun) planReferences(ctx context.Context, conn *pgx.Conn) error {
	rows, err := conn.Query(ctx, foreignKeysSQL)
	if err != nil {
		return fmt.Errorf("list foreign keys: %w", err)
	}
	var name string
	var size, periods int64
	var sql *string
	_, err = pgx.ForEachRow(rows, []any{&name, &size, &sql}, func() error {
		if sql == nil {
			periods++
			return nil
		}
		r.references.tasks = append(r.references.tasks, recheckForeignKey(name, size, *sql))
		return nil
	})
	if err != nil {
		return fmt.Errorf("list foreign keys: %w", err)
	}
	if periods > 0 {
		r.stored.unstored = append(r.stored.unstored, words.Count(periods, "foreign key")+" over periods")
	}
	return nil
}

func recheckForeignKey(name string, size int64, sql string) *task {
	return &task{name: name, method: "an outer join", bytes: size, parts: []step{{run: func(ctx context.Context, conn *pgx.Conn) (string, error) {
		var unmatched int64
		if err := conn.QueryRow(ctx, sql, pgx.QueryExecModeExec).Scan(&unmatched); err != nil {
			return "", err
		}
		if unmatched == 0 {
			return "", nil
		}
		return fmt.Sprintf("foreign key %s: the referenced row is missing for %s", name, words.Count(unmatched, "row")), nil
	}}}}
}
