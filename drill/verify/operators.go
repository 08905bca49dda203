package verify

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// Expressions of SQL that use an operator without writing it, as the catalog stores
// them: IS DISTINCT FROM, NULLIF, CASE x WHEN, IN (SELECT …) and JOIN … USING. The
// first group is the operator, the second the type of an operand that was converted
// without a cast in the text (nodes/primnodes.h: CoercionForm 2 is implicit).
const (
	operand  = `[^{}()]*:args \((?:\{CONST [^{}]*\} )?\{RELABELTYPE :arg \{%s [^{}]*:(?:vartype|paramtype|typeId) ([0-9]+)[^{}]*\}[^{}]*:relabelformat 2`
	unnamed  = `(?:\{DISTINCTEXPR|\{NULLIFEXPR|:testexpr \{OPEXPR|:usingClause \("[^{}]*:quals (?:\{BOOLEXPR [^{}]*:args \()?\{OPEXPR) :opno ([0-9]+)`
	caseWhen = `\{OPEXPR :opno ([0-9]+)`
)

// hiddenOperators are the patterns of these expressions.
var hiddenOperators = []string{unnamed + fmt.Sprintf(operand, "[A-Z]+"), caseWhen + fmt.Sprintf(operand, "CASETESTEXPR")}

// changedOperatorsSQL returns the objects that compare values of a type by another
// operator than the = of the type itself. It skips the system's own objects.
const changedOperatorsSQL = `
with trees (class, id, tree) as (
  select 'pg_constraint'::regclass, oid, conbin::text from pg_constraint
  union all select 'pg_attrdef'::regclass, oid, adbin::text from pg_attrdef
  union all select 'pg_class'::regclass, indexrelid, concat(indexprs::text, indpred::text) from pg_index
  union all select 'pg_policy'::regclass, oid, concat(polqual::text, polwithcheck::text) from pg_policy
  union all select 'pg_trigger'::regclass, oid, tgqual::text from pg_trigger
  union all select 'pg_rewrite'::regclass, oid, concat(ev_qual::text, ev_action::text) from pg_rewrite where oid >= 16384
  union all select 'pg_proc'::regclass, oid, to_jsonb(p) ->> 'prosqlbody' from pg_proc p where oid >= 16384
), used (class, id, operator, type) as (
  select distinct class, id, found[1]::oid, coalesce(nullif(t.typbasetype, 0), t.oid)
  from trees, unnest($1::text[]) pattern, regexp_matches(tree, pattern, 'g') found, pg_type t
  where id >= 16384 and t.oid = found[2]::oid
)
select o.type || ' ' || o.identity, used.type::regtype::text, format('%I.%s', n.nspname, own.oprname)
from used join pg_opclass c on c.opcintype = used.type and c.opcdefault join pg_am m on m.oid = c.opcmethod and m.amname = 'btree'
  join pg_amop a on a.amopfamily = c.opcfamily and a.amoplefttype = c.opcintype and a.amoprighttype = c.opcintype and a.amopstrategy = 3
  join pg_operator own on own.oid = a.amopopr join pg_namespace n on n.oid = own.oprnamespace,
  pg_identify_object(class, id, 0) o
where own.oid <> operator and not exists (select from pg_depend d where d.classid = class and d.objid = id and d.deptype = 'e')
order by 1, 2`

// checkOperators looks for expressions whose meaning the restore has changed. A dump
// is restored with an empty search_path. Where SQL cannot name the operator, as in IS
// DISTINCT FROM, the = of a type such as citext is not found then, and Postgres uses the
// = of text instead, without an error.
func checkOperators(ctx context.Context, conn *pgx.Conn) (verdict, error) {
	v := verdict{check: withEvidence(builtinCheck("operators", "each type compared by its own ="), "the expressions that the catalog stores")}
	rows, err := conn.Query(ctx, changedOperatorsSQL, hiddenOperators)
	if err != nil {
		return v, fmt.Errorf("look for changed operators: %w", err)
	}
	var places []string
	var object, kind, operator string
	_, err = pgx.ForEachRow(rows, []any{&object, &kind, &operator}, func() error {
		places = append(places, fmt.Sprintf("%s (%s, no longer by %s)", object, kind, operator))
		return nil
	})
	if err != nil {
		return v, fmt.Errorf("look for changed operators: %w", err)
	}
	if len(places) == 0 {
		v.check.Saw = "no other"
		return v, nil
	}
	v.check.Saw = words.Number(len(places)) + " by another"
	v.findings = []outcome.Finding{{
		Code: string(outcome.SearchPathDependency),
		Message: "compared by another operator since the restore, because the dump cannot name the operator and is restored with an empty search_path: " +
			words.Series(places, maxListed),
		Hint: "in production, write the comparison with OPERATOR(schema.=) instead of IS DISTINCT FROM, NULLIF, CASE, IN or USING",
	}}
	return v, nil
}
