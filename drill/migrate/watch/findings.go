package watch

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// findings returns the findings about the migration, sorted by code and object.
func (c *comparison) findings(m outcome.Migration, rewritten []*relation, database string) []outcome.Finding {
	f := slices.Concat(
		c.rewriteFindings(rewritten), c.blockingFindings(), c.lockFindings(),
		dropFindings(m.Dropped), leftFindings(m.Left), c.foreignKeyFindings(), c.jsonFindings(), c.enumFindings(), c.nothingToMigrate(m, database),
	)
	slices.SortStableFunc(f, func(a, b outcome.Finding) int {
		return cmp.Or(strings.Compare(a.Code, b.Code), strings.Compare(a.On, b.On))
	})
	return f
}

// blockingFindings reports the longest waits of reads and writes per table.
func (c *comparison) blockingFindings() (list []outcome.Finding) {
	type key struct {
		table  *relation
		blocks string
	}
	worst := map[key]outcome.Finding{}
	seconds := map[key]float64{}
	add := func(h *heldLock, because, hint string) {
		k := key{h.table, h.mode.blocks()}
		if _, known := worst[k]; known && seconds[k] >= h.seconds() {
			return
		}
		seconds[k] = h.seconds()
		message := fmt.Sprintf("%s of %s (%s) would have waited for %s, %s: %s",
			blockedAccess(h.mode), h.table.ident, words.Count(h.table.rows, "row"), words.Elapsed(h.seconds()), because, h.statement.sql)
		if h.mode.blocks() == both {
			worst[k] = outcome.Finding{Code: "blocks_reads", Message: message, Hint: hint, On: h.table.ident}
		} else {
			worst[k] = outcome.Finding{Code: "blocks_writes", Message: message, Hint: hint, On: h.table.ident}
		}
	}
	works := c.timeline.impacts.works
	for _, key := range slices.SortedFunc(maps.Keys(works), workKey.compare) {
		h := works[key]
		if c.confirms(key.table, key.work.evidence) || h.seconds() >= noticeable {
			add(h, "while it "+key.work.action, key.work.hint)
		}
	}
	for _, h := range c.timeline.impacts.waits {
		if h.seconds() < noticeable || len(h.works) > 0 {
			continue
		}
		if h.statement.seconds >= h.seconds()/2 {
			add(h, "while it ran", "change the table in smaller steps that hold their locks only briefly")
		} else {
			add(h, "until its transaction ended", "end the transaction right after it: move the other statements to a separate migration")
		}
	}
	for _, f := range worst {
		list = append(list, f)
	}
	return list
}

func blockedAccess(m mode) string {
	if m.blocks() == both {
		return "reads and writes"
	}
	return "writes"
}

// lockFindings reports locks without a timeout, statements under a lock, and
// repeated ALTER TABLE.
func (c *comparison) lockFindings() (list []outcome.Finding) {
	for table, h := range c.timeline.impacts.unlimited {
		list = append(list, outcome.Finding{
			Code: "no_lock_timeout", On: table.ident,
			Message: fmt.Sprintf("%s on %s was requested without a lock_timeout; behind a long transaction it waits, and all %s of the table wait behind it: %s",
				h.mode, table.ident, blockedAccess(h.mode), h.statement.sql),
			Hint: "run SET lock_timeout = '2s' first, and retry the migration if the lock is refused",
		})
	}
	for table, f := range c.timeline.impacts.followed {
		list = append(list, outcome.Finding{
			Code: "many_statements_under_lock", On: table.ident,
			Message: fmt.Sprintf("%s on %s was held while %s, for %s: %s",
				f.hold.mode, table.ident, words.CountOf(f.statements, "further statement ran", "further statements ran"), words.Elapsed(f.seconds), f.hold.statement.sql),
			Hint: "end the transaction right after it: move the other statements to a separate migration",
		})
	}
	for table, a := range c.timeline.impacts.altered {
		list = append(list, outcome.Finding{
			Code: "several_alter_tables", On: table.ident,
			Message: fmt.Sprintf("one transaction alters %s (%s) %d times; each may scan all rows again: %s", table.ident, words.Count(table.rows, "row"), a.times, a.statement.sql),
			Hint:    fmt.Sprintf("combine them into one statement: ALTER TABLE %s …, …", table.ident),
		})
	}
	return list
}

func dropFindings(dropped []outcome.Dropped) (list []outcome.Finding) {
	for _, d := range dropped {
		what := map[string]string{"table": "drops the table %s, which had %s", "column": "drops the column %s, which holds values (of %s)", "truncated table": "removes all rows of %s, which had %s"}[d.Kind]
		list = append(list, outcome.Finding{
			Code: "drops_data", On: d.Name,
			Message: "the migration " + fmt.Sprintf(what, d.Name, words.Count(d.Rows, "row")),
			Hint:    "release the code that no longer needs them first, then allow the drop by name with migrate.allow",
		})
	}
	return list
}

func leftFindings(left []outcome.Left) (list []outcome.Finding) {
	for _, l := range left {
		if l.Kind == "invalid index" {
			list = append(list, outcome.Finding{
				Code: "index_left_invalid", On: l.Name,
				Message: fmt.Sprintf("the index %s of %s is left invalid: it is updated, but no query uses it", l.Name, l.Table),
				Hint:    fmt.Sprintf("run DROP INDEX CONCURRENTLY %s, fix what its build failed on, and build it again", l.Name),
			})
			continue
		}
		list = append(list, outcome.Finding{
			Code: "constraint_not_validated", On: l.Table + "." + l.Name,
			Message: fmt.Sprintf("the constraint %s of %s is not validated: existing rows may violate it", l.Name, l.Table),
			Hint:    fmt.Sprintf("run ALTER TABLE %s VALIDATE CONSTRAINT %s in a later transaction", l.Table, l.Name),
		})
	}
	return list
}
