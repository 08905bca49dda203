package restore

import (
	"slices"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/provision"
)

func server() provision.Server {
	return provision.Server{Database: "shop", ConnectTo: "shop", User: "drillgres", Password: "s3cr3t", DefaultJobs: 4}
}

func dumped(format inspect.Format, layers ...string) inspect.Source {
	return inspect.Source{Format: format, Layers: layers}
}

func TestPlainDumpsGoThroughPsql(t *testing.T) {
	p := newPlan(server(), dumped(inspect.Plain, "gzip"), 4)
	if p.Tool != "psql" || p.File || p.Unpack || p.Jobs != 1 {
		t.Errorf("plan %+v", p)
	}
	for _, want := range []string{"--no-psqlrc", "--set=ON_ERROR_STOP=1", "--dbname=host=127.0.0.1 port=5432 user='drillgres' dbname='shop'"} {
		if !slices.Contains(p.Args, want) {
			t.Errorf("psql lacks %s: %q", want, p.Args)
		}
	}
}

func TestArchivesGoThroughPgRestore(t *testing.T) {
	p := newPlan(server(), dumped(inspect.Custom), 0)
	if p.Tool != "pg_restore" || !p.File || p.Unpack {
		t.Errorf("plan %+v", p)
	}
	for _, want := range []string{"--exit-on-error", "--jobs=4"} {
		if !slices.Contains(p.Args, want) {
			t.Errorf("pg_restore lacks %s: %q", want, p.Args)
		}
	}
	for _, arg := range p.Args {
		if strings.HasPrefix(arg, "--no-") && arg != "--no-password" {
			t.Errorf("a part of the dump is omitted: %s", arg)
		}
	}
	if !newPlan(server(), dumped(inspect.Custom, "zstd"), 0).Unpack {
		t.Error("a wrapped archive is not unpacked")
	}
}

func TestJobs(t *testing.T) {
	for _, tt := range []struct{ asked, usual, want int }{{0, 8, 8}, {0, 2, 2}, {0, 0, 1}, {6, 2, 6}} {
		s := server()
		s.DefaultJobs = tt.usual
		if got := newPlan(s, dumped(inspect.Custom), tt.asked).Jobs; got != tt.want {
			t.Errorf("%d configured, %d by default: %d jobs, want %d", tt.asked, tt.usual, got, tt.want)
		}
	}
}

func TestThePasswordIsInNoArgument(t *testing.T) {
	for _, f := range []inspect.Format{inspect.Plain, inspect.Custom} {
		p := newPlan(server(), dumped(f, ""), 1)
		if strings.Contains(strings.Join(p.Args, " "), "s3cr3t") {
			t.Errorf("%s: %q", f, p.Args)
		}
		if !slices.Contains(p.Env, "PGPASSWORD=s3cr3t") {
			t.Errorf("%s: the client has no password", f)
		}
	}
}

func TestOddDatabaseNamesAreQuoted(t *testing.T) {
	s := server()
	s.ConnectTo = `a'b\c = postgres://x`
	want := `--dbname=host=127.0.0.1 port=5432 user='drillgres' dbname='a\'b\\c = postgres://x'`
	if got := newPlan(s, dumped(inspect.Plain), 1).Args; !slices.Contains(got, want) {
		t.Errorf("got %q, want in it %s", got, want)
	}
}
