package watch

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// rewriteFindings reports tables with rows that were rewritten, or whose indexes
// were.
func (c *comparison) rewriteFindings(rewritten []*relation) (list []outcome.Finding) {
	tables, indexes := map[*relation]int64{}, map[*relation][]string{}
	for _, r := range rewritten {
		switch t := r.table(); {
		case !t.isRelevant() || t.kind == 'm':
		case r.of != nil:
			indexes[t] = append(indexes[t], r.ident)
		default:
			tables[t] += r.bytes
		}
	}
	for t, bytes := range tables {
		list = append(list, outcome.Finding{
			Code: "rewrites_table", On: t.ident,
			Message: fmt.Sprintf("%s (%s, %s) was rewritten%s", t.ident, words.Count(t.rows, "row"), words.Size(bytes), c.meanwhile(t)),
			Hint:    c.rewriteHint(t),
		})
	}
	for t, names := range indexes {
		if _, reported := tables[t]; reported {
			continue
		}
		list = append(list, outcome.Finding{
			Code: "rewrites_table", On: t.ident,
			Message: fmt.Sprintf("%s of %s (%s) was rebuilt%s", strings.Join(names, ", "), t.ident, words.Count(t.rows, "row"), c.meanwhile(t)),
			Hint:    "build a new index with CREATE INDEX CONCURRENTLY, or use REINDEX … CONCURRENTLY",
		})
	}
	return list
}

// meanwhile returns who would have had to wait in the meantime, for the end of a
// message.
func (c *comparison) meanwhile(t *relation) string {
	h := c.timeline.worst[t]
	if h == nil {
		return ""
	}
	return fmt.Sprintf("; %s would have waited for %s: %s", blockedAccess(h.mode), words.Elapsed(h.seconds()), h.statement.sql)
}

// rewriteHint returns how to avoid a rewrite, depending on which columns of the
// table have changed.
func (c *comparison) rewriteHint(t *relation) string {
	is := c.after.relations[t.oid]
	if is == nil {
		is = t
	}
	for _, number := range slices.Sorted(maps.Keys(is.columns)) {
		was, col := t.columns[number], is.columns[number]
		switch {
		case was != nil && was.typ != col.typ:
			return fmt.Sprintf("add a new column of type %s, fill it in batches, and drop %s in the next release", col.typ, col.ident)
		case was == nil && col.stored:
			return fmt.Sprintf("add %s as an ordinary column that a trigger fills, and fill existing rows in batches", col.ident)
		case was == nil && col.serial:
			return fmt.Sprintf("add %s without a default, then ALTER TABLE %s ALTER %s SET DEFAULT nextval(…), and fill existing rows in batches",
				col.ident, t.ident, col.ident)
		case was == nil:
			return fmt.Sprintf("add %s without a default, then ALTER TABLE %s ALTER %s SET DEFAULT …, and fill existing rows in batches",
				col.ident, t.ident, col.ident)
		}
	}
	return "create a new table, write to both, copy existing rows in batches, and swap the tables"
}

// confirms reports whether the result of the work exists: a statement with IF NOT
// EXISTS may have done nothing.
func (c *comparison) confirms(t *relation, makes evidence) bool {
	switch makes {
	case newIndex:
		return c.hasNewIndex(t)
	case newConstraint:
		return c.hasNewConstraint(t)
	case newNotNull:
		return c.hasNewNotNull(t)
	default:
		return c.hasNewFile(t)
	}
}

func (c *comparison) hasNewIndex(t *relation) bool {
	for oid, r := range c.after.relations {
		if r.of != nil && c.before.relations[oid] == nil && r.table().oid == t.oid {
			return true
		}
	}
	return false
}

func (c *comparison) hasNewConstraint(t *relation) bool {
	for oid, k := range c.after.constraints {
		if c.before.constraints[oid] == nil && (k.table.root.oid == t.oid || k.refers != nil && k.refers.root.oid == t.oid) {
			return true
		}
	}
	return false
}

func (c *comparison) hasNewNotNull(t *relation) bool {
	is := c.after.relations[t.oid]
	if is == nil {
		return false
	}
	for number, col := range is.columns {
		if was := t.columns[number]; was != nil && !was.notNull && col.notNull {
			return true
		}
	}
	return false
}

func (c *comparison) hasNewFile(t *relation) bool {
	for oid, was := range c.before.relations {
		if is := c.after.relations[oid]; is != nil && was.table() == t && is.file != was.file {
			return true
		}
	}
	return false
}

