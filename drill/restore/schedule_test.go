package restore

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// outlineOf returns tables with an index, a key, and a foreign key to the first of them.
func outlineOf(tables int) *inspect.Outline {
	o := &inspect.Outline{}
	var foreign []inspect.Build
	hub := sqltext.Name{Schema: "public", Name: "table_0"}
	for i := range tables {
		table := sqltext.Name{Schema: "public", Name: fmt.Sprintf("table_%d", i)}
		o.Rows = append(o.Rows, inspect.Rows{Table: table, Data: inspect.Span{Size: int64(i % 100)}})
		o.Builds = append(o.Builds, inspect.Build{Kind: inspect.BuildConstraint, Table: table}, inspect.Build{Kind: inspect.BuildIndex, Table: table})
		foreign = append(foreign, inspect.Build{Kind: inspect.BuildForeignKey, Table: table, Refers: hub})
	}
	o.Builds = append(o.Builds, foreign...)
	return o
}

func planned(o *inspect.Outline) *schedule {
	s := newSchedule()
	s.plan(o)
	return s
}

// checker does tasks, and fails if one of them may not be done yet.
type checker struct {
	*testing.T
	mu     sync.Mutex
	loaded map[sqltext.Name]bool
	keys   int
	locked map[sqltext.Name]bool
}

func (c *checker) begin(k task) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if k.build == nil {
		c.loaded[k.rows.Table] = true
		return
	}
	for _, table := range k.build.tables() {
		if !c.loaded[table] {
			c.Errorf("%s has no rows yet", table.Name)
		}
		if k.build.Kind != inspect.BuildIndex {
			if c.locked[table] {
				c.Errorf("%s is locked", table.Name)
			}
			c.locked[table] = true
		}
	}
	if k.build.Kind == inspect.BuildForeignKey && c.keys > 0 {
		c.Errorf("%d keys are missing", c.keys)
	}
}

func (c *checker) end(k task) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if k.build == nil {
		return
	}
	for _, table := range k.build.tables() {
		delete(c.locked, table)
	}
	if k.build.Kind != inspect.BuildForeignKey {
		c.keys--
	}
}

// TestScheduleOfManyTables has as many tables as a large database, whose tasks take no time: the
// schedule may not take long itself.
func TestScheduleOfManyTables(t *testing.T) {
	for name, add := range map[string]func(*schedule, ...*block){"in order": (*schedule).addRows, "largest first": (*schedule).addLargest} {
		t.Run(name, func(t *testing.T) {
			tables, workers := 20_000, 4
			if testing.Short() { // the race detector slows it down tenfold
				tables = 5_000
			}
			o := outlineOf(tables)
			l := &loader{rows: inspect.Arrived(o), schedule: planned(o), workers: workers}
			c := &checker{T: t, loaded: map[sqltext.Name]bool{}, locked: map[sqltext.Name]bool{}, keys: 2 * tables}
			began := time.Now()
			var g sync.WaitGroup
			for range workers {
				g.Go(func() {
					for k, _ := l.schedule.next(t.Context()); k != (task{}); k, _ = l.schedule.next(t.Context()) {
						c.begin(k)
						c.end(k)
						l.schedule.done(k)
					}
				})
			}
			for _, r := range o.Rows {
				add(l.schedule, l.share(&block{Rows: r})...)
			}
			_ = l.schedule.awaitRows(t.Context())
			added, _ := l.schedule.awaitKeys(t.Context())
			l.schedule.beginForeign(added)
			for i := range o.Builds {
				_ = l.schedule.awaitBuild(t.Context(), i)
			}
			l.schedule.close()
			g.Wait()
			if took := time.Since(began); took > 20*time.Second { // about a second
				t.Errorf("it took %s", took)
			}
		})
	}
}

