package verify

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/fingerprint"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
)

// past is a history.
type past struct {
	earlier outcome.Earlier
	err     error
}

func (p past) Earlier(_ context.Context, database string, at time.Time, window int) (outcome.Earlier, error) {
	if database != "shop" || !at.Equal(taken) || window != drift20.Window {
		return outcome.Earlier{}, errors.New("asked for another database, time or window")
	}
	return p.earlier, p.err
}

// often returns a baseline of which enough drills are on record.
func often(backups ...outcome.Result) outcome.Earlier {
	return outcome.Earlier{Drills: fewDrills, Backups: backups}
}

func percent(p config.Percent) *config.Percent { return &p }

// drift20 holds the default limits.
var drift20 = config.Drift{Rows: percent(20), Size: percent(50), Window: 10}

const mib = 1 << 20

func tablesOf(list ...outcome.Table) []outcome.Table { return list }

func rowsOf(name string, rows int64) outcome.Table {
	return outcome.Table{Name: name, Rows: rows, Bytes: 8192, Fingerprint: "v1:" + name}
}

func sized(name string, rows, bytes int64) outcome.Table {
	t := rowsOf(name, rows)
	t.Bytes = bytes
	return t
}

// TestDriftOfContent compares two lists of tables.
func TestDriftOfContent(t *testing.T) {
	other := rowsOf("public.other", 1_000_000) // keeps the totals from drifting by accident
	off := map[string]config.Percent{"public.t": 100}
	for _, c := range []struct {
		name     string
		limits   config.Drift
		was, is  []outcome.Table
		problems []string
		findings []string
		saw      string
	}{
		{
			name: "the same", was: tablesOf(rowsOf("public.t", 1000)), is: tablesOf(rowsOf("public.t", 1000)),
			saw: "rows unchanged, bytes unchanged, no table gone",
		},
		{
			name: "growth", was: tablesOf(rowsOf("public.t", 1000)), is: tablesOf(sized("public.t", 100_000, mib)),
			saw: "rows +9900%, bytes +12700%, no table gone",
		},
		{name: "at the limit", was: tablesOf(rowsOf("public.t", 1000)), is: tablesOf(rowsOf("public.t", 800)), saw: "rows -20%, bytes unchanged, no table gone"},
		{
			name: "over the limit", was: tablesOf(rowsOf("public.t", 1000), other), is: tablesOf(rowsOf("public.t", 799), other),
			problems: []string{"public.t: 799 rows, were 1,000 (20.1% fewer; verify.drift.rows allows 20%)"},
		},
		{
			name: "empty", was: tablesOf(rowsOf("public.t", 100), other), is: tablesOf(rowsOf("public.t", 0), other),
			problems: []string{"public.t: 0 rows, were 100 (100% fewer; verify.drift.rows allows 20%)"},
		},
		{name: "a small table shrinks", was: tablesOf(rowsOf("public.t", 99), other), is: tablesOf(rowsOf("public.t", 2), other)},
		{
			name: "a small table is emptied", was: tablesOf(rowsOf("public.t", 1), other), is: tablesOf(rowsOf("public.t", 0), other),
			findings: []string{"table_emptied"},
		},
		{name: "it was empty", was: tablesOf(rowsOf("public.t", 0), other), is: tablesOf(rowsOf("public.t", 0), other)},
		{
			name: "a small table has its own limit", limits: config.Drift{Rows: percent(20), Tables: map[string]config.Percent{"public.t": 50}},
			was: tablesOf(rowsOf("public.t", 9), other), is: tablesOf(rowsOf("public.t", 4), other),
			problems: []string{"public.t: 4 rows, were 9 (55.56% fewer; verify.drift.tables allows 50%)"},
		},
		{
			name: "its own limit allows more", limits: config.Drift{Rows: percent(20), Tables: map[string]config.Percent{"public.t": 90}},
			was: tablesOf(rowsOf("public.t", 1000)), is: tablesOf(rowsOf("public.t", 100)),
		},
		{
			name: "any loss is allowed, and shows in no total", limits: config.Drift{Rows: percent(20), Size: percent(50), Tables: off},
			was: tablesOf(sized("public.t", 1_000_000, 100*mib), rowsOf("public.u", 100)), is: tablesOf(sized("public.t", 0, 8192), rowsOf("public.u", 100)),
			saw: "rows unchanged, bytes unchanged, no table gone",
		},
		{
			name: "many small tables together", was: tablesOf(rowsOf("public.a", 90), rowsOf("public.b", 90)), is: tablesOf(rowsOf("public.a", 60), rowsOf("public.b", 60)),
			problems: []string{"all tables together: 120 rows, were 180 (33.33% fewer; verify.drift.rows allows 20%)"},
		},
		{name: "a small database", was: tablesOf(rowsOf("public.a", 50), rowsOf("public.b", 40)), is: tablesOf(rowsOf("public.a", 20), rowsOf("public.b", 10))},
		{
			name: "half the size", was: tablesOf(sized("public.t", 1000, 40*mib)), is: tablesOf(sized("public.t", 1000, 20*mib)),
		},
		{
			name: "less than half the size", was: tablesOf(sized("public.t", 1000, 4000*mib)), is: tablesOf(sized("public.t", 1000, 1999*mib)),
			problems: []string{"all tables together: 2.0 GiB, were 3.9 GiB (50.03% fewer; verify.drift.size allows 50%)"},
		},
		{
			name: "a table explains the size", was: tablesOf(sized("public.t", 1000, 40*mib)), is: tablesOf(sized("public.t", 10, mib)),
			problems: []string{"public.t: 10 rows, were 1,000 (99% fewer; verify.drift.rows allows 20%)"},
		},
		{
			name: "a table is gone", was: tablesOf(rowsOf("public.t", 3), other), is: tablesOf(other),
			problems: []string{"table public.t is gone (it had 3 rows)"}, saw: "rows almost unchanged, bytes -50%, 1 table gone",
		},
		{
			name: "an empty one", was: tablesOf(rowsOf("public.t", 0), other), is: tablesOf(other),
			problems: []string{"table public.t is gone (it was empty)"},
		},
		{
			name: "renamed", was: tablesOf(rowsOf("public.t", 300), other), is: tablesOf(rowsOf("public.u", 300), rowsOf("public.v", 30), other),
			problems: []string{"table public.t is gone (it had 300 rows; the new table public.u has as many: was it renamed?)"},
			findings: []string{"schema_changed"},
		},
		{
			name: "one that may be gone", limits: config.Drift{Rows: percent(20), Tables: off},
			was: tablesOf(rowsOf("public.t", 300), other), is: tablesOf(other), findings: []string{"schema_changed"},
		},
		{
			name: "all is off", limits: config.Drift{Rows: percent(100), Size: percent(100)},
			was: tablesOf(sized("public.t", 3000, 40*mib), rowsOf("public.u", 5)), is: nil, findings: []string{"schema_changed"},
			saw: "rows -100%, bytes -100%, 2 tables gone",
		},
		{
			name: "quoted in one major and not in the other", was: tablesOf(rowsOf(`public."grouping"`, 300)), is: tablesOf(rowsOf("public.grouping", 300)),
		},
		{
			name: "a rule by another spelling", limits: config.Drift{Rows: percent(20), Tables: map[string]config.Percent{`"public"."t"`: 100}},
			was: tablesOf(rowsOf("public.t", 300), other), is: tablesOf(rowsOf("public.t", 0), other),
		},
		{name: "nothing then, nothing now"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.limits.Rows == nil {
				c.limits = drift20
			}
			v := Verifier{Config: config.Verify{Drift: c.limits}, Past: past{}}
			was := outcome.Result{RunID: "then", Tables: c.was}
			got := v.checkDrift(baseline{Earlier: often(was)}, content{tables: c.is, major: 15})
			want(t, "problems", problemTexts(got.problems), append([]string{}, c.problems...))
			want(t, "findings", findings(got.findings), c.findings)
			if failed := got.check.Status == outcome.CheckFailed; failed != (len(c.problems) > 0) {
				t.Errorf("status %s", got.check.Status)
			}
			if c.saw != "" {
				want(t, "saw", got.check.Saw, c.saw)
			}
		})
	}
}

