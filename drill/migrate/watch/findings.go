package watch

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// findings are what an operator should know before the release, by code and
// by what they are about.
func (c *comparison) findings(m outcome.Migration, rewritten []*relation, database string) []outcome.Finding {
	f := slices.Concat(
		c.rewrites(rewritten), c.blocking(), c.underLocks(),
		ofDropped(m.Dropped), ofLeft(m.Left), c.foreignKeys(), c.columnsAdded(), c.enumsAdded(), c.nothing(m, database),
	)
	slices.SortStableFunc(f, func(a, b outcome.Finding) int {
		return cmp.Or(strings.Compare(a.Code, b.Code), strings.Compare(a.On, b.On))
	})
	return f
}

// blocking tells who would have had to wait, for how long and for what.
func (c *comparison) blocking() (list []outcome.Finding) {
	type key struct {
		table  *relation
		blocks string
	}
	worst := map[key]outcome.Finding{}
	seconds := map[key]float64{}
	note := func(h *hold, because, hint string) {
		k := key{h.table, h.mode.blocks()}
		if _, told := worst[k]; told && seconds[k] >= h.seconds() {
			return
		}
		seconds[k] = h.seconds()
		message := fmt.Sprintf("%s of %s (%s) would have waited for %s, %s: %s",
			whom(h.mode), h.table.ident, words.Count(h.table.rows, "row"), words.Elapsed(h.seconds()), because, h.statement.sql)
		if h.mode.blocks() == both {
			worst[k] = outcome.Finding{Code: "blocks_reads", Message: message, Hint: hint, On: h.table.ident}
		} else {
			worst[k] = outcome.Finding{Code: "blocks_writes", Message: message, Hint: hint, On: h.table.ident}
		}
	}
	for concern, h := range c.told.concerns.works {
		if c.confirms(concern.table, concern.work.makes) || h.seconds() >= noticeable {
			note(h, "while it "+concern.work.does, concern.work.instead)
		}
	}
	for _, h := range c.told.concerns.waits {
		if h.seconds() < noticeable || len(h.works) > 0 {
			continue
		}
		if h.statement.seconds >= h.seconds()/2 {
			note(h, "while it ran", "change the table in smaller steps, each of which takes its lock for moments only")
		} else {
			note(h, "until its transaction ended", "end the transaction right after it: move what follows to a migration of its own")
		}
	}
	for _, f := range worst {
		list = append(list, f)
	}
	return list
}

func whom(m mode) string {
	if m.blocks() == both {
		return "reads and writes"
	}
	return "writes"
}

// underLocks tells how locks were taken, and what went on under them.
func (c *comparison) underLocks() (list []outcome.Finding) {
	for table, h := range c.told.concerns.unlimited {
		list = append(list, outcome.Finding{
			Code: "no_lock_timeout", On: table.ident,
			Message: fmt.Sprintf("%s on %s was asked for without a lock_timeout; behind one long transaction it waits, and all %s of the table wait behind it: %s",
				h.mode, table.ident, whom(h.mode), h.statement.sql),
			Hint: "run SET lock_timeout = '2s' first, and let the migration try again when it is refused",
		})
	}
	for table, f := range c.told.concerns.followed {
		list = append(list, outcome.Finding{
			Code: "many_statements_under_lock", On: table.ident,
			Message: fmt.Sprintf("%s on %s was held while %s, for %s: %s",
				f.hold.mode, table.ident, words.CountOf(f.further, "further statement ran", "further statements ran"), words.Elapsed(f.seconds), f.hold.statement.sql),
			Hint: "end the transaction right after it: move what follows to a migration of its own",
		})
	}
	for table, a := range c.told.concerns.altered {
		list = append(list, outcome.Finding{
			Code: "several_alter_tables", On: table.ident,
			Message: fmt.Sprintf("one transaction alters %s (%s) %d times; each may go through all rows again: %s", table.ident, words.Count(table.rows, "row"), a.times, a.statement.sql),
			Hint:    fmt.Sprintf("write them as one: ALTER TABLE %s …, …", table.ident),
		})
	}
	return list
}

func ofDropped(dropped []outcome.Dropped) (list []outcome.Finding) {
	for _, d := range dropped {
		what := map[string]string{"table": "drops the table %s, which had %s", "column": "drops the column %s, which holds values (of %s)", "truncated table": "takes all rows of %s, which had %s"}[d.Kind]
		list = append(list, outcome.Finding{
			Code: "drops_data", On: d.Name,
			Message: "the migration " + fmt.Sprintf(what, d.Name, words.Count(d.Rows, "row")),
			Hint:    "release the code that no longer needs them first, then allow the drop by name with migrate.allow",
		})
	}
	return list
}

func ofLeft(left []outcome.Left) (list []outcome.Finding) {
	for _, l := range left {
		if l.Kind == "invalid index" {
			list = append(list, outcome.Finding{
				Code: "index_left_invalid", On: l.Name,
				Message: fmt.Sprintf("the index %s of %s is left invalid: it is kept up to date and serves no query", l.Name, l.Table),
				Hint:    fmt.Sprintf("run DROP INDEX CONCURRENTLY %s, remove what its build failed for, and build it again", l.Name),
			})
			continue
		}
		list = append(list, outcome.Finding{
			Code: "constraint_not_validated", On: l.Table + "." + l.Name,
			Message: fmt.Sprintf("the constraint %s of %s is left not validated: rows from before may break it", l.Name, l.Table),
			Hint:    fmt.Sprintf("run ALTER TABLE %s VALIDATE CONSTRAINT %s in a later transaction", l.Table, l.Name),
		})
	}
	return list
}