// TestScheduleTakesTheLargestFirst orders the rows of an archive by their size.
func TestScheduleTakesTheLargestFirst(t *testing.T) {
	o := outlineOf(4)
	s := planned(o)
	for i, size := range []int64{5, 9, 5, 7} {
		o.Rows[i].Data.Size = size
		s.addLargest(&block{Rows: o.Rows[i]})
	}
	var got []string
	for range o.Rows {
		got = append(got, s.take().rows.Table.Name)
	}
	if want := []string{"table_1", "table_3", "table_0", "table_2"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestReadsCompleteTables lets a worker read a large table once its rows, index and key are there, only while there
// is nothing else to do, and each table in one worker at a time.
func TestReadsCompleteTables(t *testing.T) {
	o := outlineOf(3)
	for i, size := range []int64{worthReading, worthReading - 1, 2 * worthReading} {
		o.Rows[i].Data.Size = size
	}
	s := newSchedule()
	s.reads = true
	s.plan(o)
	next := func(want string) task { // the only task
		t.Helper()
		k := s.take()
		if got := nameOf(k); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if k != (task{}) && s.take() != (task{}) {
			t.Error("there is another task")
		}
		return k
	}
	var rows []task
	for i := range o.Rows {
		s.addRows(&block{Rows: o.Rows[i]})
		rows = append(rows, s.take())
	}
	next("")
	s.done(rows[2])
	s.done(next("build 1 of table_2"))
	s.done(next("build 0 of table_2"))
	large := next("read table_2")
	if s.mustPause() {
		t.Error("does not read on though there is nothing else to do")
	}
	s.done(rows[0])
	if !s.mustPause() {
		t.Error("reads on though a key can be built")
	}
	s.done(large) // before its end
	s.done(s.take())
	s.done(s.take())
	large = s.take()
	if got := nameOf(large); got != "read table_2" {
		t.Errorf("got %q, want the rest of table_2", got)
	}
	large.read.ended = true
	s.done(large)
	last := next("read table_0")
	if s.close(); !s.mustPause() {
		t.Error("reads on after the load")
	}
	s.done(last) // before its end
	next("")
}

func nameOf(k task) string {
	switch {
	case k.build != nil:
		return fmt.Sprintf("build %d of %s", k.build.Kind, k.build.Table.Name)
	case k.read != nil:
		return "read " + k.read.table.Name
	}
	return ""
}

// TestChecksBesideEachOther checks foreign keys of several large tables to the same one at the same time, and
// those of one table or of small ones one after the other.
func TestChecksBesideEachOther(t *testing.T) {
	o := &inspect.Outline{}
	hub := sqltext.Name{Schema: "public", Name: "hub"}
	for _, name := range []string{"a", "a", "b", "small", "tiny"} {
		table := sqltext.Name{Schema: "public", Name: name}
		o.Rows = append(o.Rows, inspect.Rows{Table: table, Data: inspect.Span{Size: checkedLater * 2 / int64(len(name))}})
		o.Builds = append(o.Builds, inspect.Build{Kind: inspect.BuildForeignKey, Table: table, Refers: hub, Later: "key"})
	}
	s := planned(o)
	clear(s.unloaded)
	added, err := s.awaitKeys(t.Context())
	if err != nil || len(added) != 3 {
		t.Fatalf("%v: %d foreign keys are added first", err, len(added))
	}
	s.beginForeign(added)
	var began []string
	var running []task
	for range 2 {
		for k := s.take(); k != (task{}); k = s.take() {
			began, running = append(began, k.build.Table.Name), append(running, k)
		}
		began = append(began, "|")
		for _, k := range running {
			s.done(k)
		}
		running = nil
	}
	if want := []string{"a", "b", "tiny", "|", "a", "small", "|"}; !slices.Equal(began, want) {
		t.Errorf("they begin as %v, want %v", began, want)
	}
}

// TestForeignKeysOfPartitions adds those that may lock the same partitions one after the other: each locks them in
// another order.
func TestForeignKeysOfPartitions(t *testing.T) {
	name := func(name string) sqltext.Name { return sqltext.Name{Schema: "public", Name: name} }
	s := planned(&inspect.Outline{Builds: []inspect.Build{
		{Kind: inspect.BuildForeignKey, Table: name("p1"), Root: name("p"), Refers: name("q")},
		{Kind: inspect.BuildForeignKey, Table: name("q1"), Root: name("q"), Refers: name("p")},
		{Kind: inspect.BuildForeignKey, Table: name("a"), Refers: name("p2"), RefersRoot: name("p")},
		{Kind: inspect.BuildForeignKey, Table: name("p3"), Root: name("p"), Refers: name("p4"), RefersRoot: name("p")},
		{Kind: inspect.BuildForeignKey, Table: name("b"), Refers: name("c")},
	}})
	s.beginForeign(nil)
	for _, want := range []string{"p1", "b", "", "q1", "", "a", "", "p3", ""} {
		k := s.take()
		switch {
		case k == (task{}) && want == "":
			s.done(task{build: s.builds[slices.IndexFunc(s.builds, func(p *pending) bool { return !p.done })]})
		case k == (task{}) || k.build.Table != name(want):
			t.Errorf("got %v, want %q", k.build, want)
		}
	}
	if len(s.foreign) > 0 {
		t.Errorf("%d are left", len(s.foreign))
	}
}

// TestForeignKeysInTurn keeps those of a table in their order if one of them is not added first.
func TestForeignKeysInTurn(t *testing.T) {
	o := &inspect.Outline{}
	mixed, other, hub := sqltext.Name{Name: "mixed"}, sqltext.Name{Name: "other"}, sqltext.Name{Name: "hub"}
	for _, later := range []string{"a", "", "c", "d"} {
		o.Builds = append(o.Builds, inspect.Build{Kind: inspect.BuildForeignKey, Table: mixed, Turn: mixed, Refers: hub, Later: later})
	}
	o.Builds = append(o.Builds, inspect.Build{Kind: inspect.BuildForeignKey, Table: other, Refers: hub, Later: "e"})
	for _, b := range o.Builds {
		o.Rows = append(o.Rows, inspect.Rows{Table: b.Table, Data: inspect.Span{Size: checkedLater}})
	}
	s := planned(o)
	clear(s.unloaded)
	added, _ := s.awaitKeys(t.Context())
	s.beginForeign(added)
	if len(added) != 2 || added[0].Later != "a" || added[1].Later != "e" {
		t.Errorf("%d foreign keys are added first", len(added))
	}
	s.locks[hub] = alone // as by another table
	s.done(s.take())
	s.done(s.take())
	if k := s.take(); k != (task{}) {
		t.Errorf("%q overtakes another of its table", k.build.Later)
	}
}

// TestManyPartitionsTakeTurns has more foreign keys of partitions than a worker looks at, the last of the largest.
func TestManyPartitionsTakeTurns(t *testing.T) {
	o := &inspect.Outline{}
	root := sqltext.Name{Name: "root"}
	for i := range 3 * lookAhead {
		table := sqltext.Name{Name: fmt.Sprint(i)}
		o.Rows = append(o.Rows, inspect.Rows{Table: table, Root: root, Data: inspect.Span{Size: int64(i)}})
		o.Builds = append(o.Builds, inspect.Build{Kind: inspect.BuildForeignKey, Table: table, Root: root, Turn: root, Refers: sqltext.Name{Name: "hub"}})
	}
	s := planned(o)
	clear(s.unloaded)
	s.beginForeign(nil)
	for i := range o.Builds {
		k := s.take()
		if k == (task{}) || k.build != s.builds[i] {
			t.Fatalf("got %+v, want the %d-th", k.build, i)
		}
		s.done(k)
	}
}

// TestABuildIsNoWait builds an index and then a key of a table while the dump is awaited.
func TestABuildIsNoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := outlineOf(1)
		o.Rows = nil
		l := &loader{schedule: planned(o)}
		end := l.wait()
		for range 2 {
			time.Sleep(time.Second)
			built := l.schedule.take()
			time.Sleep(time.Minute)
			l.schedule.done(built)
		}
		l.schedule.beginForeign(nil)
		foreign := l.schedule.take()
		time.Sleep(time.Hour)
		end()
		if l.waited != 2*time.Second || foreign.build == nil {
			t.Errorf("it waited for %s", l.waited)
		}
	})
}