// TestDriftNamesTheSettingThatAllowsIt checks that the hint is valid in a config.
func TestDriftNamesTheSettingThatAllowsIt(t *testing.T) {
	other := rowsOf("public.other", 1_000_000)
	for _, c := range []struct {
		was, is []outcome.Table
		want    string
	}{
		{tablesOf(other, rowsOf("public.t", 1000)), tablesOf(other, rowsOf("public.t", 697)), "verify: {drift: {tables: {public.t: 31%}}}"},
		{tablesOf(other, rowsOf(`public."a: b's"`, 1000)), tablesOf(other), `verify: {drift: {tables: {'public."a: b''s"': off}}}`},
		{tablesOf(other), tablesOf(rowsOf("public.other", 799_999)), "verify: {drift: {tables: {public.other: 21%}}}"},
		{tablesOf(rowsOf("public.t", 99), rowsOf("public.u", 99)), tablesOf(rowsOf("public.t", 50), rowsOf("public.u", 50)), "verify: {drift: {rows: 50%}}"},
	} {
		v := Verifier{Config: config.Verify{Drift: drift20}, Past: past{}}
		got := v.checkDrift(baseline{Earlier: often(outcome.Result{Tables: c.was})}, content{tables: c.is})
		if len(got.problems) != 1 || !strings.HasSuffix(got.problems[0].hint, "; to allow it in every drill, set "+c.want) {
			t.Errorf("%+v; want %s", got.problems, c.want)
		}
	}
}

