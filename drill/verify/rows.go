package verify

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// promise holds the number of rows in the dump for one table. Partitions are
// summed, because rows dumped from one partition may be loaded through the root
// into another.
type promise struct {
	table   *relation
	rows    int64
	unclear int // partitions whose number of rows is not known
}

// checkRows compares the rows of each table with those in the dump.
func checkRows(db *database, tables []inspect.Table) verdict {
	promised, unclear := promisedRows(db, tables)
	v := verdict{check: withEvidence(builtinCheck("rows", "what the dump promises"), "a count of every row of each table, compared with the rows in the dump")}
	var total, uncounted int64
	for _, p := range promised {
		total += p.rows
		if p.unclear > 0 {
			uncounted++
		}
		v.compareRows(p)
	}
	unclear += uncounted
	v.unreadable(db)
	v.check.Expect = fmt.Sprintf("%s in %s, as the dump promises", words.Count(total, "row"), words.Count(int64(len(promised))-uncounted, "table"))
	switch {
	case len(v.problems) > 0:
		v.check.Saw = words.Series(problemTexts(v.problems), maxListed)
	case len(promised) == 0:
		v.check = unknown(v.check, "the dump has no table data")
	case unclear > 0:
		v.check = unknown(v.check, "the number of rows in the dump is not known for "+words.Count(unclear, "table"))
	default:
		v.check.Saw = "all of them"
	}
	return v.conclude()
}

// promisedRows sums the rows in the dump by table, in the order of the dump. It also
// returns the number of tables of which the dump does not show which one it fills.
func promisedRows(db *database, tables []inspect.Table) (list []*promise, unclear int64) {
	byTable := map[*relation]*promise{}
	for _, t := range tables {
		if !t.Data && t.Rows <= 0 {
			continue // dumped without data
		}
		named := db.named(t.Schema, t.Name)
		if len(named) > 1 {
			unclear++
			continue
		}
		if len(named) == 0 || !named[0].isTable() {
			continue // missing, or without rows of its own
		}
		r := named[0]
		whole := db.rootOf(r)
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
	return list, unclear
}

// compareRows compares one table with its promise. More rows than promised are not a
// failure: an extension fills its own tables, and a trigger may add to others.
func (v *verdict) compareRows(p *promise) {
	t := p.table
	switch {
	case t.unreadable != "":
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

// checkReadable checks that every table could be counted. It replaces checkRows
// if the backup promises nothing.
func checkReadable(db *database) verdict {
	v := verdict{check: withEvidence(builtinCheck("rows", "every table can be counted"), "a count of every row of each table")}
	v.unreadable(db)
	var rows int64
	tables := db.tables()
	for _, t := range tables {
		rows += t.Rows
	}
	v.check.Saw = words.Count(rows, "row") + " in " + words.Count(len(tables), "table")
	if len(v.problems) > 0 {
		v.check.Saw = words.Series(problemTexts(v.problems), maxListed)
	}
	return v.conclude()
}

// unreadable adds a problem for each table that could not be counted, promised or
// not. No backup can be the cause: the sandbox's server has written the table.
func (v *verdict) unreadable(db *database) {
	for _, r := range db.storedRelations() {
		if r.unreadable != "" {
			v.problems = append(v.problems, problem{
				code: outcome.SandboxLost, text: fmt.Sprintf("%s cannot be read: %s", r.Quoted, r.unreadable), hint: damagedHint,
			})
		}
	}
}

// checkLargeObjects counts the large objects.
func checkLargeObjects(ctx context.Context, conn *pgx.Conn, promised int) (verdict, error) {
	v := verdict{check: withEvidence(builtinCheck("large objects", words.Count(promised, "large object")+", as the dump promises"),
		"count(*) of pg_largeobject_metadata, compared with the dump's")}
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

func problemTexts(problems []problem) []string {
	list := make([]string, 0, len(problems))
	for _, p := range problems {
		list = append(list, p.text)
	}
	return list
}