// foreignKeyFindings reports new foreign keys to tables with rows if deleting
// there has to scan the referring table.
func (c *comparison) foreignKeyFindings() (list []outcome.Finding) {
	for oid, k := range c.after.constraints {
		if k.kind != 'f' || c.before.constraints[oid] != nil || k.refers == nil {
			continue
		}
		target := c.before.relations[k.refers.oid]
		if target == nil || !target.isRelevant() || c.after.hasLeadingIndex(k) {
			continue
		}
		var columns []string
		for _, n := range k.keys {
			if col := k.table.columns[n]; col != nil {
				columns = append(columns, col.ident)
			}
		}
		list = append(list, outcome.Finding{
			Code: "fk_without_index", On: k.table.ident + "." + k.ident,
			Message: fmt.Sprintf("no index of %s begins with the columns of its new foreign key %s: each delete and each update of a key in %s (%s) scans all of %s",
				k.table.ident, k.ident, target.ident, words.Count(target.rows, "row"), k.table.ident),
			Hint: fmt.Sprintf("run CREATE INDEX CONCURRENTLY ON %s (%s)", k.table.ident, strings.Join(columns, ", ")),
		})
	}
	return list
}

// hasLeadingIndex reports whether a valid index of all rows begins with the
// columns of a key, in any order.
func (c *catalog) hasLeadingIndex(k *constraint) bool {
	for _, r := range c.relations {
		if r.of != k.table || !r.valid || !r.whole || len(r.keys) < len(k.keys) {
			continue
		}
		first := slices.Sorted(slices.Values(r.keys[:len(k.keys)]))
		if slices.Equal(first, slices.Sorted(slices.Values(k.keys))) {
			return true
		}
	}
	return false
}

// jsonFindings reports new columns of type json.
func (c *comparison) jsonFindings() (list []outcome.Finding) {
	for oid, was := range c.before.relations {
		is := c.after.relations[oid]
		if is == nil || !was.isTable() || was.root != was || !was.isRelevant() {
			continue
		}
		for number, col := range is.columns {
			if was.columns[number] != nil || col.typ != "json" {
				continue
			}
			on := is.ident + "." + col.ident
			list = append(list, outcome.Finding{
				Code: "adds_json_column", On: on,
				Message: fmt.Sprintf("the new column %s is of type json, which has no equality operator: SELECT DISTINCT, GROUP BY and UNION over it fail", on),
				Hint:    fmt.Sprintf("use jsonb: ALTER TABLE %s ADD COLUMN %s jsonb", is.ident, col.ident),
			})
		}
	}
	return list
}

func (c *comparison) enumFindings() (list []outcome.Finding) {
	for oid, ident := range c.after.enums {
		if _, known := c.before.enums[oid]; known {
			continue
		}
		list = append(list, outcome.Finding{
			Code: "creates_enum", On: ident,
			Message: fmt.Sprintf("the new type %s is an enum: its values cannot be removed", ident),
			Hint:    "use a table of the values with a foreign key to it",
		})
	}
	return list
}

// nothingToMigrate reports that neither the schema nor any row changed. It
// ignores the bookkeeping of the migration tool.
func (c *comparison) nothingToMigrate(m outcome.Migration, database string) []outcome.Finding {
	if c.timeline.log.refused != nil || c.timeline.log.interrupted || len(m.Dropped)+len(m.Rewritten) > 0 {
		return nil
	}
	if slices.ContainsFunc(m.Schema, func(change outcome.Change) bool { return !isBookkeepingChange(change.Name) }) {
		return nil
	}
	for oid, now := range c.now.tables {
		if now.written > c.counted.tables[oid].written && !isBookkeeping(now.schema, now.table) {
			return nil
		}
	}
	for oid, is := range c.after.relations { // partitions are not part of the schema
		if c.before.relations[oid] == nil && is.isTable() && !isBookkeeping(is.schema, is.name) {
			return nil
		}
	}
	return []outcome.Finding{{
		Code: "nothing_to_migrate", On: database,
		Message: "the migrations changed neither the schema nor any row",
		Hint:    "check that migrate.command or migrate.sql runs the migrations of this release, and that production does not have them already",
	}}
}

// isBookkeepingChange reports whether a change concerns the bookkeeping of a
// migration tool: its table, its sequence or its schema.
func isBookkeepingChange(change string) bool {
	ident := strings.ToLower(strings.ReplaceAll(change[strings.LastIndex(change, " ")+1:], `"`, ""))
	schema, rest, qualified := strings.Cut(ident, ".")
	if schema == "sqitch" {
		return true
	}
	table, _, _ := strings.Cut(rest, ".")
	if !qualified || bookkeeping[table] {
		return qualified
	}
	for b := range bookkeeping {
		if strings.HasPrefix(table, b+"_") && strings.HasSuffix(table, "_seq") {
			return true
		}
	}
	return false
}
