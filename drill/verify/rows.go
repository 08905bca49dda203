package verify

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// promise is what the dump holds for one whole table. Partitions are summed:
// rows that were dumped from one may be loaded by way of the root into another.
type promise struct {
	table   *relation
	rows    int64
	unclear int // parts whose rows the dump does not tell
}

// checkRows compares the rows of each table with those in the dump.
func checkRows(db *database, tables []inspect.Table) verdict {
	promised := promisedRows(db, tables)
	v := verdict{check: restingOn(builtin("rows", "what the dump promises"), "count(*) of each table against the rows in the dump's blocks of data")}
	var total, unclear int64
	for _, p := range promised {
		total += p.rows
		if p.unclear > 0 {
			unclear++
		}
		v.compare(p)
	}
	v.unreadable(db)
	v.check.Expect = fmt.Sprintf("%s in %s, as the dump promises", words.Count(total, "row"), words.Count(int64(len(promised))-unclear, "table"))
	switch {
	case len(v.problems) > 0:
		v.check.Saw = words.Series(texts(v.problems), shown)
	case len(promised) == 0:
		v.check = unknown(v.check, "the dump tells no rows")
	case unclear > 0:
		v.check = unknown(v.check, "the dump does not tell the rows of "+words.Count(unclear, "table"))
	default:
		v.check.Saw = "all of them"
	}
	return v.conclude()
}

// promisedRows sums the dump's data by whole table, in the dump's order.
func promisedRows(db *database, tables []inspect.Table) []*promise {
	var list []*promise
	byTable := map[*relation]*promise{}
	for _, t := range tables {
		r := db.byName[name{t.Schema, t.Name}]
		if r == nil || !r.isTable() || (!t.Data && t.Rows <= 0) {
			continue // missing altogether, not stored here, or dumped without data
		}
		whole := db.whole(r)
		p := byTable[whole]
		if p == nil {
			p = &promise{table: whole}
			byTable[whole] = p
			list = append(list, p)
		}
		if t.Rows < 0 {
			p.unclear++
			continue
		}
		p.rows += t.Rows
	}
	return list
}

// compare holds one table against its promise. More rows than promised are no
// loss: an extension fills its own tables, and a trigger may add to others.
func (v *verdict) compare(p *promise) {
	t := p.table
	switch {
	case t.trouble != "":
	case t.rows < p.rows:
		v.problems = append(v.problems, problem{
			code: outcome.ContentIncomplete,
			text: fmt.Sprintf("%s: %s promised, %s restored", t.Quoted, words.Count(p.rows, "row"), words.Number(t.rows)),
		})
	case t.rows > p.rows && p.unclear == 0 && !t.FromExtension:
		v.findings = append(v.findings, outcome.Finding{
			Code:    "rows_added",
			Message: fmt.Sprintf("%s: %s in the dump, %s after the restore", t.Quoted, words.Count(p.rows, "row"), words.Number(t.rows)),
			Hint:    "look for triggers, rules or jobs that write to the table while it is restored",
		})
	}
}

// checkReadable checks that every table could be counted. It stands in for
// checkRows where no rows are promised.
func checkReadable(db *database) verdict {
	v := verdict{check: restingOn(builtin("rows", "every table can be counted"), "count(*) of each table")}
	v.unreadable(db)
	var rows int64
	tables := db.tables()
	for _, t := range tables {
		rows += t.Rows
	}
	v.check.Saw = words.Count(rows, "row") + " in " + words.Count(len(tables), "table")
	if len(v.problems) > 0 {
		v.check.Saw = words.Series(texts(v.problems), shown)
	}
	return v.conclude()
}

// unreadable reports tables that could not be counted, promised or not.
func (v *verdict) unreadable(db *database) {
	for _, r := range db.stored() {
		if r.trouble != "" {
			v.problems = append(v.problems, problem{
				code: outcome.ContentIncomplete, text: fmt.Sprintf("%s cannot be read: %s", r.Quoted, r.trouble),
			})
		}
	}
}

// checkLargeObjects counts the large objects.
func checkLargeObjects(ctx context.Context, conn *pgx.Conn, promised int) (verdict, error) {
	v := verdict{check: restingOn(builtin("large objects", words.Count(promised, "large object")+", as the dump promises"),
		"count(*) of pg_largeobject_metadata against those that the dump makes")}
	var restored int64
	if err := conn.QueryRow(ctx, "select count(*) from pg_largeobject_metadata").Scan(&restored); err != nil {
		return v, fmt.Errorf("count large objects: %w", err)
	}
	v.check.Saw = words.Number(restored)
	if restored < int64(promised) {
		v.problems = []problem{{
			code: outcome.ContentIncomplete,
			text: fmt.Sprintf("%s promised, %s restored", words.Count(promised, "large object"), words.Number(restored)),
		}}
	}
	return v.conclude(), nil
}

func texts(problems []problem) []string {
	list := make([]string, 0, len(problems))
	for _, p := range problems {
		list = append(list, p.text)
	}
	return list
}
