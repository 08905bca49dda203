package verify

import (
	"fmt"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/snapshot"
)

// large creates a table of more blocks than one part has, with one row per block. The row with a
// TOAST value is in the last block.
const large = `create extension pg_surgery; create table large (id int, filler text, body text);
alter table large alter filler set storage plain; alter table large alter body set storage external;
insert into large select g, repeat('x', 7000) from generate_series(1, 4500) g;
insert into large values (0, repeat('x', 7000), repeat('y', 6000))`

// TestLargeTableIsReadInParts checks that a table that is read in parts is counted exactly, and reported
// as one.
func TestLargeTableIsReadInParts(t *testing.T) {
	s := restored(t, large)
	s.CPUs = 2
	promise := func(rows int64) inspect.Promise {
		return inspect.Promise{Tables: []inspect.Table{{Schema: "public", Name: "large", Rows: rows, Data: true}}}
	}
	var progress []string
	report, err := at(standard).Verify(t.Context(), s.Server, promise(4501), snapshot.At(taken), func(done, total int64) {
		progress = append(progress, fmt.Sprintf("%d/%d", done, total))
	})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "progress", progress, []string{"1/4", "2/4", "3/4", "4/4"}) // two parts of the pages, and two of the values
	want(t, "rows", report.Tables[0].Rows, 4501)
	want(t, "rests on", named(t, report, "full read").RestsOn, "COPY to nowhere of 1 table")

	_, code, text := verifyAll(t, at(standard), s, promise(4502))
	want(t, "failure", string(code)+": "+text, "content_incomplete: public.large: 4,502 rows promised, 4,501 restored")
}

// TestDamageInTheLastPart checks that every part is read.
func TestDamageInTheLastPart(t *testing.T) {
	s := restored(t, large+`;do $$ begin perform heap_force_kill((select reltoastrelid from pg_class where oid = 'large'::regclass), array['(0,2)'::tid]); end $$`)
	s.CPUs = 2
	report, code, text := verifyAll(t, at(standard), s, inspect.Promise{})
	want(t, "code", code, outcome.SandboxLost)
	if !strings.Contains(text, "public.large cannot be read: ") {
		t.Errorf("the failure is: %s", text)
	}
	want(t, "status", named(t, report, "full read").Status, outcome.CheckFailed)
	want(t, "rows", report.Tables[0].Rows, 4501) // they can be counted
}

// TestDamagedPageInTheLastPart checks that every part of a table's pages is checked.
func TestDamagedPageInTheLastPart(t *testing.T) {
	s := restored(t, large+`;do $$ begin perform heap_force_kill((select reltoastrelid from pg_class where oid = 'large'::regclass), array['(0,2)'::tid]); end $$`)
	report, code, _ := verifyAll(t, at(standard), s, inspect.Promise{})
	want(t, "code", code, outcome.SandboxLost)
	if saw := named(t, report, "table pages").Saw; !strings.Contains(saw, "public.large is damaged in 1 place of a part of it, the first: block 4500, item 1, column 2: toast value") {
		t.Errorf("saw %s", saw)
	}
}

// TestRowsLostFromATableAreCounted checks that rows are counted in the table: an index still has those of a lost page.
func TestRowsLostFromATableAreCounted(t *testing.T) {
	s := restored(t, `create table large (id int, filler text); copy (select g, repeat('x', 1000) from generate_series(1, 60000) g) to '/tmp/large.txt'`)
	s.CPUs = 2
	for _, sql := range []string{
		"begin", "truncate only large", "copy large from '/tmp/large.txt' with (freeze)", "commit", // as the loader does
		"alter table only large add primary key (id)", "analyze large", "checkpoint",
		`do $$ begin execute format('copy (select 1) to program %L', 'cat >/dev/null; dd if=/dev/zero of=' || current_setting('data_directory') || '/' || pg_relation_filepath('large') || ' bs=8192 seek=3 count=2 conv=notrunc'); end $$`,
		"create database copied template " + s.Database + " strategy file_copy", // none of its pages is in memory
	} {
		run(t, s.conn, sql)
	}
	dropLater(t, connect(t, s.Server, "postgres"), "copied")
	s.Database = "copied"
	promised := inspect.Promise{Tables: []inspect.Table{{Schema: "public", Name: "large", Rows: 60000, Data: true}}}
	for name, v := range map[string]Verifier{"not read ahead": at(standard), "read ahead": readAhead(t, s)} {
		_, code, _ := verifyAll(t, v, s, promised)
		want(t, name, code, outcome.ContentIncomplete)
	}
}

func TestBlockRanges(t *testing.T) {
	whole := []string{" where ctid >= '(0,0)'"}
	for blocks, expected := range map[int64][]string{
		0:    whole,
		4096: whole,
		4097: {" where ctid >= '(0,0)' and ctid < '(4096,0)'", " where ctid >= '(4096,0)'"},
		8193: {" where ctid >= '(0,0)' and ctid < '(4096,0)'", " where ctid >= '(4096,0)' and ctid < '(8192,0)'", " where ctid >= '(8192,0)'"},
	} {
		want(t, fmt.Sprint(blocks), conditions(blockRanges(blocks, true)), expected)
		want(t, fmt.Sprint(blocks, " at once"), conditions(blockRanges(blocks, false)), whole)
	}
}

func conditions(ranges []blockRange) (list []string) {
	for _, r := range ranges {
		list = append(list, r.condition())
	}
	return list
}

// TestCountedAgain checks which tables are counted again: those that were read in parts and lack rows.
func TestCountedAgain(t *testing.T) {
	db := &database{relations: map[uint32]*relation{}, byName: map[name]*relation{}}
	var tables []inspect.Table
	for i, r := range []*relation{
		{Name: "short", rows: 9, inParts: true},
		{Name: "short_at_once", rows: 9},
		{Name: "complete", rows: 10, inParts: true},
		{Name: "root", Kind: "p"},
		{Name: "child", rows: 9, inParts: true, Root: 4},
		{Name: "other_child", Root: 4},
	} {
		r.OID, r.counted, r.Quoted = uint32(i+1), true, r.Name
		if r.Kind == "" {
			r.Kind = "r"
		}
		db.relations[r.OID], db.byName[name{"public", r.Name}] = r, r
		if r.Root == 0 {
			tables = append(tables, inspect.Table{Schema: "public", Name: r.Name, Rows: 10, Data: true})
		}
	}
	db.recountShort(tables)
	var again []string
	for _, r := range db.storedRelations() {
		if !r.counted {
			again = append(again, r.Name)
		}
	}
	want(t, "counted again", again, []string{"child", "short"})
}
