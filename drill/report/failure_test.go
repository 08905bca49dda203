package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
)

// failures returns failures of several stages, each with all of its details.
func failures() []outcome.FailureReport {
	return []outcome.FailureReport{
		{
			Code: outcome.CopyFailed, SQLState: "22P02", Object: "public.orders", Line: 5120, Statement: "COPY public.orders (id, customer) FROM stdin;",
			Message: "row 812 of orders, column id: invalid input syntax for type integer (SQLSTATE 22P02)", Hint: "compare the table's definition with its rows",
		},
		{
			Code: outcome.SearchPathDependency, SQLState: "42883", Object: "public.places_near", Function: "public.near(point)", Line: 90_210,
			Statement: "CREATE INDEX places_near ON public.places USING gist (public.near(location));", Cascades: 1,
			Message: "function public.near(point) relies on search_path: function earth_distance(point, point) does not exist (SQLSTATE 42883)",
			Hint:    "qualify the names in function public.near(point), or ALTER FUNCTION … SET search_path, in production",
		},
		{
			Code: outcome.RestoreFailed, SQLState: "22012", Object: "public.t", Function: "public.t_guard(integer)", Line: 7, Statement: "ALTER TABLE public.t ADD CHECK (public.t_guard(a));",
			Message: "division by zero (SQLSTATE 22012)",
		},
		{Code: outcome.DumpTruncated, Object: `sales."Orders"`, Offset: 3_000_000, Message: "the archive ends within a block of data", Hint: "check the free space"},
		{Code: outcome.DumpTruncated, Object: "sales.orders", Line: 10_041, Message: "the dump ends within the rows of sales.orders, after 9990 lines of them"},
		{Code: outcome.DumpHostile, Line: 1, Message: `psql's command \!, which pg_dump never writes`},
		{Code: outcome.StreamCorrupt, Offset: 512, Message: "decode gzip: gzip: invalid checksum"},
		{Code: outcome.RestoreFailed, SQLState: "XX000", Message: "something new", Line: 3, Offset: 4},
		{Code: outcome.SandboxLost, Message: "the container ended"},
	}
}

func TestFailureBlock(t *testing.T) {
	var out bytes.Buffer
	for _, f := range failures() {
		p := newPrinter(Options{})
		p.failure(f)
		if err := p.writeTo(&out); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "failure.txt", out.Bytes())
}

func TestHostileNamesInAFailure(t *testing.T) {
	const attack = "\x1b[2J\xff(evil\r\nerror: PASSED"
	p := newPrinter(Options{})
	p.failure(outcome.FailureReport{Code: outcome.CopyFailed, SQLState: attack, Statement: attack, Object: attack, Function: attack, Hint: attack, Line: 1})
	if text := p.out.String(); strings.ContainsAny(text, "\x1b\r") || strings.Contains(text, "\nerror: PASSED") {
		t.Errorf("%q", text)
	}
}
