package prove

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// rows are those of a table, its partitions' among them.
type rows struct {
	table      Name
	parts      []Name // that the dump has rows of
	referenced bool
	count      int64
	bytes      int64 // that they take in the dump
}

// rowsRemoved takes away the rows of the largest table: in production somebody
// emptied it, or a pg_dump left it out. All else is as it was, the file is whole.
func (b Backup) rowsRemoved(v config.Verify) Control {
	c := Control{Name: "rows_removed", Did: "all rows of the largest table are gone; the dump is whole"}
	largest, ok := b.largest(v)
	if !ok {
		c.Impossible = "the dump holds no table of its own with rows, but for those that may lose them all (verify.drift.tables)"
		return c
	}
	c.Did = fmt.Sprintf("the %s of %s are gone; the dump is whole", words.Count(largest.count, "row"), largest.table)
	c.Hint = fmt.Sprintf("guard the table with verify.tables.%s.min_rows", largest.table)
	c.Expected = []outcome.Code{
		// What the config expects of the rows, and what the history knows of them.
		outcome.RowsMissing, outcome.ContentDrifted, outcome.DataStale, outcome.QueryFailed,
		outcome.SmokeFailed, outcome.AppNotReady, outcome.AppStartFailed,
	}
	if largest.referenced {
		c.Expected = append(c.Expected, outcome.ConstraintViolated)
	}
	if b.allOf(largest.count) {
		c.Expected = append(c.Expected, outcome.DumpNoData)
	}
	c.loss = lostRows{table: largest.table, parts: largest.parts}
	return c
}

// largest is the table that takes most of the dump, of those that it makes
// itself and that the config does not give up. One that no foreign key points at
// goes first: with the other a restore fails before anything is compared.
func (b Backup) largest(v config.Verify) (rows, bool) {
	filled := slices.DeleteFunc(b.filled(), func(r rows) bool { return givenUp(v, r.table) })
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

// compare orders by what the rows take in the dump; of INSERTs nothing but their
// number is known.
func (r rows) compare(other rows) int {
	return cmp.Or(cmp.Compare(r.bytes, other.bytes), cmp.Compare(r.count, other.count))
}

// filled are the tables that the dump makes itself and has rows of.
func (b Backup) filled() (list []rows) {
	made := map[Name]Relation{}
	for _, r := range b.Content.Relations {
		made[r.Name] = r
	}
	at := map[Name]int{}
	for _, t := range b.Promised.Tables {
		part := Name{t.Schema, t.Name}
		r, ok := made[part]
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

// givenUp reports whether the config says that a table may lose all rows.
func givenUp(v config.Verify, table Name) bool {
	return v.Drift.Tables[table.String()] >= 100 && v.Tables[table.String()].MinRows == 0
}

// allOf reports whether these are all rows that the dump has.
func (b Backup) allOf(rows int64) bool {
	var all int64
	for _, t := range b.Promised.Tables {
		if t.Rows < 0 {
			return false
		}
		all += t.Rows
	}
	return rows == all && b.Promised.LargeObjects == 0
}

// sequenceBack sets a sequence to a value whose next one its column holds
// already: the application's next insert would fail.
func (b Backup) sequenceBack() Control {
	c := Control{Name: "sequence_back", Did: "a sequence is set back", Expected: []outcome.Code{outcome.SequenceBehind}}
	s, ok := b.sequence()
	if !ok {
		c.Impossible = "no sequence of the dump numbers a unique column in which it could be behind"
		c.Expected = nil
		return c
	}
	c.Did = fmt.Sprintf("sequence %s is set back: its next value is in %s.%s already", s.Name, s.Table, s.Column)
	c.loss = lostState{s}
	return c
}

// sequence is the one whose table takes most of the dump.
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

// promise returns what a dump of a database without the rows promises.
func (l lostRows) promise(p inspect.Promise) inspect.Promise {
	p.Tables = slices.Clone(p.Tables)
	for i, t := range p.Tables {
		if slices.Contains(l.parts, Name{t.Schema, t.Name}) {
			p.Tables[i].Rows, p.Tables[i].Bytes = 0, 0
		}
	}
	return p
}

// promise returns what a dump of a database promises whose sequence is set back.
func (l lostState) promise(p inspect.Promise) inspect.Promise {
	p.Sequences = slices.Clone(p.Sequences)
	for i, s := range p.Sequences {
		if l.Name == (Name{s.Schema, s.Name}) {
			p.Sequences[i].Last, p.Sequences[i].Called = l.Before, true
		}
	}
	return p
}
