package prove

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sqltext"
	"github.com/drillgres/drillgres/drill/words"
)

// rows are the rows of a table and its partitions in the dump.
type rows struct {
	table      sqltext.Name
	parts      []sqltext.Name // those with rows in the dump
	referenced bool
	count      int64
	bytes      int64 // in the dump
}

// rowsRemoved removes the rows of the largest table. It simulates a table that was
// emptied in production or excluded from the dump. The file itself is intact.
func (b Backup) rowsRemoved(v config.Verify) Control {
	c := Control{Name: "rows_removed", Did: "all rows of the largest table are gone; the dump is intact"}
	largest, ok := b.largest(v)
	if !ok {
		c.Impossible = "the dump has no rows, except in tables that may lose them all (verify.drift.tables) and those of extensions"
		return c
	}
	c.Did = fmt.Sprintf("the %s of %s are gone; the dump is intact", words.Count(largest.count, "row"), largest.table)
	c.Hint = fmt.Sprintf("guard the table with verify.tables.%s.min_rows", largest.table)
	c.Expected = []outcome.Code{
		// The config has expectations of the rows, and the history knows their number.
		outcome.RowsMissing, outcome.ContentDrifted, outcome.DataStale, outcome.QueryFailed,
		outcome.SmokeFailed, outcome.AppNotReady, outcome.AppStartFailed,
	}
	if largest.referenced {
		c.Expected = append(c.Expected, outcome.ConstraintViolated)
	}
	if b.isAllOf(largest.count) {
		c.Expected = append(c.Expected, outcome.DumpNoData)
	}
	c.loss = lostRows{table: largest.table, parts: largest.parts}
	return c
}

// largest returns the table with the most data in the dump, except tables of
// extensions and those that may lose all rows. It prefers tables that no foreign key
// references: with the others, the restore fails before anything is compared.
func (b Backup) largest(v config.Verify) (rows, bool) {
	filled := slices.DeleteFunc(b.filled(), func(r rows) bool { return mayLoseAll(v, r.table) })
	if len(filled) == 0 {
		return rows{}, false
	}
	return slices.MaxFunc(filled, func(x, y rows) int {
		if x.referenced != y.referenced {
			if x.referenced {
				return -1
			}
			return 1
		}
		return x.compare(y)
	}), true
}

// compare orders by the bytes of the rows in the dump, then by their number, because
// the bytes of INSERTs are unknown.
func (r rows) compare(other rows) int {
	return cmp.Or(cmp.Compare(r.bytes, other.bytes), cmp.Compare(r.count, other.count))
}

// filled returns the tables with rows in the dump, except those of extensions.
func (b Backup) filled() (list []rows) {
	relations := map[sqltext.Name]Relation{}
	for _, r := range b.Content.Relations {
		relations[r.Name] = r
	}
	at := map[sqltext.Name]int{}
	for _, t := range b.Promised.Tables {
		part := sqltext.Name{Schema: t.Schema, Name: t.Name}
		r, ok := relations[part]
		if !ok || t.Rows <= 0 {
			continue
		}
		i, ok := at[r.Whole]
		if !ok {
			i = len(list)
			at[r.Whole] = i
			list = append(list, rows{table: r.Whole})
		}
		list[i].parts = append(list[i].parts, part)
		list[i].referenced = list[i].referenced || r.Referenced
		list[i].count += t.Rows
		list[i].bytes += t.Bytes
	}
	return list
}

// mayLoseAll reports whether the config allows a table to lose all of its rows.
func mayLoseAll(v config.Verify, table sqltext.Name) bool {
	return of(v.Drift.Tables, table) >= 100 && of(v.Tables, table).MinRows == 0
}

// of returns what the config says about a table. It may quote a name that needs no
// quotes.
func of[T any](tables map[string]T, table sqltext.Name) (found T) {
	for configured, value := range tables {
		if schema, name, err := config.SplitTable(configured); err == nil && (sqltext.Name{Schema: schema, Name: name}) == table {
			return value
		}
	}
	return found
}

// isAllOf reports whether the dump has no more rows than these.
func (b Backup) isAllOf(rows int64) bool {
	var all int64
	for _, t := range b.Promised.Tables {
		if t.Rows < 0 {
			return false
		}
		if !t.FillsOnly { // the only rows that count as data
			all += t.Rows
		}
	}
	return rows == all && b.Promised.LargeObjects == 0
}

// sequenceBack sets a sequence back so that its next value already exists in its
// column: the next insert of the application would fail.
func (b Backup) sequenceBack() Control {
	c := Control{Name: "sequence_back", Did: "a sequence is set back", Expected: []outcome.Code{outcome.SequenceBehind}}
	s, ok := b.sequence()
	if !ok {
		c.Impossible = "the dump has no sequence that numbers a unique column with rows"
		c.Expected = nil
		return c
	}
	c.Did = fmt.Sprintf("sequence %s is set back: its next value already exists in %s.%s", s.Name, s.Table, s.Column)
	c.loss = lostState{s}
	return c
}

// sequence returns the sequence whose table has the most data in the dump.
func (b Backup) sequence() (found Sequence, ok bool) {
	var largest rows
	for _, r := range b.filled() {
		i := slices.IndexFunc(b.Content.Sequences, func(s Sequence) bool { return s.Table == r.table })
		if i >= 0 && (!ok || r.compare(largest) > 0) {
			found, largest, ok = b.Content.Sequences[i], r, true
		}
	}
	return found, ok
}

// promise returns what a dump without the rows promises.
func (l lostRows) promise(p inspect.Promise) inspect.Promise {
	p.Tables = slices.Clone(p.Tables)
	for i, t := range p.Tables {
		if slices.Contains(l.parts, sqltext.Name{Schema: t.Schema, Name: t.Name}) {
			p.Tables[i].Rows, p.Tables[i].Bytes = 0, 0
		}
	}
	return p
}

// promise returns what a dump promises after the sequence was set back.
func (l lostState) promise(p inspect.Promise) inspect.Promise {
	p.Sequences = slices.Clone(p.Sequences)
	for i, s := range p.Sequences {
		if l.Name == (sqltext.Name{Schema: s.Schema, Name: s.Name}) {
			p.Sequences[i].Last, p.Sequences[i].Called = l.Before, true
		}
	}
	return p
}
