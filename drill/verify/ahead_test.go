package verify

import (
	"testing"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sqltext"
)

func never() bool { return false }

// readAhead reads the table large, and returns a Verifier that knows of it.
func readAhead(t *testing.T, s fixture) Verifier {
	t.Helper()
	v := at(standard)
	v.Ahead = NewAhead(v.Config)
	if !v.Ahead.Read(t.Context(), s.Server, sqltext.Name{Schema: "public", Name: "large"}, never) {
		t.Error("something is left to read")
	}
	v.Ahead.End(t.Context())
	return v
}

// steps returns how many parts were read ahead.
func (a *Ahead) steps() int { return len(a.read) }

// TestReadAhead checks that a table that was read during the load is not read again, but its rows are counted, and
// that the report is the same.
func TestReadAhead(t *testing.T) {
	s := restored(t, large+`; alter table large add primary key (id); create index on large using gin (string_to_array(filler, ','));
		create table other (id int); insert into other select generate_series(1, 10)`)
	s.CPUs = 2
	plain, _, text := verifyAll(t, at(standard), s, inspect.Promise{})
	want(t, "failure", text, "")
	want(t, "nothing read ahead", plain.AheadSeconds, 0.0)

	v := readAhead(t, s)
	want(t, "parts", v.Ahead.steps(), 5) // two parts of the pages and of the values, and an index
	report, _, text := verifyAll(t, v, s, inspect.Promise{})
	want(t, "failure", text, "")
	if report.AheadSeconds <= 0 {
		t.Error("nothing was read ahead")
	}
	want(t, "tables", report.Tables, plain.Tables)
	for _, name := range []string{"full read", "table pages", "index structure"} {
		got, expected := named(t, report, name), named(t, plain, name)
		got.Seconds, expected.Seconds = 0, 0
		want(t, name, got, expected)
	}
}

// TestReadAheadPauses checks that what was read before a pause is not read again after it.
func TestReadAheadPauses(t *testing.T) {
	s := restored(t, large)
	a := NewAhead(config.Verify{})
	calls := 0
	pause := func() bool { calls++; return calls == 2 }
	table := sqltext.Name{Schema: "public", Name: "large"}
	want(t, "ended", a.Read(t.Context(), s.Server, table, pause), false)
	want(t, "parts", a.steps(), 1)
	want(t, "ended", a.Read(t.Context(), s.Server, table, pause), true)
	want(t, "parts", a.steps(), 4)
	want(t, "calls", calls, 5)
	a.End(t.Context())
	a.Forget()
	want(t, "parts", a.steps(), 0)
}

// TestChangedAfterReadAhead checks that what changed after it was read is found: lost rows, damage, and a table that
// was written again.
func TestChangedAfterReadAhead(t *testing.T) {
	s := restored(t, large)
	s.CPUs = 2
	promised := inspect.Promise{Tables: []inspect.Table{{Schema: "public", Name: "large", Rows: 4501, Data: true}}}
	v := readAhead(t, s)
	run(t, s.conn, "delete from large where id = 7")
	_, code, _ := verifyAll(t, v, s, promised)
	want(t, "code", code, outcome.ContentIncomplete)

	run(t, s.conn, "insert into large values (7, '', '')")
	run(t, s.conn, "vacuum full large")
	run(t, s.conn, `do $$ begin perform heap_force_kill((select reltoastrelid from pg_class where oid = 'large'::regclass), array['(0,2)'::tid]); end $$`)
	report, code, _ := verifyAll(t, v, s, promised)
	want(t, "code", code, outcome.SandboxLost)
	want(t, "nothing read ahead", report.AheadSeconds, 0.0)
}

// TestDamageIsNotReadAhead checks that damage that was met during the load is reported by Verify.
func TestDamageIsNotReadAhead(t *testing.T) {
	s := restored(t, large+`;do $$ begin perform heap_force_kill((select reltoastrelid from pg_class where oid = 'large'::regclass), array['(0,2)'::tid]); end $$`)
	_, code, _ := verifyAll(t, readAhead(t, s), s, inspect.Promise{})
	want(t, "code", code, outcome.SandboxLost)
}

// TestNothingIsReadAhead checks that a table that does not exist, or a server that is gone, is left to Verify.
func TestNothingIsReadAhead(t *testing.T) {
	if NewAhead(config.Verify{Integrity: basic}) != nil {
		t.Error("something would be read that Verify does not read")
	}
	s := restored(t, "")
	a := NewAhead(config.Verify{})
	want(t, "ended", a.Read(t.Context(), s.Server, sqltext.Name{Schema: "public", Name: "missing"}, never), true)
	want(t, "parts", a.steps(), 0)
	a.End(t.Context())
	s.Database = "missing"
	want(t, "ended", a.Read(t.Context(), s.Server, sqltext.Name{Schema: "public", Name: "large"}, never), true)
}