// TestDriftDescribesItsLimits checks that the expectation names the limits, and
// that the hint names this run.
func TestDriftDescribesItsLimits(t *testing.T) {
	for _, c := range []struct {
		rows, size config.Percent
		want       string
	}{
		{20, 50, "no table gone and at most 20% fewer rows and 50% fewer bytes than run then"},
		{20, 100, "no table gone and at most 20% fewer rows than run then"},
		{100, 50, "at most 50% fewer bytes than run then"},
		{100, 100, "compared with run then, any loss allowed"},
	} {
		v := Verifier{Config: config.Verify{Drift: config.Drift{Rows: &c.rows, Size: &c.size}}, Past: past{}, RunID: "now"}
		was := outcome.Result{RunID: "then", Tables: tablesOf(rowsOf("public.t", 1000), rowsOf("public.u", 1))}
		got := v.checkDrift(baseline{Earlier: often(was)}, content{tables: tablesOf(rowsOf("public.u", 1))})
		want(t, "expect", got.check.Expect, c.want)
		if c.rows == 20 {
			f := outcome.AsFailure(mostSevere(got.problems))
			if f.Code != outcome.ContentDrifted || f.Object != "public.t" || !strings.Contains(f.Hint, "drillgres accept now") {
				t.Errorf("%+v", f)
			}
		}
	}
}

// TestDriftIsTheLeastSevere checks that any other problem comes before drift. It
// explains the drift, and it cannot be accepted.
func TestDriftIsTheLeastSevere(t *testing.T) {
	for _, code := range severity[:len(severity)-1] {
		err := mostSevere([]problem{{code: outcome.ContentDrifted, text: "drifted"}, {code: code, text: "broken"}})
		want(t, "code", outcome.AsFailure(err).Code, code)
	}
}

// TestIncomparableSchemas covers fingerprints of another major, fingerprints of
// another version of drillgres, and missing ones.
func TestIncomparableSchemas(t *testing.T) {
	was := outcome.Result{
		RunID: "then", Postgres: outcome.Postgres{Version: "15.18"},
		Tables: tablesOf(rowsOf("public.t", 1), rowsOf("public.u", 1)),
		Schema: outcome.Schema{Fingerprint: "v1:a", Parts: map[string]string{"columns": "v1:c", "functions": "v1:f", "event_triggers": "v1:e"}},
	}
	changed := rowsOf("public.t", 1)
	changed.Fingerprint = "v1:changed"
	is := content{
		tables: tablesOf(changed, rowsOf("public.u", 1), rowsOf("public.w", 1)), major: 15,
		schema: schema{Schema: fingerprint.Schema{Whole: outcome.Schema{Fingerprint: "v1:b", Parts: map[string]string{"columns": "v1:d", "functions": "v1:f", "views": "v1:v"}}}},
	}
	const all = "since run then: new tables: public.w; tables changed: public.t; kinds of objects that differ: columns, event triggers, views"
	for name, c := range map[string]struct {
		change       func(*outcome.Result, *content)
		message      string
		incomparable string
	}{
		"of one kind": {func(*outcome.Result, *content) {}, all, ""},
		"other major": {
			func(_ *outcome.Result, s *content) { s.major = 16 }, "since run then: new tables: public.w", "Postgres 15 then, 16 now",
		},
		"none": {
			func(r *outcome.Result, _ *content) { r.Schema = outcome.Schema{} }, "since run then: new tables: public.w", "that run recorded none",
		},
		"other drillgres": {
			func(r *outcome.Result, _ *content) { r.Schema.Fingerprint = "v2:a" }, "since run then: new tables: public.w", "another version of drillgres made that run's fingerprint",
		},
		"not readable": {
			func(_ *outcome.Result, s *content) { s.schema = schema{unreadable: "cache lookup failed (XX000)"} },
			"since run then: new tables: public.w", "cache lookup failed (XX000)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			was, is := was, is
			c.change(&was, &is)
			got := compare(drift20, often(was), is)
			want(t, "why not", got.incomparable, c.incomparable)
			want(t, "findings", findings(got.findings), []string{"schema_changed"})
			want(t, "message", got.findings[0].Message, c.message)
			if !strings.Contains(got.restsOn(), c.incomparable) {
				t.Errorf("rests on %q", got.restsOn())
			}
		})
	}
}

