package watch

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/serverlog"
	"github.com/drillgres/drillgres/drill/sqltext"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// newTestTimeline returns a timeline of a database with 60 tables, and the sampler
// that it belongs to.
func newTestTimeline() (*timeline, *sampler) {
	before := benchmarkSchema()
	w := &Watch{before: before}
	w.sampler = &sampler{watch: w, tables: before, locks: map[lockKey]*sampledLock{}, statements: map[statementKey]*sampledStatement{}}
	w.server.Database = "shop"
	return newTimeline(w), w.sampler
}

// TestMemoryDoesNotGrowWithTheMigration: a hundred million statements fit 100 MB.
// After so many that all limits are reached, more of them need no more memory.
func TestMemoryDoesNotGrowWithTheMigration(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long with the race detector: make test runs it")
	}
	const warm, more = 60_000, 200_000
	logged := func(session, virtual, sql string) func(*timeline, *sampler, int) {
		return func(tl *timeline, _ *sampler, i int) {
			number := func(s string) string { return strings.ReplaceAll(s, "#", fmt.Sprint(i)) }
			err := tl.log.read(serverlog.Entry{
				Time: noon.Add(time.Duration(i) * time.Millisecond), Database: "shop", User: "u", PID: 7, Severity: "LOG",
				Session: number(session), Virtual: number(virtual), Message: "duration: 0.412 ms  statement: " + number(sql),
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, one := range map[string]func(tl *timeline, s *sampler, i int){
		"one transaction":                logged("a", "3/5", "insert into table_1 (id) values (#)"),
		"a transaction each":             logged("a", "3/0", "update table_1 set a = # where id = #"),
		"a session each":                 logged("s#", "3/0", "insert into table_1 (id) values (#)"),
		"a table each":                   logged("a", "3/0", "create table made_# (id int)"),
		"an index on a new table each":   logged("a", "3/0", "create index made_# on new_table (id)"),
		"a lock each":                    logged("a", "3/0", "lock table table_1 in share mode -- #"),
		"a sampled lock and a text each": sampledOnce,
	} {
		t.Run(name, func(t *testing.T) {
			tl, s := newTestTimeline()
			_ = tl.log.read(serverlog.Entry{Time: noon, Database: "shop", User: "u", PID: 7, Session: "a", Virtual: "3/5", Severity: "LOG", Message: "duration: 0.1 ms  statement: begin"})
			for i := range warm {
				one(tl, s, i)
			}
			before := retained(tl, s)
			for i := range more {
				one(tl, s, warm+i)
			}
			after := retained(tl, s)
			// A pointer for each statement would be 1.6 MB.
			if grown := after - before; grown > more*5 {
				t.Errorf("%d statements more need %d bytes more", more, grown)
			}
			if after > 100<<20 {
				t.Errorf("%d MiB are retained", after>>20)
			}
		})
	}
}

// sampledOnce is a statement and a strong lock that are seen in one sample.
func sampledOnce(_ *timeline, s *sampler, i int) {
	at := noon.Add(time.Duration(i) * 8 * time.Millisecond)
	r := &sampledStatement{pid: 7, started: at, last: at, sql: strings.Repeat("x", 100) + fmt.Sprint(i)}
	s.noteRunning(r)
	s.noteLock(sampledLock{pid: 7, virtual: fmt.Sprintf("3/%d", i), table: s.tables.relations[1], mode: share, first: at, last: at}, r)
	s.previous = at
}

// retained returns the bytes that are reachable.
func retained(keep ...any) int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	runtime.KeepAlive(keep)
	return int64(m.HeapAlloc)
}

func TestTheLongestLocksAreKept(t *testing.T) {
	_, s := newTestTimeline()
	long := sampledLock{pid: 8, virtual: "4/1", table: s.tables.relations[2], mode: accessExclusive, first: noon, last: noon}
	s.noteLock(long, nil)
	long.last = noon.Add(time.Second)
	s.noteLock(long, nil)
	for i := range 100_000 {
		sampledOnce(nil, s, i+1000)
	}
	if n := len(s.locks); n > 2*maxSampled {
		t.Errorf("%d locks are kept", n)
	}
	if h := s.locks[lockKey{"4/1", long.table, accessExclusive}]; h == nil || h.last.Sub(h.first) != time.Second {
		t.Errorf("the longest lock is not kept: %+v", h)
	}
	if last := s.locks[lockKey{"3/100999", s.tables.relations[1], share}]; last == nil {
		t.Error("a lock that is held now is not kept")
	}
}

func TestTimesOfALongMigration(t *testing.T) {
	_, s := newTestTimeline()
	for i := range 11 * maxTimes { // a day
		s.noteTime(noon.Add(time.Duration(i) * 8 * time.Millisecond))
	}
	if n := len(s.times); n >= maxTimes || n < maxTimes/2 {
		t.Errorf("%d times", n)
	}
	for i := 1; i < len(s.times); i++ {
		if step := s.times[i] - s.times[i-1]; step <= 0 || step > 16*8000 {
			t.Fatalf("a step of %d µs", step)
		}
	}
}

// TestAlterRole: the lock_timeout of a role is that of its new sessions, and of no
// other's.
func TestAlterRole(t *testing.T) {
	for sql, limits := range map[string]string{ // the roles with a limit, of u, other and Odd Role
		"alter role other set lock_timeout = '2s'":                                               "other",
		"alter user other set lock_timeout to 2000":                                              "other",
		`alter role "Odd Role" set lock_timeout = '2s'`:                                          "Odd Role",
		"alter role u in database shop set lock_timeout = '2s'":                                  "u",
		"alter role u in database crm set lock_timeout = '2s'":                                   "",
		"alter role current_user set lock_timeout = '2s'":                                        "u",
		"alter role all set lock_timeout = '2s'":                                                 "u other Odd Role",
		"alter role all in database crm set lock_timeout = '2s'":                                 "",
		"alter database shop set lock_timeout = '2s'":                                            "u other Odd Role",
		"alter database crm set lock_timeout = '2s'":                                             "",
		"alter role other set lock_timeout = 0":                                                  "",
		"alter role other set statement_timeout = 7":                                             "",
		"alter role other rename to lock_timeout":                                                "",
		"set lock_timeout = '1s'; alter role other set lock_timeout from current":                "other",
		"alter role other set lock_timeout = '2s'; alter role other reset lock_timeout":          "",
		"alter role other set lock_timeout = '2s'; alter role other reset all":                   "",
		"alter role other set lock_timeout = '2s'; alter role other set lock_timeout to default": "",
		"alter role all set lock_timeout = '2s'; alter role other set lock_timeout = 0":          "u Odd Role",
	} {
		c, d := &client{user: "u"}, (defaults{}).clone("shop")
		for _, statement := range sqltext.Statements(sql, sqltext.Server) {
			c.followSettings(statement, d)
		}
		var got []string
		for _, role := range []string{"u", "other", "Odd Role"} {
			if d.forRole(role) == limited {
				got = append(got, role)
			}
		}
		want(t, sql, strings.Join(got, " "), limits)
	}
}

// TestFindingsDoNotDependOnTheOrderOfAMap: of two kinds of work that take equally
// long, and of several changed columns, always the same is named.
func TestFindingsDoNotDependOnTheOrderOfAMap(t *testing.T) {
	var first []outcome.Finding
	for i := range 50 {
		tl, _ := newTestTimeline()
		before := tl.log.state.before
		table := before.relations[1]
		s := &statement{sql: "alter table table_0 …"}
		for _, w := range []*work{indexWork, reindexWork, rewriteWork, exclusionWork} {
			h := &heldLock{table: table, mode: accessExclusive, statement: s, from: noon, until: noon.Add(2 * time.Second), works: []*work{w}}
			tl.impacts.works[workKey{table, both, *w}] = h
		}
		after := *table
		table.columns, after.columns = map[int16]*column{}, map[int16]*column{}
		for n := range int16(9) {
			table.columns[n] = &column{typ: "integer"}
			after.columns[n] = &column{typ: "bigint", ident: fmt.Sprintf("c%d", n)}
		}
		c := &comparison{before: before, after: &catalog{relations: map[uint32]*relation{1: &after}}, timeline: tl}
		findings := append(c.blockingFindings(), c.rewriteFindings([]*relation{table})...)
		if i == 0 {
			first = findings
			if len(findings) != 2 || !strings.Contains(findings[1].Hint, "drop c0 ") {
				t.Fatalf("%+v", findings)
			}
			continue
		}
		want(t, "findings", findings, first)
	}
}
