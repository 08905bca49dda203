package watch

import (
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/serverlog"
)

// TestAPreparedTransactionKeepsItsLocks until another session ends it. The
// records are as the server writes them; it needs max_prepared_transactions,
// which can only be set when it starts.
func TestAPreparedTransactionKeepsItsLocks(t *testing.T) {
	table := &relation{oid: 1, schema: "public", name: "t", ident: "public.t", kind: 'r', rows: 1}
	table.root = table
	w := &Watch{before: &catalog{relations: map[uint32]*relation{1: table}}, sampler: &sampler{}, defaults: defaults{roles: map[string]lockTimeout{}}}
	w.server.Database = "shop"
	timeline := newTimeline(w)
	begun := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	for _, entry := range []struct {
		session, virtual, message string
		at                        time.Duration
	}{
		{"a", "3/5", "duration: 0.100 ms  statement: begin", 0},
		{"a", "3/5", "duration: 100.000 ms  statement: alter table t add a int", 100 * time.Millisecond},
		{"a", "3/0", "duration: 1.000 ms  statement: prepare transaction 'g'", 200 * time.Millisecond},
		{"b", "4/0", "duration: 2.000 ms  statement: commit prepared 'g'", 10 * time.Second},
	} {
		err := timeline.log.read(serverlog.Entry{
			Time: begun.Add(entry.at), Database: "shop", User: "u", PID: 7, Session: entry.session, Virtual: entry.virtual, Severity: "LOG", Message: entry.message,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	timeline.finish(begun.Add(time.Minute))
	want(t, "blocked", timeline.blocked(), []Blocked{{Table: "public.t", Seconds: 10, Blocks: both, Mode: "AccessExclusiveLock", Statement: "alter table t add a int"}})
}

// TestALockThatIsReadLate counts a lock for as long as its statement held it, if a sample began
// before the statement and read the locks after it had begun, as on a busy server.
func TestALockThatIsReadLate(t *testing.T) {
	table := &relation{oid: 1, schema: "public", name: "t", ident: "public.t", kind: 'r', rows: 1}
	table.root = table
	w := &Watch{before: &catalog{relations: map[uint32]*relation{1: table}}, defaults: defaults{roles: map[string]lockTimeout{}}}
	w.server.Database = "shop"
	begun := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	s := &sampler{watch: w, locks: map[lockKey]*sampledLock{}, previous: begun.Add(-20 * time.Millisecond)}
	for _, at := range []time.Duration{-10, 20, 30, 400} {
		s.times = append(s.times, begun.Add(at*time.Millisecond).UnixMicro())
	}
	s.noteLock(sampledLock{pid: 7, virtual: "3/5", table: table, mode: accessExclusive, first: begun.Add(15 * time.Millisecond), last: begun.Add(-10 * time.Millisecond)}, nil)
	w.sampler = s
	timeline := newTimeline(w)
	err := timeline.log.read(serverlog.Entry{
		Time: begun.Add(300 * time.Millisecond), Database: "shop", User: "u", PID: 7, Session: "a", Virtual: "3/5", Severity: "LOG",
		Message: "duration: 300.000 ms  statement: alter table t add a int",
	})
	if err != nil {
		t.Fatal(err)
	}
	timeline.finish(begun.Add(time.Minute))
	want(t, "blocked", timeline.blocked(), []Blocked{{Table: "public.t", Seconds: 0.3, Blocks: both, Mode: "AccessExclusiveLock", Statement: "alter table t add a int"}})
}
