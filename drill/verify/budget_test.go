package verify

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/snapshot"
)

// TestTimeIsUp checks that relations not reached in time are named and unknown,
// and do not fail the stage.
func TestTimeIsUp(t *testing.T) {
	s := restored(t, slow+`update snail set seconds = 60;
create table a_small (id int primary key); insert into a_small values (1);
create table large (id int, filler text); insert into large select g, repeat('x', 200) from generate_series(1, 20000) g`)
	s.CPUs = 1
	v := Verifier{Config: config.Verify{Integrity: deep, IntegrityWithin: config.Duration(3 * time.Second)}}
	began := time.Now()
	report, code, text := verifyAll(t, v, s, inspect.Promise{})
	want(t, "failure", string(code)+text, "")
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("took %s, with 3s for integrity", took)
	}
	want(t, "statuses", integrityStatuses(report), map[string]string{
		"full read": "unknown", "table pages": "unknown", "index structure": "unknown", "foreign keys": "passed", "dump again": "unknown",
	})
	want(t, "unreached", report.Integrity.Unreached, []string{"pg_dump", "public.large", "public.slow_index"})
	want(t, "saw", named(t, report, "full read").Saw, "3 of 4 tables; public.large not reached")
	want(t, "rests on", named(t, report, "index structure").RestsOn, "bt_index_check with heapallindexed of 1 index")
	want(t, "findings", report.Findings, []outcome.Finding{{
		Code: "integrity_unreached", Message: "3 relations not reached within 3s: pg_dump; public.large; public.slow_index", Hint: "raise verify.integrity_within",
	}})
}

// TestNoTimeAtAll checks that no check passes if nothing was read.
func TestNoTimeAtAll(t *testing.T) {
	s := restored(t, `create table a (id int primary key)`)
	v := Verifier{Config: config.Verify{IntegrityWithin: 1}}
	report, code, text := verifyAll(t, v, s, inspect.Promise{})
	want(t, "failure", string(code)+text, "")
	for _, name := range []string{"full read", "table pages", "index structure"} {
		c := named(t, report, name)
		if c.Status != outcome.CheckUnknown || !strings.HasPrefix(c.RestsOn, "nothing") {
			t.Errorf("%s: %s, rests on %s", name, c.Status, c.RestsOn)
		}
	}
	want(t, "unreached", report.Integrity.Unreached, []string{"public.a_pkey", "public.a"})
}

// TestCheckEndsInAnError checks that an error of a function of the schema counts
// neither as damage nor as a pass.
func TestCheckEndsInAnError(t *testing.T) {
	s := restored(t, slow+`create or replace function public.slow_cmp(int, int) returns int language plpgsql immutable as $$ begin raise 'canary'; end $$`)
	report, code, text := verifyAll(t, at(standard), s, inspect.Promise{})
	want(t, "failure", string(code)+text, "")
	want(t, "status", named(t, report, "index structure").Status, outcome.CheckUnknown)
	want(t, "findings", findings(report.Findings), []string{"integrity_unclear"})
	const because = "public.slow_index: a function raised an exception (text hidden) (P0001)"
	want(t, "message", report.Findings[0].Message, "could not be checked: "+because)
}

// TestProgressOfIntegrity checks that relations are read on one connection per CPU, and that what
// was read is not counted again.
func TestProgressOfIntegrity(t *testing.T) {
	s := restored(t, `create table a (id int primary key); create table b (id int primary key)`)
	s.CPUs = 3
	var reported []string
	_, err := at(standard).Verify(t.Context(), s.Server, inspect.Promise{}, snapshot.At(taken), func(done, total int64) {
		reported = append(reported, fmt.Sprintf("%d/%d", done, total))
	})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "progress", reported, []string{"1/6", "2/6", "3/6", "4/6", "5/6", "6/6"})
}

// TestLimitEndsWithIntegrity checks that the time for integrity does not limit the checks after it.
func TestLimitEndsWithIntegrity(t *testing.T) {
	s := restored(t, `create table a (id int primary key); create view slow_view as select 1 from pg_sleep(1.5)`)
	s.CPUs = 1
	v := Verifier{Config: config.Verify{
		IntegrityWithin: config.Duration(time.Second), Tables: map[string]config.Table{"public.slow_view": {MinRows: 1}},
	}}
	_, code, text := verifyAll(t, v, s, inspect.Promise{})
	want(t, "failure", string(code)+text, "")
}

// TestLimitEndsOnEverySession checks that no session keeps the limit of integrity: all of them then count rows.
func TestLimitEndsOnEverySession(t *testing.T) {
	s := restored(t, ``)
	s.CPUs = 2
	all, err := openSessions(t.Context(), s.Server)
	if err != nil {
		t.Fatal(err)
	}
	defer all.close(t.Context())
	r := &integrityRun{server: s.Server, sessions: all, deadline: time.Now().Add(time.Minute)}
	r.defineChecks()
	meet := make(chan struct{}) // so that each session runs one of the parts
	r.read.tasks = []*task{{parts: make([]step, 2)}}
	for i := range 2 {
		r.read.tasks[0].parts[i].run = func(ctx context.Context, _ *pgx.Conn) (string, error) {
			select {
			case meet <- struct{}{}:
			case <-meet:
			case <-ctx.Done():
			}
			return "", nil
		}
	}
	if err := r.runTasks(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		conn, err := all.get(i)
		if err != nil {
			t.Fatal(err)
		}
		var limit string
		if err := conn.QueryRow(t.Context(), "show statement_timeout").Scan(&limit); err != nil {
			t.Fatal(err)
		}
		want(t, fmt.Sprint("limit of session ", i), limit, "0")
	}
}