// TestDriftOfARestoredDatabase runs all of Verify. The first drill has nothing to
// compare with; the next is compared with the report of the first.
func TestDriftOfARestoredDatabase(t *testing.T) {
	d := restored(t, `create table orders (id int primary key); insert into orders select generate_series(1, 1000); create table few (id int)`)
	v := Verifier{Config: config.Verify{Drift: drift20}, Database: "shop", Past: past{}}
	first, code, text := verifyAll(t, v, d, inspect.Promise{})
	if code != "" || first.Baseline != nil || first.Schema.Fingerprint == "" || first.Tables[0].Fingerprint == "" {
		t.Fatalf("%s %s: %+v", code, text, first)
	}
	want(t, "status", named(t, first, "drift").Status, outcome.CheckUnknown)
	want(t, "saw", named(t, first, "drift").Saw, "nothing to compare with: no drill of this backup or an earlier one has passed")

	was := outcome.Result{RunID: "then", StartedAt: taken, Tables: first.Tables, Schema: first.Schema, Postgres: outcome.Postgres{Version: d.Version}}
	v.Past = past{earlier: outcome.Earlier{Drills: 3, Backups: []outcome.Result{was}, Accepted: "archived"}}
	again, code, _ := verifyAll(t, v, d, inspect.Promise{})
	want(t, "code", code, "")
	want(t, "status", named(t, again, "drift").Status, outcome.CheckPassed)
	want(t, "baseline", again.Baseline, &outcome.Baseline{RunID: "then", StartedAt: taken, Accepted: "archived"})
	if slices.Contains(findings(again.Findings), "schema_changed") {
		t.Errorf("the same schema: %+v", again.Findings)
	}

	run(t, d.conn, `delete from orders where id > 700; create index on orders (id)`)
	fewer, code, text := verifyAll(t, v, d, inspect.Promise{})
	want(t, "code", code, outcome.ContentDrifted)
	want(t, "text", text, "public.orders: 700 rows, were 1,000 (30% fewer; verify.drift.rows allows 20%)")
	if !slices.Contains(findings(fewer.Findings), "schema_changed") {
		t.Errorf("a new index: %+v", fewer.Findings)
	}

	v.Past = past{err: errors.New("read history h.db: it is damaged")}
	unread, code, _ := verifyAll(t, v, d, inspect.Promise{})
	want(t, "code", code, "")
	want(t, "status", named(t, unread, "drift").Status, outcome.CheckUnknown)
	want(t, "saw", named(t, unread, "drift").Saw, "the history cannot be read: read history h.db: it is damaged")

	v.Past = nil
	alone, _, _ := verifyAll(t, v, d, inspect.Promise{})
	want(t, "status", named(t, alone, "drift").Status, outcome.CheckNotConfigured)
}

func TestFillGivesEachTableItsFingerprint(t *testing.T) {
	r := Report{Tables: []outcome.Table{{Name: "public.a"}, {Name: "public.other"}}}
	schema{Schema: fingerprint.Schema{Whole: outcome.Schema{Fingerprint: "v1:w"}, Tables: map[string]string{"public.a": "v1:a"}}}.fill(&r)
	want(t, "fingerprints", []string{r.Schema.Fingerprint, r.Tables[0].Fingerprint, r.Tables[1].Fingerprint}, []string{"v1:w", "v1:a", ""})
}
